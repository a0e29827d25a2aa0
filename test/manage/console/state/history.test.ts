import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { actorsOf } from '../../../../src/manage/console/state/actors.ts'
import { History } from '../../../../src/manage/console/state/history.ts'
import { momentOf } from '../../../../src/manage/console/state/time.ts'
import { record, states } from '../records.ts'

const base = actorsOf(states(0, 'n1 crim standby', 'n2 crim standby'))

function historyOf(records: ReturnType<typeof record>[]): History {
  return new History({ fromUs: 0, toUs: 10_000_000, base, records })
}

const stateAt = (history: History, atMs: number, key = 'n1 crim') =>
  history.statesAt(momentOf(atMs * 1000)).get(key)?.state

test('every moment has the states of the last records until then', () => {
  const history = historyOf([record(20, 'n1 crim surveying>active'), record(10, 'n1 crim standby>surveying')])
  expect([9, 10, 19, 20, 5000].map((at) => stateAt(history, at))).toEqual([
    'standby',
    'surveying',
    'surveying',
    'active',
    'active',
  ])
  expect(stateAt(history, 20, 'n2 crim')).toBe('standby')
})

test('since is when the state was entered, not the last record', () => {
  const history = historyOf([record(10, 'n1 crim standby>active'), record(15, 'n1 crim active')])
  expect(history.statesAt(momentOf(20_000)).get('n1 crim')).toMatchObject({ sinceUs: 10_000, recordId: 'n1:1:15' })
})

test('notes and what applications say change no state', () => {
  const history = historyOf([record(10, 'n1 component/n1/x >', { kind: 'note' })])
  expect(history.statesAt(momentOf(20_000)).has('n1 component/n1/x')).toBe(false)
})

test('a machine that has ended is in no state, until it starts again', () => {
  const end = record(10, 'n1 crim standby', { kind: 'end' })
  const history = historyOf([end, record(20, 'n1 crim >standby', { kind: 'start' })])
  expect([9, 10, 19, 20].map((at) => stateAt(history, at))).toEqual(['standby', undefined, undefined, 'standby'])
})

test('records of one microsecond are gone through one at a time', () => {
  const history = historyOf(
    [1, 2, 3].map((timeCount) => record(10, `n1 crim s${timeCount}`, { timeCount, id: `n1:1:${timeCount}` })),
  )
  const second = history.neighbour({ timeUs: 10_000, timeCount: 1 }, 1)!
  expect(second.state).toBe('s2')
  expect(history.neighbour({ timeUs: 10_000, timeCount: 2 }, -1)?.state).toBe('s1')
  expect(history.neighbour({ timeUs: 10_000, timeCount: 3 }, 1)).toBeNull()
  expect(history.neighbour({ timeUs: 10_000, timeCount: 1 }, -1)).toBeNull()
})

test('however many there are, a moment is the same as when all records until then are applied one after the other', () => {
  const step = fc.record({ atMs: fc.integer({ min: 1, max: 3000 }), node: fc.constantFrom('n1', 'n2'), to: fc.nat(9) })
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 400, maxLength: 1600 }),
      fc.integer({ min: 0, max: 3000 }),
      (steps, atMs) => {
        const records = steps.map(({ atMs: at, node, to }, index) =>
          record(at, `${node} crim s${to}`, { id: `${node}:1:${index}` }),
        )
        const history = historyOf(records)
        const last = history.records.findLast(({ node, timeUs }) => node === 'n1' && timeUs <= atMs * 1000)
        expect(stateAt(history, atMs)).toBe(last?.state ?? 'standby')
      },
    ),
    { numRuns: 40 },
  )
})
