import { describe, expect, test } from 'bun:test'
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encodeLogRecord, trustedLogRecord } from '../../src/clusterLog/codec.ts'
import type { LogRecord } from '../../src/clusterLog/index.ts'
import { beginning } from '../../src/clusterLog/record.ts'
import { type Batch, recordOverheadBytes, Spool } from '../../src/clusterLog/spool.ts'
import { findArrivals, findRecords, findUnarchived } from '../../src/clusterLog/spoolQuery.ts'
import { temporaryFolder } from '../support/folders.ts'
import { logRecord, roomy } from './support.ts'

const at = (sequence: number, incarnation = 1) => ({ incarnation, sequence })
const all = { bytes: 1e6, count: 1000 }

function batch(node: string, after: number, sequences: readonly number[], more: Partial<LogRecord> = {}): Batch {
  const records = sequences.map((sequence) => encodeLogRecord(logRecord({ node, sequence, ...more })))
  return {
    node,
    after: after === 0 ? beginning : at(after),
    records,
    upTo: at(sequences.at(-1) ?? after),
    completeUs: 0,
  }
}

const idsOf = (records: readonly Uint8Array[]) => records.map((bytes) => trustedLogRecord(bytes).id)
const idsIn = (spool: Spool) => idsOf(findRecords(spool, { limit: 5000 }).records)

describe('a stream', () => {
  test('is taken in order, each record once, over the end of the process', () => {
    const directory = temporaryFolder('spool')
    let spool = new Spool(directory)
    expect(spool.append(batch('n1', 0, [2, 5]))).toMatchObject({
      ok: true,
      origin: { position: at(5), completeUs: 4999 },
    })
    expect(spool.append(batch('n1', 2, [5, 7]))).toMatchObject({ ok: true, origin: { position: at(7) } })
    expect(spool.append(batch('n1', 9, [11]))).toEqual({ ok: false, position: at(7), isMalformed: false })
    spool.close()
    spool = new Spool(directory)
    expect(idsIn(spool)).toEqual(['n1:1:2', 'n1:1:5', 'n1:1:7'])
    expect(spool.origins()).toEqual([{ node: 'n1', position: at(7), completeUs: 6999 }])
    expect(spool.summary()).toMatchObject({ recordCount: 3, oldestUs: 2000, newestUs: 7000, arrival: 3 })
    expect(spool.sizeBytes).toBeGreaterThan(3 * recordOverheadBytes)
    spool.close()
  })

  test('with what is no record of it, or out of order, is refused as a whole', () => {
    const spool = new Spool(temporaryFolder('spool'))
    const wrong = [
      { ...batch('n1', 0, [1, 2]), records: [new Uint8Array([1, 2, 3])] },
      { ...batch('n1', 0, [1, 2]), records: batch('n2', 0, [1, 2]).records },
      batch('n1', 0, [2, 1]),
      { ...batch('n1', 0, [1, 2]), upTo: at(1) },
    ]
    for (const each of wrong) expect(spool.append(each)).toMatchObject({ ok: false, isMalformed: true })
    expect(idsIn(spool)).toEqual([])
    spool.close()
  })

  test('is given on in parts, and says with the last up to when it is whole', () => {
    const spool = new Spool(temporaryFolder('spool'))
    spool.append({ ...batch('n1', 0, [1, 2, 3]), completeUs: 9000 })
    const first = spool.following('n1', beginning, { bytes: 1, count: 10 })
    expect([idsOf(first.records), first.upTo, first.completeUs]).toEqual([['n1:1:1'], at(1), 0])
    const rest = spool.following('n1', first.upTo, all)
    expect([idsOf(rest.records), rest.upTo, rest.completeUs]).toEqual([['n1:1:2', 'n1:1:3'], at(3), 9000])
    spool.close()
  })
})

describe('at its bounds', () => {
  test('the oldest go, and whoever asks for them is told of the gap', () => {
    const spool = new Spool(temporaryFolder('spool'))
    spool.append(batch('n1', 0, [1, 2, 3, 4]))
    const sizeBytesMax = spool.sizeBytes / 2
    expect(spool.trim({ ...roomy, sizeBytesMax }, 0)).toBe(2)
    expect(spool.sizeBytes).toBeLessThanOrEqual(sizeBytesMax)
    expect(idsIn(spool)).toEqual(['n1:1:3', 'n1:1:4'])
    const found = spool.following('n1', at(1), all)
    expect(found).toMatchObject({ gapTo: at(2), upTo: at(4) })
    const other = new Spool(temporaryFolder('spool'))
    other.append(batch('n1', 0, [1]))
    expect(other.append(found)).toMatchObject({ ok: true, origin: { position: at(4) } })
    const records = findRecords(other, {}).records.map(trustedLogRecord)
    expect(records.map(({ id, event }) => [id, event.type])).toEqual([
      ['n1:1:1', 'lamp.pressed'],
      ['n1:1:2', 'log.gap'],
      ['n1:1:3', 'lamp.pressed'],
      ['n1:1:4', 'lamp.pressed'],
    ])
    spool.close()
    other.close()
  })

  test('what is too old goes, unless it waits for the archive; what is too much goes all the same, and is counted', () => {
    const spool = new Spool(temporaryFolder('spool'))
    spool.append(batch('n1', 0, [1, 2, 3, 4]))
    spool.append(batch('n2', 0, [1, 2]))
    spool.setArchived([{ node: 'n1', position: at(2) }])
    const limits = { ...roomy, ageMaxUs: 100, isArchived: true }
    expect(spool.trim(limits, 3000)).toBe(2)
    expect(idsIn(spool)).toEqual(['n2:1:1', 'n2:1:2', 'n1:1:3', 'n1:1:4'])
    expect(spool.lostCount).toBe(0)
    expect(spool.trim({ ...limits, sizeBytesMax: 0 }, 3000)).toBe(4)
    expect(spool.lostCount).toBe(4)
    expect(spool.summary()).toMatchObject({ recordCount: 0, sizeBytes: 0 })
    spool.close()
  })

  test('what a full disk did not take does not count, or it would push out what is there', () => {
    const spool = new Spool(temporaryFolder('spool'))
    spool.append(batch('n1', 0, [1]))
    const before = spool.summary()
    const { page_count: pageCount } = spool.database.query('PRAGMA page_count').get() as { page_count: number }
    spool.database.run(`PRAGMA max_page_count = ${pageCount + 1}`)
    const large = batch(
      'n1',
      1,
      Array.from({ length: 200 }, (_, index) => index + 2),
      { event: { type: 'lamp.pressed', note: 'x'.repeat(2000) } },
    )
    for (let attempt = 0; attempt < 3; attempt += 1) expect(() => spool.append(large)).toThrow('full')
    expect(spool.summary()).toEqual(before)
    spool.close()
  })
})

