/**
 * What recording costs:
 *
 *   an event         µs of `append`, beside one that keeps nothing, msgpack's own encoder on the same record, and the target of DESIGN §8
 *   the disk         bytes a second until they are on it, beside writing as many in one go
 *   a node           the CPU of an engine with the machines of this release at 5 000 events a second, with its recorder and without
 *   flushing         for how long the records of a tick hold up the event loop, with flush after flush and with none, and what it would
 *                    take to wait for the disk in place
 *
 *     bun bench/recorder.ts [--json]
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Encoder } from '@msgpack/msgpack'
import { catalogue } from '../machines/index.ts'
import { realClock } from '../src/engine/clock.ts'
import { Engine } from '../src/engine/engine.ts'
import type { Recorder, SnapshotRecord, StepRecord } from '../src/engine/record.ts'
import { type BlackBox, openRecorder, type RecorderOptions } from '../src/recorder/index.ts'

const targetUs = 2
const eventCount = 100_000
const roundCount = 5
const actorCount = 100
const mebibyte = 1024 ** 2

const common = { time: { us: 1_760_000_000_123_456, count: 2 }, hash: 3_735_928_559 }
const token = { epoch: 4, index: 17 }

/** A step that changes nothing outside, and one that does: most are like the first. */
const quiet: StepRecord = {
  ...common,
  kind: 'step',
  sequence: 123_456,
  actor: 'node/n2',
  state: 'alive',
  event: { type: 'peer.heard', incarnation: 3 },
  cause: null,
  effects: [],
  timers: [],
}
const telling: StepRecord = {
  ...common,
  kind: 'step',
  sequence: 123_457,
  actor: 'component/n1/ledger',
  state: 'primary.assuming',
  event: { type: 'role.command', role: 'primary', token, peers: ['n1/ledger', 'n2/ledger'] },
  cause: { node: 'n2', incarnation: 4, sequence: 998 },
  effects: [{ type: 'role.invoke', component: 'n1/ledger', role: 'primary', token }],
  timers: [
    {
      op: 'arm',
      id: 'xstate.after.roleTimeout.component.primary.assuming',
      delayMs: 5000,
      event: { type: 'xstate.after.roleTimeout.component.primary.assuming' },
    },
  ],
}

const snapshots: SnapshotRecord[] = Array.from({ length: actorCount }, (_, index) => ({
  ...common,
  kind: 'snapshot',
  sequence: 1,
  actor: `component/n1/ledger${index}`,
  state: 'primary.ready',
  machine: 'component',
  version: 1,
  snapshot: { value: { primary: 'ready' }, context: { component: `n1/ledger${index}`, token, incarnation: 3 } },
  timers: [],
}))

const nothing: Recorder = { append() {} }

