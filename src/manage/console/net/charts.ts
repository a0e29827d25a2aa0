/** The charts of all machines, asked for once: they are part of the binary, and never change while it runs. */
import type { DrawnMachine } from '../../../charts/layout.ts'
import { client } from './client.ts'

let asked: Promise<ReadonlyMap<string, DrawnMachine>> | null = null

export async function drawnMachine(name: string): Promise<DrawnMachine | null> {
  asked ??= client.machines().then(
    ({ machines }) => new Map(machines.filter((one) => 'layout' in one).map((one) => [one.chart.name, one])),
    (error: Error) => {
      asked = null
      throw error
    },
  )
  return (await asked).get(name) ?? null
}
