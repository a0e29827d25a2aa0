import { expect, test } from 'bun:test'
import { type ConsoleState, initialState, recordCountMax } from '../../../../src/manage/console/state/model.ts'
import { type Action, reduce } from '../../../../src/manage/console/state/reduce.ts'
import { record, states } from '../records.ts'

const after = (state: ConsoleState, ...actions: Action[]) => actions.reduce(reduce, state)

test('records move the machines of the present, in whatever order they come', () => {
  const state = after(
    initialState,
    { type: 'states.arrived', states: states(0, 'n1 crim standby') },
    { type: 'records.arrived', records: [record(20, 'n1 crim a>b')] },
    { type: 'records.arrived', records: [record(10, 'n1 crim standby>a')] },
  )
  expect(state.actors.get('n1 crim')?.state).toBe('b')
  expect(state.records.map(({ timeUs }) => timeUs)).toEqual([10_000, 20_000])
})

test('an answer that was overtaken by the stream does not take back what the stream said', () => {
  const state = after(
    initialState,
    { type: 'records.arrived', records: [record(20, 'n1 crim a>b'), record(5, 'n2 crim x>y')] },
    { type: 'states.arrived', states: states(10, 'n1 crim a', 'n2 crim z') },
  )
  expect(state.actors.get('n1 crim')?.state).toBe('b')
  expect(state.actors.get('n2 crim')?.state).toBe('z')
})

test('what comes twice, as after a reconnect, is there once', () => {
  const records = [record(10, 'n1 crim a'), record(11, 'n1 crim b')]
  const state = after(initialState, { type: 'records.arrived', records }, { type: 'records.arrived', records })
  expect(state.records).toHaveLength(2)
})

test('the stream is kept up to its bound, the latest', () => {
  const records = Array.from({ length: recordCountMax + 10 }, (_, at) => record(at, 'n1 crim a'))
  const state = after(initialState, { type: 'records.arrived', records })
  expect(state.records).toHaveLength(recordCountMax)
  expect(state.records[0]!.timeUs).toBe(10_000)
})

test('a timeline that shows the present goes along with it; one that was moved away stays', () => {
  const start = after(
    initialState,
    { type: 'extent.known', extent: { fromUs: 0, toUs: 1000_000 } },
    { type: 'window.changed', window: { fromUs: 800_000, toUs: 1000_000 } },
  )
  const along = after(start, { type: 'time.passed', atMs: 1500 })
  expect(along.window).toEqual({ fromUs: 1_300_000, toUs: 1_500_000 })
  const away = after(
    start,
    { type: 'window.changed', window: { fromUs: 0, toUs: 200_000 } },
    { type: 'time.passed', atMs: 1500 },
  )
  expect(away.window).toEqual({ fromUs: 0, toUs: 200_000 })
  expect(away.extent?.toUs).toBe(1_500_000)
})

test('the present never goes back, whatever the clocks say', () => {
  const state = after(
    initialState,
    { type: 'extent.known', extent: { fromUs: 0, toUs: 9_000_000 } },
    { type: 'time.passed', atMs: 5 },
  )
  expect(state.extent?.toUs).toBe(9_000_000)
})

test('hearing again ends a lost link and tells the clocks apart', () => {
  const lost = after(initialState, {
    type: 'link.changed',
    link: { phase: 'lost', heardAtMs: 5, retryAtMs: 99, attempt: 3, reason: 'gone' },
  })
  const state = after(lost, { type: 'heard', atMs: 2000, serverUs: 3_500_000 })
  expect(state.link).toEqual({ phase: 'live', heardAtMs: 2000, retryAtMs: null, attempt: 0, reason: null })
  expect(state.skewMs).toBe(1500)
  expect(after(state, { type: 'heard', atMs: 2500 }).skewMs).toBe(1500)
})

test('what a recording says of its components is learnt', () => {
  const assign = record(10, 'n1 component/n1/pool offline>primary', {
    effects: [{ type: 'process.start', component: 'n1/pool', assignment: 'web' }],
  })
  const state = after(initialState, { type: 'records.arrived', records: [assign] })
  expect(state.structure.components.get('n1/pool')).toBe('web')
})

test('another recording takes the place of the one before', () => {
  const state = after(
    initialState,
    { type: 'records.arrived', records: [record(10, 'n1 crim a')] },
    { type: 'forgotten' },
  )
  expect(state).toMatchObject({ records: [], extent: null, history: null, incidents: [] })
  expect(state.actors.size).toBe(0)
})
