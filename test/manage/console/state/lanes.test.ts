import { expect, test } from 'bun:test'
import { lanesOf } from '../../../../src/manage/console/state/lanes.ts'
import { record } from '../records.ts'

const window = { fromUs: 5_000, toUs: 40_000 }

test('a lane begins with what the component was in before, and ends with its life', () => {
  const records = [
    record(1, 'n1 component/n1/a offline.stopped>spare.preparing'),
    record(10, 'n1 component/n1/a spare.ready>primary.assuming'),
    record(12, 'n1 component/n1/a primary.assuming>primary.ready'),
    record(30, 'n1 component/n1/a primary.ready', { kind: 'end' }),
    record(11, 'n1 crim a>b'),
  ]
  expect(lanesOf(records, window, 5)).toEqual([
    {
      name: 'n1/a',
      parts: [
        { fromUs: 5_000, toUs: 10_000, root: 'spare', state: 'spare.preparing' },
        { fromUs: 10_000, toUs: 30_000, root: 'primary', state: 'primary.assuming' },
      ],
    },
  ])
})

test('of too many, those that changed most', () => {
  const records = [
    record(10, 'n1 component/n1/a spare>primary'),
    record(11, 'n2 component/n2/b spare>primary'),
    record(12, 'n2 component/n2/b primary>spare'),
  ]
  expect(lanesOf(records, window, 1).map(({ name }) => name)).toEqual(['n2/b'])
})

test('a lane ends where the others saw its node end, though it could not say so itself', () => {
  const records = [
    record(10, 'n2 component/n2/b spare.ready>primary.ready'),
    record(20, 'n1 node/n2 alive>ended.settled'),
    record(30, 'n2 component/n2/b >offline.stopped', { kind: 'start', fromState: null }),
  ]
  expect(lanesOf(records, window, 5)[0]!.parts.map(({ fromUs, toUs, root }) => [fromUs, toUs, root])).toEqual([
    [5_000, 10_000, 'spare'],
    [10_000, 20_000, 'primary'],
    [30_000, 40_000, 'offline'],
  ])
})
