import { expect, test } from 'bun:test'
import { failoverBar, fenceDelayMs, raceDelayMs } from '../../../machines/logic/fencing.ts'

const two = { voters: ['n1', 'n2'], arbiter: null, fences: [] }

test('two nodes fail over with a third vote, or with a fence for the one that is silent', () => {
  expect(failoverBar(two)).toBe(
    'two nodes without a third vote: n1 will not take over from n2, n2 will not take over from n1; add an arbiter, or a fence agent for n2 and n1',
  )
  expect(failoverBar({ ...two, fences: ['n2'] })).toBe(
    'two nodes without a third vote: n2 will not take over from n1; add an arbiter, or a fence agent for n1',
  )
  expect(failoverBar({ ...two, fences: ['n1', 'n2'] })).toBeNull()
  expect(failoverBar({ ...two, arbiter: 'a1' })).toBeNull()
  expect(failoverBar({ ...two, voters: ['n1'] })).toBeNull()
  expect(failoverBar({ ...two, voters: ['n1', 'n2', 'n3'] })).toBeNull()
})

test('of two the better-ranked is shot later; what is configured goes before', () => {
  const delay = (node: string, voters: string[], configuredMs: number | null = null) =>
    fenceDelayMs({ voters, node, configuredMs })
  expect([delay('n1', ['n1', 'n2']), delay('n2', ['n1', 'n2'])]).toEqual([raceDelayMs, 0])
  expect(delay('n1', ['n1', 'n2', 'n3'])).toBe(0)
  expect(delay('n2', ['n1', 'n2'], 70)).toBe(70)
})
