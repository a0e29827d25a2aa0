/** All machines of the catalogue as they are drawn; made by `scripts/generateMachines.ts`. */
import type { DrawnMachine } from './layout.ts'
import machines from './machines.json' with { type: 'json' }

export const drawnMachines = machines as unknown as readonly DrawnMachine[]

export function drawnMachine(name: string): DrawnMachine | undefined {
  return drawnMachines.find(({ chart }) => chart.name === name)
}