test('a span is in the order of time, with its last ones if there are more; filters mean what they say', () => {
  const spool = new Spool(temporaryFolder('spool'))
  spool.append(batch('n1', 0, [1, 3]))
  spool.append(batch('n2', 0, [2, 4], { actor: 'component/n2/pool/web' }))
  const ids = (query: Parameters<typeof findRecords>[1]) => idsOf(findRecords(spool, query).records)
  expect(ids({})).toEqual(['n1:1:1', 'n2:1:2', 'n1:1:3', 'n2:1:4'])
  expect(findRecords(spool, { limit: 2 })).toMatchObject({ isTruncated: true, arrival: 4 })
  expect(ids({ limit: 2 })).toEqual(['n1:1:3', 'n2:1:4'])
  expect(ids({ fromUs: 2000, toUs: 3000 })).toEqual(['n2:1:2', 'n1:1:3'])
  expect(ids({ node: 'n1' })).toEqual(['n1:1:1', 'n1:1:3'])
  for (const query of [
    { actor: 'component' },
    { component: 'n2/pool' },
    { component: 'pool' },
    { component: 'n2/pool/web' },
  ])
    expect(ids(query)).toEqual(['n2:1:2', 'n2:1:4'])
  for (const query of [{ actor: 'comp' }, { component: 'poo' }, { component: 'n1/pool' }, { component: 'web' }])
    expect(ids(query)).toEqual([])
  spool.close()
})

test('arrivals are told from where one was, or from the oldest when that is not known', () => {
  const spool = new Spool(temporaryFolder('spool'))
  spool.append(batch('n2', 0, [7, 8]))
  spool.append(batch('n1', 0, [1]))
  const first = findArrivals(spool, null, 2)
  expect([idsOf(first.records), first.isMore, first.isReset]).toEqual([['n2:1:7', 'n2:1:8'], true, false])
  const rest = findArrivals(spool, first.arrival)
  expect([idsOf(rest.records), rest.isMore]).toEqual([['n1:1:1'], false])
  expect(findArrivals(spool, rest.arrival)).toMatchObject({ records: [], isMore: false, isReset: false })
  expect(findArrivals(spool, 99)).toMatchObject({ isReset: true, arrival: 3 })
  spool.trim({ ...roomy, sizeBytesMax: 0 }, 0)
  expect(findArrivals(spool, 1)).toMatchObject({ records: [], isReset: true, arrival: 3 })
  expect(findArrivals(spool, 3)).toMatchObject({ records: [], isReset: false })
  spool.close()
})

test('the archive gets each stream in its order, merged by time', () => {
  const spool = new Spool(temporaryFolder('spool'))
  spool.append(batch('n1', 0, [1, 3]))
  spool.append({ ...batch('n1', 3, [1], { incarnation: 2, time: { us: 500, count: 0 } }), upTo: at(1, 2) })
  spool.append(batch('n2', 0, [2, 4]))
  const first = findUnarchived(spool, 3)
  expect([idsOf(first.records), first.isMore]).toEqual([['n1:1:1', 'n2:1:2', 'n1:1:3'], true])
  spool.setArchived(first.positions)
  expect(idsOf(findUnarchived(spool, 3).records)).toEqual(['n1:2:1', 'n2:1:4'])
  spool.setArchived([{ node: 'n1', position: at(1) }])
  expect(spool.archived().get('n1')).toEqual(at(3))
  spool.close()
})

test('a file that cannot be read is set aside', () => {
  const directory = temporaryFolder('spool')
  writeFileSync(join(directory, 'log.sqlite'), 'this is no database, and never was one')
  const spool = new Spool(directory)
  expect(spool.setAside?.path).toBe(join(directory, 'log.sqlite.unreadable'))
  expect(spool.append(batch('n1', 0, [1]))).toMatchObject({ ok: true })
  expect(readdirSync(directory)).toContain('log.sqlite.unreadable')
  spool.close()
})

test('so is one that is damaged further on', () => {
  const directory = temporaryFolder('spool')
  const spool = new Spool(directory)
  spool.append(
    batch(
      'n1',
      0,
      Array.from({ length: 500 }, (_, index) => index + 1),
    ),
  )
  spool.close()
  const file = openSync(join(directory, 'log.sqlite'), 'r+')
  for (let page = 8; page < 20; page += 1) writeSync(file, new Uint8Array(4096).fill(0xaa), 0, 4096, page * 4096)
  closeSync(file)
  const next = new Spool(directory)
  expect(next.setAside?.path).toBe(join(directory, 'log.sqlite.unreadable'))
  expect(next.append(batch('n1', 0, [1]))).toMatchObject({ ok: true })
  next.close()
})
