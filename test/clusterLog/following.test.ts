import { expect, test } from 'bun:test'
import { Following } from '../../src/clusterLog/following.ts'
import { beginning } from '../../src/clusterLog/record.ts'
import { Serving } from '../../src/clusterLog/serving.ts'

const at = (incarnation: number, sequence: number) => ({ incarnation, sequence })
const times = { retryMs: 5000, doubtMs: 1000, paceMs: 20 }
const nodes = ['n1', 'n2', 'n3']
const lives = new Map<string, number>()
const lifeOf = (node: string) => lives.get(node) ?? 1

test('asks each node for its own stream, once until it answers or does not', () => {
  const following = new Following('n1', times)
  following.stored('n2', at(1, 9))
  const world = { nodes, up: ['n2', 'n3'], lifeOf }
  expect(following.due(0, world)).toEqual([
    { to: 'n2', origin: 'n2', after: at(1, 9) },
    { to: 'n3', origin: 'n3', after: beginning },
  ])
  expect(following.due(4999, world)).toEqual([])
  lives.set('n3', 2)
  expect(following.due(4999, world).map(({ origin }) => origin)).toEqual(['n3'])
  lives.clear()
  expect(following.due(4999, world).map(({ origin }) => origin)).toEqual(['n3'])
  expect(following.take('n2', { origin: 'n2', after: at(1, 9), upTo: at(1, 12) })).toBe(true)
  following.storing('n2')
  expect(following.due(9999, world).map(({ origin }) => origin)).toEqual(['n3'])
  following.landed('n2', at(1, 12), { nowMs: 10_000, isFull: true })
  expect(following.due(10_019, world)).toEqual([])
  expect(following.due(10_020, world)).toEqual([{ to: 'n2', origin: 'n2', after: at(1, 12) }])
})

test('of a node that is gone it asks whoever has most, as long as that is more', () => {
  const following = new Following('n1', times)
  following.stored('n3', at(1, 5))
  following.announce('n2', [{ node: 'n3', position: at(1, 5) }], 0)
  expect(following.due(0, { nodes, up: ['n2'], lifeOf }).map(({ origin }) => origin)).toEqual(['n2'])
  following.announce('n2', [{ node: 'n3', position: at(1, 8) }], 0)
  following.announce('n4', [{ node: 'n3', position: at(2, 1) }], 0)
  expect(following.due(1, { nodes, up: ['n2', 'n4'], lifeOf })).toContainEqual({
    to: 'n4',
    origin: 'n3',
    after: at(1, 5),
  })
  // It comes back itself: it is asked at once, not only when the other has not answered for long.
  expect(following.due(2, { nodes, up: ['n2', 'n3', 'n4'], lifeOf })).toContainEqual({
    to: 'n3',
    origin: 'n3',
    after: at(1, 5),
  })
})

test('an answer that does not follow is of no use; one that failed to be stored is asked for again, later', () => {
  const following = new Following('n1', times)
  following.stored('n2', at(1, 5))
  expect(following.take('n2', { origin: 'n2', after: at(1, 6), upTo: at(1, 9) })).toBe(false)
  following.storing('n2')
  expect(following.take('n2', { origin: 'n2', after: at(1, 5), upTo: at(1, 9) })).toBe(false)
  following.landed('n2', null, { nowMs: 100, isFull: false })
  expect(following.positionOf('n2')).toEqual(at(1, 5))
  expect(following.due(5099, { nodes, up: ['n2'], lifeOf })).toEqual([])
  expect(following.due(5100, { nodes, up: ['n2'], lifeOf })).toHaveLength(1)
})

test('a question waits until there is more than it asks for, or until nothing is an answer', () => {
  const serving = new Serving()
  let position = at(1, 5)
  let up = ['n2', 'n3']
  const due = (nowMs: number) =>
    serving.due(
      { nowMs, isUp: (node) => up.includes(node), markMs: { followed: 500, unfollowed: 5000 } },
      () => position,
    )
  serving.asked({ from: 'n2', origin: 'n1', after: at(1, 4), isFollowed: true }, 0)
  serving.asked({ from: 'n2', origin: 'n1', after: at(1, 5), isFollowed: true }, 0)
  serving.asked({ from: 'n3', origin: 'n1', after: at(1, 5), isFollowed: false }, 100)
  expect(due(499)).toEqual([])
  expect(due(500)).toEqual([{ from: 'n2', origin: 'n1', after: at(1, 5), isFollowed: true }])
  expect(due(5000)).toEqual([])
  position = at(1, 6)
  expect(due(5001)).toEqual([{ from: 'n3', origin: 'n1', after: at(1, 5), isFollowed: false }])
  serving.asked({ from: 'n3', origin: 'n1', after: at(1, 6), isFollowed: true }, 6000)
  up = []
  position = at(1, 7)
  expect(due(30_000)).toEqual([])
  up = ['n3']
  expect(due(30_001)).toHaveLength(1)
  serving.asked({ from: 'n3', origin: 'n1', after: at(1, 6), isFollowed: true }, 40_000)
  up = []
  due(100_000)
  up = ['n3']
  expect(due(100_001)).toEqual([])
})

test('a question is asked again of a node that says it has more, and would have answered', () => {
  const following = new Following('n1', times)
  const world = { nodes, up: ['n2'], lifeOf }
  expect(following.due(0, world)).toHaveLength(1)
  following.announce('n2', [{ node: 'n2', position: at(1, 3) }], 999)
  expect(following.due(999, world)).toEqual([])
  following.announce('n2', [{ node: 'n2', position: beginning }], 1000)
  expect(following.due(1000, world)).toEqual([])
  following.announce('n2', [{ node: 'n2', position: at(1, 3) }], 1000)
  expect(following.due(1000, world)).toEqual([{ to: 'n2', origin: 'n2', after: beginning }])
})
