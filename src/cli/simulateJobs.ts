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

/**
 * How JavaScriptCore is to be set up, which it asks the environment for as a process begins: a simulation leaves much garbage and little
 * else, and a collector that works on threads of its own beside it takes half as much time again; given more room it collects half as
 * often. The last stage of the compiler does not pay for itself in code as wide as this.
 */
const engineSettings = {
  BUN_JSC_useConcurrentGC: '0',
  BUN_JSC_numberOfGCMarkers: '1',
  BUN_JSC_heapGrowthMaxIncrease: '8',
  BUN_JSC_useFTLJIT: '0',
}

/** This process is one of those that seeds are shared out among. */
export function isJob(environment: Readonly<Record<string, string | undefined>>): boolean {
  return Object.keys(engineSettings).every((name) => environment[name] !== undefined)
}

/** A process is quick when it is warm, so chunks are long at first, and short in the end, so that all end at about the same time. */
const chunkLengthMin = 6
const chunkLengthMax = 100

function chunkLength(leftCount: number, jobCount: number): number {
  const share = Math.ceil(leftCount / jobCount)
  if (jobCount === 1) return Math.min(chunkLengthMax, share)
  return Math.min(chunkLengthMax, share, Math.max(chunkLengthMin, Math.ceil((share * 2) / 3)))
}

/** Throws when a process ends without all its results: a programming error in the simulation. */
export async function* simulatedBy({ seeds, jobCount, flags }: JobsOptions): AsyncGenerator<SimulationResult> {
  const running = new Set<Bun.Subprocess>()
  const expected = seeds.map((seed): Expected => ({ seed, ...Promise.withResolvers<SimulationResult>() }))
  // Awaited one after the other: one that fails early is not unheard.
  for (const { promise } of expected) promise.catch(() => {})
  let next = 0
  const work = async (): Promise<void> => {
    while (next < expected.length) {
      const chunk = expected.slice(next, next + chunkLength(expected.length - next, jobCount))
      next += chunk.length
      await runChunk(chunk, flags, running)
    }
  }
  try {
    const jobs = Array.from({ length: jobCount }, work)
    for (const { promise } of expected) yield await promise
    await Promise.all(jobs)
  } finally {
    next = expected.length
    for (const child of running) child.kill()
  }
}

interface Expected extends PromiseWithResolvers<SimulationResult> {
  readonly seed: number
}

async function runChunk(
  expected: readonly Expected[],
  flags: readonly string[],
  running: Set<Bun.Subprocess>,
): Promise<void> {
  const range = ['--seed', `${expected[0]!.seed}`, '--seeds', `${expected.length}`]
  const child = Bun.spawn([...ownCommand(), 'simulate', ...range, ...flags, '--json-lines'], {
    env: { ...process.env, ...engineSettings },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  running.add(child)
  const said = new Response(child.stderr).text()
  const waiting = [...expected]
  for await (const line of linesOf(child.stdout)) waiting.shift()?.resolve(JSON.parse(line))
  const [stderr] = await Promise.all([said, child.exited])
  running.delete(child)
  for (const { seed, reject } of waiting)
    reject(new Error(`the simulation of seed ${seed} broke off: ${stderr.trim() || child.signalCode}`))
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
}
