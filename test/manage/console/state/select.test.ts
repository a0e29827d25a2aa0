import { expect, test } from 'bun:test'
import { actorsOf } from '../../../../src/manage/console/state/actors.ts'
import { History } from '../../../../src/manage/console/state/history.ts'
import { type ConsoleState, initialState } from '../../../../src/manage/console/state/model.ts'
import { reduce } from '../../../../src/manage/console/state/reduce.ts'
import { actorsShown, recordsShown, shown, windowOf } from '../../../../src/manage/console/state/select.ts'
import { momentOf } from '../../../../src/manage/console/state/time.ts'
import { record, states } from '../records.ts'

const history = new History({
  fromUs: 0,
  toUs: 100_000,
  base: actorsOf(states(0, 'n1 component/n1/ledger offline.stopped')),
  records: [
    record(10, 'n1 component/n1/ledger offline.stopped>primary.assuming'),
    record(20, 'n1 component/n1/ledger primary.assuming>primary.ready'),
  ],
})

const at = (state: ConsoleState, ms: number): ConsoleState => ({
  ...state,
  route: { ...state.route, at: momentOf(ms * 1000) },
})

const start = reduce(initialState, { type: 'history.arrived', history })

test('the page shows the moment of the cursor', () => {
  const health = (ms: number) => shown(at(start, ms)).assignments[0]?.health
  const learnt = reduce(start, { type: 'states.arrived', states: states(0, 'n1 component/n1/ledger primary.ready') })
  expect([5, 10, 20].map((ms) => shown(at(learnt, ms)).assignments[0]?.health)).toEqual([
    'unserved',
    'unserved',
    'served',
  ])
  expect(health(20)).toBeUndefined()
})

test('the same is answered with the same, while nothing has changed', () => {
  const state = at(start, 15)
  expect(actorsShown(state)).toBe(actorsShown({ ...state, notice: null })!)
  expect(shown(state)).toBe(shown({ ...state, skewMs: 5 }))
})

test('a moment that has not been fetched shows no machines rather than wrong ones', () => {
  expect(actorsShown(at(start, 5000))).toBeNull()
})

test('of the past only records until the cursor are shown', () => {
  expect(recordsShown(at(start, 15))).toHaveLength(1)
  expect(recordsShown(at(start, 25))).toHaveLength(2)
})

test('of a live cluster the timeline shows the last minutes, of a recording all', () => {
  const extent = { fromUs: 0, toUs: 7200e6 }
  const session = { cluster: 'x', node: 'n1', version: '', isSignedIn: false, readOnlyReason: null }
  const live = { ...start, extent, session: { ...session, mode: 'live' as const } }
  expect(windowOf(live)).toEqual({ fromUs: 6600e6, toUs: 7200e6 })
  expect(windowOf({ ...live, session: { ...session, mode: 'recording' } })).toEqual(extent)
})
