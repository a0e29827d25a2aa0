/**
 * Seeds shared out among processes, as a simulation keeps one core busy. Each process takes a chunk of seeds and writes a line of
 * JSON for each; the results come in the order of the seeds, so that what is made of them does not depend on how many there are.
 */
import type { SimulationResult } from '../simulate/simulation.ts'
import { ownCommand } from './ownCommand.ts'

export interface JobsOptions {
  readonly seeds: readonly number[]
  readonly jobCount: number
  /** What else `rolecall simulate` is told. */
  readonly flags: readonly string[]
}

/** Small enough that all end at about the same time, large enough that starting a process costs little. */
const chunksAJob = 8
const chunkLengthMax = 20

/** Throws when a process ends without all its results: a programming error in the simulation. */
export async function* simulatedBy({ seeds, jobCount, flags }: JobsOptions): AsyncGenerator<SimulationResult> {
  const length = Math.max(1, Math.min(chunkLengthMax, Math.ceil(seeds.length / (jobCount * chunksAJob))))
  const chunks = Array.from({ length: Math.ceil(seeds.length / length) }, (_, index) =>
    seeds.slice(index * length, (index + 1) * length),
  )
  const running = new Set<Bun.Subprocess>()
  const results = chunks.map(() => Promise.withResolvers<readonly SimulationResult[]>())
  // Awaited one after the other: one that fails early is not unheard.
  for (const { promise } of results) promise.catch(() => {})
  let next = 0
  const work = async (): Promise<void> => {
    while (next < chunks.length) {
      const index = next
      next += 1
      await runChunk(chunks[index]!, flags, running).then(results[index]!.resolve, results[index]!.reject)
    }
  }
  try {
    for (let job = 0; job < jobCount; job++) void work()
    for (const { promise } of results) yield* await promise
  } finally {
    next = chunks.length
    for (const child of running) child.kill()
  }
}

async function runChunk(
  seeds: readonly number[],
  flags: readonly string[],
  running: Set<Bun.Subprocess>,
): Promise<readonly SimulationResult[]> {
  const range = ['--seed', `${seeds[0]}`, '--seeds', `${seeds.length}`]
  const child = Bun.spawn([...ownCommand(), 'simulate', ...range, ...flags, '--json-lines'], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  running.add(child)
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  running.delete(child)
  const results = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as SimulationResult]))
  if (results.length === seeds.length) return results
  throw new Error(`the simulation of seed ${seeds[results.length]} broke off: ${stderr.trim() || child.signalCode}`)
}
