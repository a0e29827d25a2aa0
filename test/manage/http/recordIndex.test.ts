import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { activityOf, recordsOf, statesOf } from '../../../src/manage/http/answers.ts'
import type { HistoryRecord } from '../../../src/manage/http/history.ts'
import { RecordIndex } from '../../../src/manage/http/recordIndex.ts'
import { isChange } from '../../../src/manage/http/recordView.ts'
import { compareEntries } from '../../../src/recorder/timeline.ts'
import { record } from './support.ts'

const states = ['offline.stopped', 'secondary.ready', 'primary.ready']

/** Steps of a few actors of two nodes, in any order of arrival, some at one time. */
const arrivals = fc
  .array(
    fc.record({
      us: fc.integer({ min: 1, max: 60 }),
      node: fc.constantFrom('n1', 'n2'),
      actor: fc.constantFrom('crim', 'component/n1/ledger'),
      state: fc.constantFrom(...states),
    }),
    { maxLength: 80 },
  )
  .map((steps) =>
    steps.map(({ us, node, actor, state }, index) =>
      record(index + 1, { node, actor, state, fromState: 'offline.stopped', time: { us, count: 0 } }),
    ),
  )

const batchesOf = (records: readonly HistoryRecord[], length: number) =>
  Array.from({ length: Math.ceil(records.length / length) }, (_, batch) =>
    records.slice(batch * length, (batch + 1) * length),
  )

test('whatever the order of arrival, it answers as if all had been sorted at once', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 61 }), (records, length, us) => {
      const index = new RecordIndex()
      for (const batch of batchesOf(records, length)) index.add(batch)
      const sorted = [...records].sort(compareEntries)
      expect(index.all()).toEqual(sorted)
      const until = sorted.filter(({ time }) => time.us <= us)
      const last = new Map(until.map((each) => [`${each.node} ${each.actor}`, each.id]))
      expect(new Set(statesOf(index, us).actors.map(({ recordId }) => recordId))).toEqual(new Set(last.values()))
      const { buckets } = activityOf(index, { fromUs: 0, toUs: us, bucketCount: 7 })
      const sum = (key: 'stepCount' | 'changeCount') => buckets.reduce((total, bucket) => total + bucket[key], 0)
      expect(sum('stepCount')).toBe(until.length)
      expect(sum('changeCount')).toBe(until.filter(isChange).length)
      const ofOne = activityOf(index, { fromUs: 0, toUs: us, bucketCount: 7, node: 'n1' }).buckets
      expect(ofOne.reduce((total, { stepCount }) => total + stepCount, 0)).toBe(
        until.filter(({ node }) => node === 'n1').length,
      )
    }),
  )
})

test('at its bound the oldest go, what an actor was in is still known, and counts within what is kept stay right', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 9 }), (records, length) => {
      const inOrder = [...records].sort(compareEntries)
      const [bounded, whole] = [new RecordIndex({ countMax: 10 }), new RecordIndex()]
      for (const batch of batchesOf(inOrder, length)) {
        bounded.add(batch)
        whole.add(batch)
      }
      expect(bounded.all()).toEqual(inOrder.slice(-10))
      const now = 100
      const idsOf = (index: RecordIndex) => statesOf(index, now).actors.map(({ recordId }) => recordId)
      expect(idsOf(bounded)).toEqual(idsOf(whole))
      const fromUs = (bounded.oldest?.time.us ?? 0) + 1
      const activity = (index: RecordIndex) => activityOf(index, { fromUs, toUs: now, bucketCount: 3 }).buckets
      expect(activity(bounded)).toEqual(activity(whole))
    }),
  )
})

test('what comes too late to be kept is passed over, and changes nothing of what an actor was in', () => {
  const index = new RecordIndex({ countMax: 2 })
  index.add([record(10, { state: 'primary.ready' })])
  index.add([record(20, { actor: 'crim' }), record(30, { actor: 'crim' })])
  const before = statesOf(index, 15_000)
  expect(before.actors).toMatchObject([{ state: 'primary.ready', recordId: 'n1:1:10' }])
  expect(index.add([record(5, { state: 'offline.stopped' })])).toEqual([])
  expect(statesOf(index, 15_000)).toEqual(before)
})

test('since when is known though all that an actor did is long gone', () => {
  const index = new RecordIndex({ countMax: 400 })
  const quiet = { fromState: 'primary.ready' }
  index.add([record(1), ...Array.from({ length: 299 }, (_, place) => record(place + 2, quiet))])
  index.add(Array.from({ length: 400 }, (_, place) => record(1000 + place, { actor: 'crim' })))
  index.add([record(5000, quiet)])
  const ledger = statesOf(index, 6_000_000).actors.find(({ actor }) => actor.startsWith('component'))!
  expect(ledger).toMatchObject({ recordId: 'n1:1:5000', sinceUs: 1000 })
})

test('room that was given back leaves the counts as they were', () => {
  const index = new RecordIndex({ countMax: 500 })
  for (let sequence = 1; sequence <= 5000; sequence++) index.add([record(sequence)])
  expect(index.count).toBe(500)
  const { buckets } = activityOf(index, { fromUs: 4_900_000, toUs: 5_000_000, bucketCount: 1 })
  expect(buckets).toEqual([{ stepCount: 101, changeCount: 101, failureCount: 0 }])
  expect(index.get('n1:1:4000')).toBeNull()
  expect(index.get('n1:1:4501')).not.toBeNull()
})

test('what a program notes is among the records, and no state of its component', () => {
  const index = new RecordIndex({ countMax: 2 })
  const note = record(2, { kind: 'application', state: '', fromState: null, event: { type: 'checkpoint.written' } })
  index.add([record(1), note])
  expect(statesOf(index, 9000).actors).toMatchObject([{ state: 'primary.ready', recordId: 'n1:1:1' }])
  expect(recordsOf(index, { fromUs: 0, toUs: 9000, limit: 9 }).records).toHaveLength(2)
  index.add([record(3, { ...note, id: 'n1:1:3', sequence: 3, time: { us: 3000, count: 0 } })])
  index.add([record(4, { ...note, id: 'n1:1:4', sequence: 4, time: { us: 4000, count: 0 } })])
  expect(statesOf(index, 9000).actors).toMatchObject([{ state: 'primary.ready', recordId: 'n1:1:1' }])
})

test('a record that comes twice is there once', () => {
  const index = new RecordIndex()
  expect(index.add([record(1), record(2)])).toHaveLength(2)
  expect(index.add([record(2), record(3)]).map(({ id }) => id)).toEqual(['n1:1:3'])
  expect(index.count).toBe(3)
})

test('an actor that has ended is in no state, and of too many records the last are given', () => {
  const index = new RecordIndex()
  index.add([record(1), record(2), record(3, { kind: 'end', event: { type: 'end' } })])
  expect(statesOf(index, 2000).actors).toMatchObject([{ state: 'primary.ready', recordId: 'n1:1:2', sinceUs: 2000 }])
  expect(statesOf(index, 3000).actors).toEqual([])
  const view = recordsOf(index, { fromUs: 0, toUs: 9000, limit: 2 })
  expect(view.records.map(({ id }) => id)).toEqual(['n1:1:2', 'n1:1:3'])
  expect(view).toMatchObject({ isTruncated: true, oldestUs: 1000, newestUs: 3000 })
})