/** With a box of its own, removed afterwards. */
async function withBox<T>(
  options: Partial<RecorderOptions>,
  work: (box: BlackBox) => T | Promise<T>,
): Promise<Awaited<T>> {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-bench-'))
  try {
    const box = openRecorder({
      directory,
      cluster: 'bench',
      node: 'n1',
      incarnation: 1,
      segmentSizeBytes: 16 * mebibyte,
      segmentCountMax: 8,
      snapshots: () => snapshots,
      ...options,
    })
    return await work(box)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The best of some rounds: the others measure the neighbours. */
function bestUs(work: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round <= roundCount; round += 1) {
    const startedNs = Bun.nanoseconds()
    for (let count = 0; count < eventCount; count += 1) work()
    if (round > 0) best = Math.min(best, (Bun.nanoseconds() - startedNs) / 1000 / eventCount)
  }
  return best
}

function longestMs(work: () => void): number {
  let longest = 0
  for (let count = 0; count < eventCount; count += 1) {
    const startedNs = Bun.nanoseconds()
    work()
    longest = Math.max(longest, (Bun.nanoseconds() - startedNs) / 1e6)
  }
  return longest
}

/** One telling step in so many. */
const tellingInterval = 5

async function measureEvent(name: string, begin: () => () => StepRecord, options: Partial<RecorderOptions> = {}) {
  const encoder = new Encoder({ ignoreUndefined: true })
  const memory = new Uint8Array(4096)
  let next = begin()
  const msgpackUs = bestUs(() => memory.set(encoder.encodeSharedRef(next())))
  const nothingUs = bestUs(() => nothing.append(next()))
  next = begin()
  return await withBox(options, (box) => {
    const append = (): void => box.append(next())
    const eventUs = bestUs(append)
    const longest = longestMs(append)
    box.close()
    return {
      name,
      eventUs,
      nothingUs,
      msgpackUs,
      ratioToMsgpack: eventUs / msgpackUs,
      ratioToTarget: eventUs / targetUs,
      recordsPerSecond: Math.round(1e6 / eventUs),
      longestAppendMs: longest,
    }
  })
}

function mixed(): () => StepRecord {
  let count = 0
  return () => (++count % tellingInterval === 0 ? telling : quiet)
}

/** At the lowest detail, as quiet steps pass by: each is a second of the budget later, which no second keeps. */
function leftOut(): () => StepRecord {
  let us = common.time.us
  let count = 0
  return () => {
    count += 1
    // Some seconds of too much, then time stands still.
    if (count < 100) us += 1_000_000
    const isWritten = count < 100 && count % 2 === 0
    return isWritten ? telling : { ...quiet, sequence: count, time: { us, count } }
  }
}

async function measureDisk() {
  const sizeBytes = 128 * mebibyte
  const next = mixed()
  const recorder = await withBox({ segmentCountMax: 100 }, (box) => {
    const startedNs = Bun.nanoseconds()
    while (box.stats().byteCount < sizeBytes) for (let count = 0; count < 10_000; count += 1) box.append(next())
    const appendedMs = (Bun.nanoseconds() - startedNs) / 1e6
    const { byteCount } = box.stats()
    return { byteCount, appendedMs }
  })
  const flushed = await withBox({ segmentCountMax: 100, flush: 'interval', flushIntervalMs: 20 }, async (box) => {
    const startedNs = Bun.nanoseconds()
    while (box.stats().byteCount < sizeBytes) {
      for (let count = 0; count < 10_000; count += 1) box.append(next())
      await new Promise(setImmediate)
    }
    box.close()
    return { byteCount: box.stats().byteCount, elapsedMs: (Bun.nanoseconds() - startedNs) / 1e6 }
  })
  const sequentialMs = writeInOneGo(sizeBytes)
  const rate = (byteCount: number, ms: number): number => byteCount / mebibyte / (ms / 1000)
  const sequential = rate(sizeBytes, sequentialMs)
  const onDisk = rate(flushed.byteCount, flushed.elapsedMs)
  return {
    appendedMibPerSecond: rate(recorder.byteCount, recorder.appendedMs),
    flushedMibPerSecond: onDisk,
    sequentialMibPerSecond: sequential,
    ratioToSequential: onDisk / sequential,
  }
}

function writeInOneGo(sizeBytes: number): number {
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-bench-'))
  try {
    const chunk = new Uint8Array(mebibyte).fill(0x5a)
    const startedNs = Bun.nanoseconds()
    const file = openSync(join(directory, 'sequential'), 'w')
    for (let written = 0; written < sizeBytes; written += chunk.length) writeSync(file, chunk)
    fdatasyncSync(file)
    closeSync(file)
    return (Bun.nanoseconds() - startedNs) / 1e6
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const eventsPerSecond = 5000
const tickMs = 10
const peerCount = 20
const burstCount = (eventsPerSecond * tickMs) / 1000
const nodeRunMs = 4000

/** An engine with machines of this release, told of its peers so many times a second; one telling in `tellingInterval`. */
async function cpuPercentOf(recorderOf: (engine: () => Engine) => Recorder): Promise<number> {
  const engine: Engine = new Engine({
    node: 'n1',
    incarnation: 1,
    clock: realClock,
    catalogue,
    recorder: recorderOf(() => engine),
    perform() {},
  })
  const timing = { leaderLeaseMs: 150, nodeLeaseMs: 150, selfStopMs: 150, takeOverMarginMs: 20, endedGraceMs: 5 }
  for (let peer = 0; peer < peerCount; peer += 1) {
    engine.start(`node/p${peer}`, 'node', { node: `p${peer}`, self: 'n1', timing })
    engine.send(`node/p${peer}`, { type: 'peer.heard', incarnation: 1 })
  }
  let count = 0
  const one = (): void => {
    count += 1
    const actor = `node/p${Math.floor(count / tellingInterval) % peerCount}`
    if (count % tellingInterval === 0) engine.send(actor, { type: 'peer.suspected', silentForMs: 80 })
    else engine.send(actor, { type: 'peer.heard', incarnation: 1 })
  }
  const run = async (ms: number): Promise<number> => {
    const before = process.cpuUsage()
    const startedMs = realClock.nowMs()
    for (let dueMs = startedMs + tickMs; dueMs <= startedMs + ms; dueMs += tickMs) {
      await Bun.sleep(Math.max(0, dueMs - realClock.nowMs()))
      for (let each = 0; each < burstCount; each += 1) one()
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / (realClock.nowMs() - startedMs)
  }
  await run(1000)
  const share = await run(nodeRunMs)
  engine.stop()
  return share * 100
}

async function measureNode() {
  const without = await cpuPercentOf(() => nothing)
  const recorded = await withBox({ flush: 'incident' }, (box) => cpuPercentOf(() => box))
  return {
    eventsPerSecond,
    cpuPercentWithout: without,
    cpuPercentWith: recorded,
    cpuPercentOfRecorder: recorded - without,
  }
}

/** At the same rate: how long a tick's records hold up the event loop. */
async function holdUpMs(options: Partial<RecorderOptions>) {
  const next = mixed()
  return await withBox(options, async (box) => {
    const ticksMs: number[] = []
    const startedMs = realClock.nowMs()
    for (let dueMs = startedMs + tickMs; dueMs <= startedMs + nodeRunMs; dueMs += tickMs) {
      await Bun.sleep(Math.max(0, dueMs - realClock.nowMs()))
      const startedNs = Bun.nanoseconds()
      for (let count = 0; count < burstCount; count += 1) box.append(next())
      ticksMs.push((Bun.nanoseconds() - startedNs) / 1e6)
    }
    const { flushCount } = box.stats()
    const startedNs = Bun.nanoseconds()
    box.close()
    const closedMs = (Bun.nanoseconds() - startedNs) / 1e6
    ticksMs.sort((x, y) => x - y)
    const at = (share: number): number => ticksMs[Math.floor((ticksMs.length - 1) * share)]!
    return { medianMs: at(0.5), p99Ms: at(0.99), longestMs: at(1), flushCount, closedMs }
  })
}

const always = { budget: { cpuPercent: 1e-6, bytesPerSecond: 1 } }
const events = [
  await measureEvent('quiet step', () => () => quiet),
  await measureEvent('telling step', () => () => telling),
  await measureEvent(`mixed, 1 in ${tellingInterval} telling`, mixed),
  await measureEvent('quiet step, lowest detail', leftOut, always),
]
const disk = await measureDisk()
const node = await measureNode()
const flushing = {
  alone: await holdUpMs({ flush: 'never' }),
  flushing: await holdUpMs({ flush: 'interval', flushIntervalMs: 10 }),
}
const loadAverage = loadavg()[0]!

if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ targetUs, events, disk, node, flushing, loadAverage })}\n`)
} else {
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  for (const one of events) {
    const cost = `${one.eventUs.toFixed(2)} µs an event (nothing ${one.nothingUs.toFixed(2)}, msgpack ${one.msgpackUs.toFixed(2)})`
    const ratios = `${one.ratioToMsgpack.toFixed(2)} of msgpack, ${one.ratioToTarget.toFixed(2)} of the target`
    const rest = `${one.recordsPerSecond} a second, longest ${one.longestAppendMs.toFixed(1)} ms`
    say(`${one.name.padEnd(28)}${cost}: ${ratios}; ${rest}`)
  }
  const { appendedMibPerSecond, flushedMibPerSecond, sequentialMibPerSecond, ratioToSequential } = disk
  const rates = [appendedMibPerSecond, flushedMibPerSecond, sequentialMibPerSecond].map((rate) => rate.toFixed(0))
  say(
    `disk: ${rates[0]} MiB/s appended, ${rates[1]} on the disk, ${rates[2]} in one go: ${ratioToSequential.toFixed(2)}`,
  )
  const { cpuPercentWith, cpuPercentWithout, cpuPercentOfRecorder } = node
  const shares = [cpuPercentWith, cpuPercentWithout, cpuPercentOfRecorder].map((share) => `${share.toFixed(1)} %`)
  say(
    `node at ${eventsPerSecond} events/s: ${shares[0]} of a core with, ${shares[1]} without: the recorder ${shares[2]}`,
  )
  for (const [how, { medianMs, p99Ms, longestMs, flushCount, closedMs }] of Object.entries(flushing)) {
    const times = `median ${medianMs.toFixed(2)}, p99 ${p99Ms.toFixed(2)}, longest ${longestMs.toFixed(1)} ms`
    const inPlace = `waiting for the disk in place ${closedMs.toFixed(1)} ms`
    say(`${burstCount} records of a tick, ${how} (${flushCount} flushes): ${times}; ${inPlace}`)
  }
  say(`load average ${loadAverage.toFixed(1)}`)
}
