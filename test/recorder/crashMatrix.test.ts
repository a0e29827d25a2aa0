/**
 * The crash matrix: real processes that record at full speed are killed at random moments, 200 times, and each time what is left is
 * read, replayed and opened again by the next life. A failure names its seed; `CRASH_SEED=7` runs that one alone, as far as the moment
 * of a kill can be repeated.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { findBoxes, readLife } from '../../src/recorder/boxes.ts'
import type { LastLife } from '../../src/recorder/lastLife.ts'
import { replayDirectories } from '../../src/recorder/replay.ts'
import type { Damage } from '../../src/recorder/segmentReader.ts'
import type { CrashOrder, Said } from './crashWriter.ts'
import { catalogue, makeDirectory, removeDirectories } from './support.ts'

const directoryCount = 50
const killsPerDirectory = 4
const parallelCount = 2
/** Times that it says how far it is, and what is added to the moment that it says it for the last time. */
const killAfterMaxCount = 12
const killAfterMaxMs = 5
const earlyInterval = 5
const earlyAfterMaxMs = 80

let writer = ''
beforeAll(async () => {
  // One file, so that a process begins to record soon.
  const [entry, outdir] = [join(import.meta.dir, 'crashWriter.ts'), makeDirectory()]
  const built = await Bun.build({ entrypoints: [entry], outdir, target: 'bun', minify: true })
  writer = built.outputs[0]!.path
})
afterAll(removeDirectories)

function randomOf(seed: number): (below: number) => number {
  let state = seed * 7919 + 1
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

function optionsOf(random: (below: number) => number): CrashOrder['options'] {
  const pick = <T>(of: readonly T[]): T => of[random(of.length)]!
  return {
    segmentSizeBytes: pick([4096, 16_384, 65_536, 1 << 20]),
    segmentCountMax: pick([3, 1000]),
    budget: pick([null, { cpuPercent: 0.01, bytesPerSecond: 1 << 20 }, { cpuPercent: 100, bytesPerSecond: 20_000 }]),
    flush: pick(['never', 'interval', 'incident'] as const),
    flushIntervalMs: 10,
  }
}

interface Killed {
  readonly lastLife: LastLife | null | undefined
  readonly written: number
  readonly flushed: number
  readonly leftOut: number
}

/** By what it has said, so that it has done as much on a busy machine, and then a moment later. */
interface Kill {
  readonly afterCount: number
  readonly afterMs: number
  /** Whenever that is, while it starts, opens what is there and makes its first segment. */
  readonly isEarly: boolean
}

async function runAndKill(order: CrashOrder, kill: Kill): Promise<Killed> {
  const child = Bun.spawn([process.execPath, writer, JSON.stringify(order)], {
    env: { ...process.env, BUN_BE_BUN: '1' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const complaints = new Response(child.stderr).text()
  let killed: Killed = { lastLife: undefined, written: 0, flushed: 0, leftOut: 0 }
  let rest = ''
  const doom = (): void => void setTimeout(() => child.kill('SIGKILL'), kill.afterMs)
  if (kill.isEarly) doom()
  let saidCount = 0
  for await (const chunk of child.stdout) {
    const lines = (rest + new TextDecoder().decode(chunk)).split('\n')
    rest = lines.pop()!
    for (const line of lines) killed = { ...killed, ...(JSON.parse(line) as Said) }
    const isDue = saidCount < kill.afterCount && saidCount + lines.length >= kill.afterCount
    saidCount += lines.length
    if (isDue && !kill.isEarly) doom()
  }
  await child.exited
  expect(await complaints).toBe('')
  expect(child.signalCode).toBe('SIGKILL')
  return killed
}

interface Found {
  readonly incarnation: number
  readonly last: number
  readonly gapCount: number
  readonly damages: readonly Damage[]
}

/** What a reader finds of the newest life; null: nothing is there yet. */
function readNewest(directory: string): Found | null {
  if (readdirSync(directory).every((name) => !name.endsWith('.rcbb'))) return null
  const life = findBoxes([directory])[0]!.lives.at(-1)!
  const damages: Damage[] = []
  let [last, gapCount] = [0, 0]
  for (const { record } of readLife(life, { onDamage: (damage) => damages.push(damage) })) {
    const first = record.kind === 'quiet' ? record.fromSequence : record.sequence
    if (record.kind !== 'snapshot' && last > 0 && first !== last + 1) gapCount += 1
    last = Math.max(last, record.sequence)
  }
  return { incarnation: life.incarnation, last, gapCount, damages }
}

const totals = { kills: 0, torn: 0, leftOut: 0, flushed: 0, records: 0, verified: 0 }

async function crash(seed: number): Promise<void> {
  const random = randomOf(seed)
  const directory = makeDirectory()
  const options = optionsOf(random)
  let before: Found | null = null
  for (let incarnation = 1; incarnation <= killsPerDirectory; incarnation += 1) {
    const order = { directory, incarnation, seed: seed * 10 + incarnation, options }
    const isEarly = random(earlyInterval) === 0
    const afterMs = random(isEarly ? earlyAfterMaxMs : killAfterMaxMs)
    const killed = await runAndKill(order, { afterCount: 1 + random(killAfterMaxCount), afterMs, isEarly })
    if (before && killed.lastLife) {
      const { end, recordCount, tail } = killed.lastLife
      const isTorn = before.damages.some(({ isTornTail }) => isTornTail)
      expect({ end, recordCount, tail }).toEqual({
        end: 'killed',
        recordCount: before.last,
        tail: isTorn ? 'torn' : 'whole',
      })
    }
    const found = readNewest(directory)
    totals.kills += 1
    if (killed.lastLife !== undefined) expect(found?.incarnation).toBe(incarnation)
    if (found === null || found.incarnation !== incarnation) continue
    expect(found.last).toBeGreaterThanOrEqual(killed.written)
    expect(found.last).toBeGreaterThanOrEqual(killed.flushed)
    expect(found.gapCount).toBe(0)
    expect(found.damages.filter(({ isTornTail }) => !isTornTail)).toEqual([])
    totals.torn += found.damages.length
    totals.leftOut += killed.leftOut
    totals.flushed += killed.flushed
    totals.records += found.last
    before = found
  }
  if (before === null) return
  const result = replayDirectories([directory], catalogue)
  totals.verified += result.verifiedCount
  expect(result).toMatchObject({ mismatchCount: 0, gaps: [], isExact: true })
}

test(`killed ${directoryCount * killsPerDirectory} times: nothing that was written is lost, the tail is told, replay is exact`, async () => {
  const only = process.env.CRASH_SEED
  const seeds = only === undefined ? Array.from({ length: directoryCount }, (_, index) => index + 1) : [Number(only)]
  const work = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      try {
        await crash(seed)
      } catch (error) {
        throw new Error(`CRASH_SEED=${seed}: ${error instanceof Error ? error.message : error}`, { cause: error })
      }
    }
  }
  await Promise.all(Array.from({ length: parallelCount }, work))
  if (process.env.CRASH_TOTALS) process.stderr.write(`${JSON.stringify(totals)}\n`)
  if (only !== undefined) return
  expect(totals.kills).toBe(directoryCount * killsPerDirectory)
  // The matrix is one only if it met what it is there for.
  for (const count of [totals.leftOut, totals.verified]) expect(count).toBeGreaterThan(0)
}, 300_000)
