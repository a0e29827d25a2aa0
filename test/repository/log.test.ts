import { expect, test } from 'bun:test'
import type { LogEntry } from '../../machines/logic/replicatedLog.ts'
import { Log } from '../../src/repository/log.ts'
import { MemoryStore } from '../../src/repository/memoryStore.ts'

const entry = (index: number, epoch = 1, value = 'x'): LogEntry => ({
  index,
  epoch,
  command: { type: 'set', entries: [{ key: 'k', value }], conditions: [] },
})
const all = { bytesMax: Number.POSITIVE_INFINITY, countMax: Number.POSITIVE_INFINITY }
const entries = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => entry(from + at))

test('new entries can be read before they are durable, and count as durable only after', () => {
  const store = new MemoryStore()
  const log = new Log(store)
  log.put([entry(1), entry(2)])
  expect([log.lastIndex, log.durableIndex, store.lastIndex]).toEqual([2, 0, 0])
  expect(log.read(1, all)).toEqual([entry(1), entry(2)])
  log.save(0)
  expect([log.durableIndex, store.lastIndex]).toEqual([2, 2])
  log.put([entry(2, 3)])
  expect([log.lastIndex, log.durableIndex, log.epochAt(2)]).toEqual([2, 1, 3])
})

test('whether an entry is still in memory or only in the store makes no difference', () => {
  const store = new MemoryStore()
  const log = new Log(store)
  for (let first = 1; first <= 5000; first += 500) {
    log.put(entries(first, first + 499))
    log.save(first)
  }
  for (const index of [0, 1, 2500, 4999, 5000]) expect(log.epochAt(index)).toBe(index === 0 ? 0 : 1)
  expect(log.epochAt(5001)).toBeNull()
  const read: LogEntry[] = []
  while (read.length < 5000) read.push(...log.read(read.length + 1, { ...all, countMax: 300 }))
  expect(read).toEqual(entries(1, 5000))
  expect(log.read(5001, all)).toEqual([])
  const again = new Log(store)
  again.put([entry(10, 2)])
  expect([again.lastIndex, again.epochAt(9), again.epochAt(10), again.epochAt(11)]).toEqual([10, 1, 2, null])
  again.save(9)
  expect(store.lastIndex).toBe(10)
})

test('what is read fits, but for a single entry that is longer than asked for', () => {
  const log = new Log(new MemoryStore())
  log.put([entry(1, 1, 'x'.repeat(1000)), entry(2), entry(3, 1, 'x'.repeat(1000)), entry(4)])
  const read = (index: number, bytesMax: number) =>
    log.read(index, { bytesMax, countMax: 10 }).map((found) => found.index)
  expect(read(1, 10)).toEqual([1])
  expect(read(1, 1500)).toEqual([1, 2])
  expect(read(2, 1250)).toEqual([2, 3])
  expect(read(1, 100_000)).toEqual([1, 2, 3, 4])
})
