import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Change, Condition, LogCommand } from '../../machines/logic/replicatedLog.ts'
import { isUnder } from '../../src/repository/keys.ts'
import { entrySizeBytes } from '../../src/repository/limits.ts'
import { type Outcome, Tree, type TreeEntry } from '../../src/repository/tree.ts'

const at = (index: number) => ({ epoch: 1, index })

function apply(tree: Tree, entries: readonly Change[], at: { epoch: number; index: number }): Outcome {
  return tree.apply({ type: 'set', entries, conditions: [] }, at)
}

test('a key holds its last value and the entry that set it; null deletes', () => {
  const tree = new Tree()
  apply(tree, [{ key: 'a', value: { deep: [1, null] } }], at(1))
  apply(
    tree,
    [
      { key: 'b', value: false },
      { key: 'a', value: 2 },
    ],
    { epoch: 3, index: 2 },
  )
  expect(tree.get('a')).toEqual({ key: 'a', value: 2, epoch: 3, index: 2 })
  expect(tree.get('b')?.value).toBe(false)
  apply(tree, [{ key: 'a', value: null }], at(3))
  expect(tree.get('a')).toBeNull()
})

test('a list is sorted, and ends at the borders of names', () => {
  const tree = new Tree()
  for (const [index, key] of [
    'lock/n10',
    'lock/n1/b',
    'lock/n1/B',
    'lock/n1',
    'lock/n1/a',
    'locks',
    'intent/x',
  ].entries()) {
    apply(tree, [{ key, value: true }], at(index))
  }
  const keys = (prefix: string) => tree.list(prefix).map(({ key }) => key)
  expect(keys('lock/n1')).toEqual(['lock/n1', 'lock/n1/B', 'lock/n1/a', 'lock/n1/b'])
  expect(keys('lock/n1/')).toEqual(['lock/n1/B', 'lock/n1/a', 'lock/n1/b'])
  expect(keys('lock')).not.toContain('locks')
  expect(keys('')).toHaveLength(7)
  expect(keys('nothing')).toEqual([])
})

test('a watcher is told what an entry changed below its prefix, all at once and after the fact', () => {
  const tree = new Tree()
  const told: unknown[] = []
  const end = tree.watch('lock', (changed) => {
    told.push(changed.map(({ key, value }) => [key, value, tree.get(key)?.value ?? null]))
  })
  apply(
    tree,
    [
      { key: 'lock/a', value: 1 },
      { key: 'intent/a', value: 1 },
      { key: 'lock/b', value: 1 },
      { key: 'lock/a', value: 2 },
    ],
    at(1),
  )
  apply(tree, [{ key: 'intent/a', value: 2 }], at(2))
  apply(tree, [{ key: 'lock/a', value: null }], at(3))
  end()
  apply(tree, [{ key: 'lock/a', value: 5 }], at(4))
  expect(told).toEqual([
    [
      ['lock/a', 2, 2],
      ['lock/b', 1, 1],
    ],
    [['lock/a', null, null]],
  ])
})

test('conditions: all hold and all is changed, or one does not and nothing is; the conflicts are named', () => {
  const tree = new Tree()
  apply(tree, [{ key: 'a', value: 1 }], at(3))
  const set = (conditions: Condition[], index: number) =>
    tree.apply(
      {
        type: 'set',
        entries: [
          { key: 'a', value: index },
          { key: 'b', value: index },
        ],
        conditions,
      },
      at(index),
    )
  const wrong = [
    { key: 'a', index: 2 },
    { key: 'b', index: 7 },
    { key: 'c', index: 0 },
  ]
  const conflicts = [
    { key: 'a', index: 3 },
    { key: 'b', index: 0 },
  ]
  expect(set(wrong, 4)).toEqual({ isApplied: false, changed: [], conflicts })
  expect([tree.revision, tree.get('a')?.value, tree.get('b')]).toEqual([4, 1, null])
  expect(
    set(
      [
        { key: 'a', index: 3 },
        { key: 'b', index: 0 },
      ],
      5,
    ).isApplied,
  ).toBe(true)
  expect(set([{ key: 'b', index: 0 }], 6).isApplied).toBe(false)
  expect(tree.list('')).toMatchObject([
    { key: 'a', value: 5, index: 5 },
    { key: 'b', value: 5, index: 5 },
  ])
})

