import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { History } from '../../src/repository/history.ts'
import { Tree } from '../../src/repository/tree.ts'

const change = (key: string, revision: number, value: unknown = revision) => ({ key, value, epoch: 1, index: revision })

test('by count: the oldest go first, each entry whole, and the last stays however large', () => {
  const history = new History(10, { countMax: 3, bytesMax: 1e6 })
  history.add({ revision: 11, changed: [change('a', 11), change('b', 11)] }, 20)
  history.add({ revision: 12, changed: [change('a', 12)] }, 10)
  expect(history.since('', 10)).toMatchObject({
    isComplete: true,
    oldest: 10,
    changes: [{ revision: 11 }, { revision: 12 }],
  })
  history.add({ revision: 14, changed: [change('a', 14)] }, 10)
  expect(history.since('', 10)).toEqual({ isComplete: false, oldest: 11 })
  expect(history.since('', 11)).toMatchObject({ isComplete: true, changes: [{ revision: 12 }, { revision: 14 }] })
  history.add({ revision: 15, changed: 'abcdef'.split('').map((key) => change(key, 15)) }, 60)
  expect(history.since('c', 14)).toEqual({
    isComplete: true,
    oldest: 14,
    changes: [{ revision: 15, changed: [change('c', 15)] }],
  })
})

test('by bytes', () => {
  const history = new History(0, { countMax: 1000, bytesMax: 1000 })
  for (let revision = 1; revision <= 9; revision += 1) history.add({ revision, changed: [change('a', revision)] }, 304)
  expect(history.since('', 0)).toEqual({ isComplete: false, oldest: 6 })
})

test('property: what it says is complete is complete', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 300 })
  fc.assert(
    fc.property(counts, fc.nat(300), (counts, after) => {
      const history = new History(0, { countMax: 20, bytesMax: 1e6 })
      const all = counts.map((count, place) => {
        const revision = place + 1
        const changed = Array.from({ length: count }, (_, key) => change(`${key}`, revision))
        history.add({ revision, changed }, 10)
        return { revision, changed }
      })
      const since = history.since('', after)
      const expected = all.filter(({ revision }) => revision > after)
      const count = expected.reduce((sum, { changed }) => sum + changed.length, 0)
      expect(since.isComplete).toBe(count <= 20)
      if (since.isComplete) expect(since.changes).toEqual(expected)
      else expect(history.since('', since.oldest).isComplete).toBe(true)
    }),
  )
})

test('a state that was read at a start has no history before it', () => {
  const tree = new Tree([change('a', 5)], 7)
  expect(tree.changesAfter('', 6)).toEqual({ isComplete: false, oldest: 7 })
  expect(tree.watchAfter('', 3, () => {})).toEqual({ isComplete: false, oldest: 7 })
  const told: number[] = []
  expect(tree.watchAfter('', 9, (_, revision) => told.push(revision)).isComplete).toBe(true)
  for (const index of [8, 9, 10])
    tree.apply({ type: 'set', entries: [{ key: 'a', value: index }], conditions: [] }, { epoch: 1, index })
  expect(told).toEqual([10])
})
