/**
 * What the cluster log costs:
 *
 *   a quiet record     µs of the tap, beside the black box that takes the same record
 *   a notable record   the same, and its encoding for the spool
 *   the spool          records a second into it, beside a bare table of SQLite with the same bytes and no index
 *   a question         ms for the last 200 of a full spool, and for a span of 5000
 *
 *     bun bench/clusterLog.ts [--json]
 */
import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeLogRecord } from '../src/clusterLog/codec.ts'
import { beginning } from '../src/clusterLog/record.ts'
import { Spool } from '../src/clusterLog/spool.ts'
import { findRecords } from '../src/clusterLog/spoolQuery.ts'
import { Tap } from '../src/clusterLog/tap.ts'
import type { StepRecord } from '../src/engine/record.ts'
import { openRecorder } from '../src/recorder/index.ts'

const recordCount = 50_000
const batchCount = 500

const directory = mkdtempSync(join(tmpdir(), 'rolecall-bench-log-'))
const token = { epoch: 4, index: 17 }

function step(sequence: number, isNotable: boolean): StepRecord {
  return {
    kind: 'step',
    sequence,
    time: { us: 1_760_000_000_000_000 + sequence * 100, count: 0 },
    actor: 'component/n1/ledger',
    state: isNotable ? `primary.${sequence % 2 ? 'assuming' : 'ready'}` : 'primary.ready',
    hash: 3_735_928_559,
    event: {
      type: 'role.assign',
      role: 'primary',
      token,
      level: 2,
      timeLimitMs: 5000,
      peers: ['n1/ledger', 'n2/ledger'],
    },
    cause: { node: 'n2', incarnation: 4, sequence: 998 },
    effects: isNotable ? [{ type: 'role.invoke', component: 'n1/ledger', role: 'primary', token }] : [],
    timers: [],
  }
}

function usOf(count: number, work: () => void): number {
  const startedNs = Bun.nanoseconds()
  work()
  return (Bun.nanoseconds() - startedNs) / 1000 / count
}

function tapUs(isNotable: boolean): number {
  const tap = new Tap({ node: 'n1', incarnation: 1, queueLengthMax: 10 * recordCount })
  const records = Array.from({ length: recordCount }, (_, index) => step(index + 1, isNotable))
  for (const record of records.slice(0, 1000)) tap.take(record)
  return usOf(recordCount, () => {
    for (const record of records) tap.take(record)
  })
}

function boxUs(): number {
  const box = openRecorder({
    directory: join(directory, 'box'),
    cluster: 'bench',
    node: 'n1',
    incarnation: 1,
    segmentSizeBytes: 16 * 1024 ** 2,
    segmentCountMax: 4,
    snapshots: () => [],
  })
  const records = Array.from({ length: recordCount }, (_, index) => step(index + 1, true))
  const us = usOf(recordCount, () => {
    for (const record of records) box.append(record)
  })
  box.close()
  return us
}

const tap = new Tap({ node: 'n1', incarnation: 1, queueLengthMax: recordCount })
for (let sequence = 1; sequence <= recordCount; sequence++) tap.take(step(sequence, true))
const { records } = tap.drain(recordCount)
const encoded: Uint8Array[] = []
const encodeUs = usOf(recordCount, () => {
  for (const record of records) encoded.push(encodeLogRecord(record))
})

const spool = new Spool(join(directory, 'log'))
const spoolUs = usOf(recordCount, () => {
  let after = beginning
  for (let begin = 0; begin < recordCount; begin += batchCount) {
    const upTo = { incarnation: 1, sequence: Math.min(begin + batchCount, recordCount) }
    spool.append({ node: 'n1', after, records: encoded.slice(begin, begin + batchCount), upTo, completeUs: 0 })
    after = upTo
  }
})
const bare = new Database(join(directory, 'bare.sqlite'))
bare.run('PRAGMA journal_mode = WAL')
bare.run('PRAGMA synchronous = NORMAL')
bare.run('CREATE TABLE record (bytes BLOB)')
const insert = bare.query('INSERT INTO record VALUES (?)')
const bareUs = usOf(recordCount, () => {
  for (let begin = 0; begin < recordCount; begin += batchCount)
    bare.transaction(() => {
      for (const bytes of encoded.slice(begin, begin + batchCount)) insert.run(bytes)
    })()
})
const lastMs = usOf(1, () => void findRecords(spool, {})) / 1000
const spanMs = usOf(1, () => void findRecords(spool, { fromUs: records[1000]!.time.us, limit: 5000 })) / 1000

const box = boxUs()
const result = {
  quietUs: tapUs(false),
  notableUs: tapUs(true) + encodeUs,
  boxUs: box,
  bytes: encoded.reduce((sum, { length }) => sum + length, 0) / recordCount,
  spoolPerSecond: 1e6 / spoolUs,
  barePerSecond: 1e6 / bareUs,
  last200Ms: lastMs,
  span5000Ms: spanMs,
  load: loadavg()[0]!,
}
spool.close()
bare.close()
rmSync(directory, { recursive: true })

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(result)}\n`)
else {
  const { quietUs, notableUs, bytes, spoolPerSecond, barePerSecond, last200Ms, span5000Ms, load } = result
  process.stdout.write(
    [
      `a quiet record    ${quietUs.toFixed(2)} µs, ${(quietUs / box).toFixed(2)} of what the black box takes for one (${box.toFixed(2)} µs)`,
      `a notable record  ${notableUs.toFixed(2)} µs, ${(notableUs / box).toFixed(2)} of it; ${bytes.toFixed(0)} bytes`,
      `the spool         ${Math.round(spoolPerSecond)} records/s, ${(spoolPerSecond / barePerSecond).toFixed(2)} of a bare table (${Math.round(barePerSecond)})`,
      `a question        ${last200Ms.toFixed(1)} ms for the last 200 of ${recordCount}, ${span5000Ms.toFixed(1)} ms for 5000 of a span`,
      `load average at the end ${load.toFixed(1)}`,
      '',
    ].join('\n'),
  )
}