test('a noop moves the revision and nothing else', () => {
  const tree = new Tree()
  expect(tree.apply({ type: 'noop' }, at(9))).toEqual({ isApplied: true, changed: [], conflicts: [] })
  expect([tree.revision, tree.keyCount]).toEqual([9, 0])
})

const key = fc.constantFrom('a', 'a/b', 'a/b/c', 'a!', 'a0', 'ab', 'b')
const value = fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.uint8Array({ maxLength: 5 }))
const command: fc.Arbitrary<LogCommand> = fc.oneof(
  fc.constant<LogCommand>({ type: 'noop' }),
  fc.record({
    type: fc.constant('set' as const),
    entries: fc.array(fc.record({ key, value }), { minLength: 1, maxLength: 4 }),
    conditions: fc.array(fc.record({ key, index: fc.nat(12) }), { maxLength: 1 }),
  }),
)

test('property: what is there is what a plain model has, wherever a node took over from a copy of the state', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), fc.nat(30), key, (commands, copiedAfter, prefix) => {
      const model = new Map<string, TreeEntry>()
      let tree = new Tree()
      const straight = new Tree()
      for (const [place, each] of commands.entries()) {
        if (place === copiedAfter) tree = new Tree(tree.list(''), tree.revision)
        const index = place + 1
        const outcome = tree.apply(each, at(index))
        expect(straight.apply(each, at(index))).toEqual(outcome)
        if (each.type !== 'set') continue
        const holds = each.conditions.every(({ key, index }) => (model.get(key)?.index ?? 0) === index)
        expect(outcome.isApplied).toBe(holds)
        for (const { key, value } of holds ? each.entries : [])
          if (value === null) model.delete(key)
          else model.set(key, { key, value, ...at(index) })
      }
      const inOrder = [...model.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
      for (const each of [tree, straight]) {
        expect(each.list('')).toEqual(inOrder)
        expect(each.list(prefix)).toEqual(inOrder.filter(({ key }) => isUnder(key, prefix)))
        expect([each.revision, each.keyCount]).toEqual([commands.length, model.size])
        expect(each.sizeBytes).toBe(inOrder.reduce((sum, entry) => sum + entrySizeBytes({ ...entry }), 0))
      }
    }),
  )
})

test('property: who goes on watching after an interruption misses nothing and gets nothing twice', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), fc.array(fc.nat(30)), key, (commands, interruptions, prefix) => {
      const bounds = { countMax: 1000, bytesMax: 100_000 }
      const tree = new Tree([], 0, bounds)
      const all: unknown[] = []
      const seen: unknown[] = []
      let last = 0
      tree.watch(prefix, (changed, revision) => all.push([revision, changed]))
      const follow = () =>
        tree.watchAfter(prefix, last, (changed, revision) => {
          seen.push([revision, changed])
          last = revision
        })
      let watching: ReturnType<typeof follow> | null = follow()
      for (const [place, each] of commands.entries()) {
        if (interruptions.includes(place)) {
          if (watching?.isComplete) watching.end()
          watching = watching ? null : follow()
        }
        tree.apply(each, at(place + 1))
      }
      if (!watching) follow()
      expect(seen).toEqual(all)
    }),
  )
})

test('property: who is told the difference between two states gets from the one to the other', () => {
  const state = fc.uniqueArray(
    fc.record({ key, value: fc.integer(), epoch: fc.constant(1), index: fc.integer({ min: 1, max: 9 }) }),
    {
      selector: ({ key }) => key,
    },
  )
  fc.assert(
    fc.property(state, state, (before, after) => {
      // An entry at one index is the same wherever it is.
      const later = after.map((entry) => ({ ...entry, index: entry.index + 10 }))
      const tree = new Tree(before, 9)
      const copy = new Map<string, TreeEntry>(before.map((entry) => [entry.key, entry]))
      tree.watch('', (changed) => {
        for (const entry of changed) entry.value === null ? copy.delete(entry.key) : copy.set(entry.key, entry)
      })
      tree.replace(later, at(20))
      const byKey = (a: TreeEntry, b: TreeEntry) => (a.key < b.key ? -1 : 1)
      expect([...copy.values()].sort(byKey)).toEqual([...tree.list('')])
      expect(tree.list('')).toEqual([...later].sort(byKey))
      expect([tree.revision, tree.watchAfter('', 19, () => {})]).toEqual([20, { isComplete: false, oldest: 20 }])
    }),
  )
})
