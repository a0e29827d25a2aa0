import { expect, test } from 'bun:test'
import type { LogEntry } from '../../machines/logic/replicatedLog.ts'
import { Log } from '../../src/repository/log.ts'

const entry = (index: number, epoch = 1, value = 'x'): LogEntry => ({
  index,
  epoch,
  command: { type: 'set', entries: [{ key: 'k', value }], conditions: [] },
})
const all = { bytesMax: Number.POSITIVE_INFINITY, countMax: Number.POSITIVE_INFINITY }
const entries = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => entry(from + at))
const empty = () => new Log({ before: { index: 0, epoch: 0 }, entries: [] })

test('new entries can be read before they are durable, and count as durable only after', () => {
  const log = empty()
  expect(log.put([entry(1), entry(2)]).map(({ index }) => index)).toEqual([1, 2])
  expect([log.lastIndex, log.durableIndex]).toEqual([2, 0])
  expect(log.read(1, all)).toEqual([entry(1), entry(2)])
  log.landed()
  expect(log.durableIndex).toBe(2)
  log.put([entry(2, 3)])
  expect([log.lastIndex, log.durableIndex, log.epochAt(2)]).toEqual([2, 1, 3])
})

test('what was replaced before it was durable does not count when it lands', () => {
  const log = empty()
  log.put(entries(1, 5))
  log.put(entries(6, 9))
  log.put([entry(4, 2)])
  log.landed()
  expect([log.lastIndex, log.durableIndex]).toEqual([4, 3])
  log.landed()
  expect(log.durableIndex).toBe(3)
  log.landed()
  expect(log.durableIndex).toBe(4)
})

test('a log lets go what the saved state stands for, and keeps a tail', () => {
  const log = empty()
  log.put(entries(1, 4096))
  expect(log.keepFrom(4000)).toBeNull()
  log.put(entries(4097, 5000))
  expect(log.keepFrom(1000)).toBeNull()
  expect(log.keepFrom(4900)).toBe(3877)
  log.dropBefore(3877)
  expect([log.firstIndex, log.lastIndex]).toEqual([3877, 5000])
  expect([log.epochAt(3875), log.epochAt(3876), log.epochAt(3877), log.epochAt(5001)]).toEqual([null, 1, 1, null])
  expect(log.read(3876, all)).toEqual([])
  expect(log.read(3877, all)).toEqual(entries(3877, 5000))
  log.put([entry(4000, 2)])
  expect([log.lastIndex, log.epochAt(4000)]).toEqual([4000, 2])
})

test('long entries are let go sooner', () => {
  const log = empty()
  for (let index = 1; index <= 1100; index += 1) log.put([entry(index, 1, 'x'.repeat(8000))])
  expect(log.keepFrom(1100)).toBe(1100 - Math.floor((2 * 1024 * 1024) / kept8000) + 1)
})

const kept8000 = empty().put([entry(1, 1, 'x'.repeat(8000))])[0]!.bytes.length

test('what is read fits, but for a single entry that is longer than asked for', () => {
  const log = empty()
  log.put([entry(1, 1, 'x'.repeat(1000)), entry(2), entry(3, 1, 'x'.repeat(1000)), entry(4)])
  const read = (index: number, bytesMax: number) =>
    log.read(index, { bytesMax, countMax: 10 }).map((found) => found.index)
  expect(read(1, 10)).toEqual([1])
  expect(read(1, 1500)).toEqual([1, 2])
  expect(read(2, 1250)).toEqual([2, 3])
  expect(read(1, 100_000)).toEqual([1, 2, 3, 4])
})
