import { expect, test } from 'bun:test'
import type { LogQuery, LogRecord } from '../../../src/clusterLog/index.ts'
import { OlderRecords } from '../../../src/manage/http/olderRecords.ts'
import { RecordIndex } from '../../../src/manage/http/recordIndex.ts'
import { record } from './support.ts'

/** A log of so many records, a thousandth of a second apart, of which the memory has the last. */
function older(of: { readonly count: number; readonly memoryCount: number }) {
  let nowMs = 0
  const all = Array.from({ length: of.count }, (_, place) => record(place + 1) as LogRecord)
  const memory = new RecordIndex({ countMax: of.memoryCount })
  memory.add(all.slice(-of.memoryCount))
  const queries: LogQuery[] = []
  const log = {
    async query(query: LogQuery) {
      queries.push(query)
      const { toUs = Number.POSITIVE_INFINITY, limit = 200 } = query
      const found = all.filter(({ time }) => time.us <= toUs)
      return { records: found.slice(-limit), isTruncated: found.length > limit, position: '' }
    },
  }
  const records = new OlderRecords({ log, memory, nowMs: () => nowMs })
  return {
    records,
    queries,
    memory,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

test('it is read once for all who ask of about the same time, with the memory in it', async () => {
  const { records, queries, memory, pass } = older({ count: 1000, memoryCount: 100 })
  const [first, second] = await Promise.all([records.upTo(1_000_000), records.upTo(990_000)])
  expect([first.count, second]).toEqual([1000, first])
  expect(queries).toHaveLength(1)
  memory.add([record(1001)])
  pass(2000)
  expect((await records.upTo(1_001_000)).newest!.id).toBe('n1:1:1001')
  expect(queries).toHaveLength(1)
  pass(60_000)
  await records.upTo(1_001_000)
  expect(queries).toHaveLength(2)
})

test('it is read again where too little is known before that time, and where the memory has gone on beyond', async () => {
  const { records, queries, memory, pass } = older({ count: 30_000, memoryCount: 1000 })
  await records.upTo(30_000_000)
  expect(queries.map(({ toUs }) => toUs)).toEqual([29_001_000, 24_002_000, 19_003_000, 14_004_000])
  await records.upTo(20_000_000)
  expect(queries).toHaveLength(4)
  const early = await records.upTo(10_000_000)
  expect([early.newest!.time.us, early.oldest!.time.us]).toEqual([10_000_000, 1000])
  await records.upTo(30_000_000)
  const before = queries.length
  memory.add(Array.from({ length: 1000 }, (_, place) => record(40_000 + place)))
  pass(2000)
  await records.upTo(41_000_000)
  expect(queries.length).toBeGreaterThan(before)
})
