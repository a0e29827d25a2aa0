import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { SimulationResult } from '../../src/simulate/simulation.ts'

const main = join(import.meta.dir, '../../src/main.ts')
const shortest = ['--minutes', '0.02', '--nodes', '2', '--heartbeat', '20', '--faults', 'none']

async function digestsBy(...jobs: readonly string[]): Promise<readonly (readonly [number, string])[]> {
  const child = Bun.spawn([
    process.execPath,
    main,
    'simulate',
    '--seed',
    '4',
    '--seeds',
    '5',
    '--json-lines',
    ...jobs,
    ...shortest,
  ])
  const lines = (await new Response(child.stdout).text()).trim().split('\n')
  expect(await child.exited).toBe(0)
  return lines.map((line) => JSON.parse(line) as SimulationResult).map(({ seed, digest }) => [seed, digest])
}

test('however many processes share the seeds, the results are the same, in the order of the seeds', async () => {
  const one = await digestsBy()
  expect(one.map(([seed]) => seed)).toEqual([4, 5, 6, 7, 8])
  expect(await digestsBy('--jobs', '3')).toEqual(one)
})
