import { expect, test } from 'bun:test'
import { waiting } from '../../../../machines/logic/recovery/budget.ts'
import { exhausted, flapping } from '../../../../machines/logic/recovery/node.ts'
import { counted, recent } from '../../../../machines/logic/recovery/window.ts'
import { defaultNodeRecovery } from '../../../../machines/model/recovery.ts'

const policy = { ...defaultNodeRecovery, failureLimit: 2, failureWindowMs: 100, flapLimit: 1, flapWindowMs: 10 }

test('what is older than the window does not count', () => {
  const within = { atMs: 150, windowMs: 100 }
  expect(recent([10, 50, 51, 140], within)).toEqual([51, 140])
  expect(counted([10, 51], within)).toEqual([51, 150])
  expect(counted(undefined, within)).toEqual([150])
})

test('a node is exhausted by one more component that failed than the limit, within the window', () => {
  const failures = {
    n1: { 'n1/a': 1, 'n1/b': 100, 'n1/c': 50 },
    n2: { 'n2/a': 1, 'n2/b': 100 },
    n3: { 'n3/a': 1, 'n3/b': 50, 'n3/c': 102 },
  } as const
  expect(exhausted(failures, policy)).toEqual(['n1'])
})

test('a node flaps by one more return than the limit, within the window', () => {
  expect(flapping({ n2: [1, 5], n1: [1, 5], n3: [1, 12] }, policy)).toEqual(['n1', 'n2'])
})

test('of those that recover, the more important go first, beside those that are under way', () => {
  const patients = [
    { component: 'n1/a', priority: 0 },
    { component: 'n1/b', priority: 5 },
    { component: 'n2/a', priority: 0 },
  ] as const
  const late = (underWayCount: number, concurrentMax: number) => waiting(patients, { underWayCount, concurrentMax })
  expect(late(0, 3)).toEqual([])
  expect(late(0, 2)).toEqual(['n2/a'])
  expect(late(1, 2)).toEqual(['n1/a', 'n2/a'])
  expect(late(4, 2)).toEqual(['n1/b', 'n1/a', 'n2/a'])
})
