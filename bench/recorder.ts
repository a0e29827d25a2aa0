/**
 * What recording one step costs, as a ratio to a limit measured in the same run (msgpack of the same record by one reused
 * encoder, copied into memory) and to the target of DESIGN §8. Segments turn while it is measured; the longest single
 * append is the one that makes a segment.
 *
 *     bun bench/recorder.ts [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Encoder } from '@msgpack/msgpack'
import type { SnapshotRecord, StepRecord } from '../src/engine/record.ts'
import { openRecorder } from '../src/recorder/recorder.ts'

const targetUs = 2
const eventCount = 100_000
const roundCount = 5
const actorCount = 100

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

interface Measured {
  readonly name: string
  readonly eventUs: number
  readonly limitUs: number
  readonly ratioToLimit: number
  readonly ratioToTarget: number
  readonly longestMs: number
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

function measure(name: string, record: StepRecord): Measured {
  const encoder = new Encoder()
  const memory = new Uint8Array(4096)
  const limitUs = bestUs(() => memory.set(encoder.encodeSharedRef(record)))
  const directory = mkdtempSync(join(tmpdir(), 'rolecall-bench-'))
  try {
    const box = openRecorder({
      directory,
      cluster: 'bench',
      node: 'n1',
      incarnation: 1,
      segmentSizeBytes: 4 << 20,
      segmentCountMax: 8,
      snapshots: () => snapshots,
    })
    const append = () => box.append(record)
    const eventUs = bestUs(append)
    const longest = longestMs(append)
    box.close()
    const ratios = { ratioToLimit: eventUs / limitUs, ratioToTarget: eventUs / targetUs }
    return { name, eventUs, limitUs, ...ratios, longestMs: longest }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const results = [measure('quiet step', quiet), measure('telling step', telling)]
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ targetUs, results })}\n`)
else {
  for (const { name, eventUs, limitUs, ratioToLimit, ratioToTarget, longestMs } of results) {
    const cost = `${eventUs.toFixed(2)} µs an event, limit ${limitUs.toFixed(2)} µs`
    const ratios = `${ratioToLimit.toFixed(2)} of the limit, ${ratioToTarget.toFixed(2)} of the target`
    process.stdout.write(`${name.padEnd(14)}${cost}: ${ratios}; longest append ${longestMs.toFixed(1)} ms\n`)
  }
}
