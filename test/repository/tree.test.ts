import { expect, test } from 'bun:test'
import { Tree } from '../../src/repository/tree.ts'

const at = (index: number) => ({ epoch: 1, index })

test('a key holds its last value and the entry that set it; null deletes', () => {
  const tree = new Tree()
  tree.apply([{ key: 'a', value: { deep: [1, null] } }], at(1))
  tree.apply(
    [
      { key: 'b', value: false },
      { key: 'a', value: 2 },
    ],
    { epoch: 3, index: 2 },
  )
  expect(tree.get('a')).toEqual({ key: 'a', value: 2, epoch: 3, index: 2 })
  expect(tree.get('b')?.value).toBe(false)
  tree.apply([{ key: 'a', value: null }], at(3))
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
    tree.apply([{ key, value: true }], at(index))
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
  tree.apply(
    [
      { key: 'lock/a', value: 1 },
      { key: 'intent/a', value: 1 },
      { key: 'lock/b', value: 1 },
      { key: 'lock/a', value: 2 },
    ],
    at(1),
  )
  tree.apply([{ key: 'intent/a', value: 2 }], at(2))
  tree.apply([{ key: 'lock/a', value: null }], at(3))
  end()
  tree.apply([{ key: 'lock/a', value: 5 }], at(4))
  expect(told).toEqual([
    [
      ['lock/a', 2, 2],
      ['lock/b', 1, 1],
    ],
    [['lock/a', null, null]],
  ])
})
