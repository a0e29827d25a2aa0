import { expect, test } from 'bun:test'
import { bodyOf, eventText, kindOf, planRows, whatIfKinds } from '../../../../src/manage/console/state/whatif.ts'
import { planRequestSchema } from '../../../../src/manage/http/contract.ts'

test('what is in the address is asked as the interface wants it', () => {
  const body = bodyOf(['fail:node:n1', 'fail:n2/ledger', 'switchover:assignment:ledger', 'explode:node:n1', 'lock:'])
  expect(body).toEqual({ fail: ['node:n1', 'n2/ledger'], switchover: ['ledger'] })
  expect(planRequestSchema.parse(body)).toEqual(body)
})

test('the interface knows all that the page offers', () => {
  const known = Object.keys(planRequestSchema.shape)
  expect(whatIfKinds.filter(({ what }) => !known.includes(what))).toEqual([])
})

test('in words', () => {
  expect(['fail:node:n1', 'lock:n2/ledger', 'switchover:assignment:web'].map(eventText)).toEqual([
    'n1 fails',
    'n2/ledger is locked',
    'web is switched over',
  ])
  expect(['node:n1', 'assignment:web', 'n1/x', 'what'].map(kindOf)).toEqual(['node', 'assignment', 'component', null])
})

test('what moves comes first, and says from what to what', () => {
  const place = (node: string, role: 'primary' | 'secondary' | 'spare') =>
    ({ place: `${node}/x`, node, role, phase: 'ready', intendedRole: role }) as const
  const placement = (
    assignments: { name: string; health: 'served' | 'unserved'; places: ReturnType<typeof place>[] }[],
  ) => ({
    nodes: [],
    assignments,
  })
  const still = { name: 'a', health: 'served' as const, places: [place('n1', 'primary')] }
  const rows = planRows({
    before: placement([
      still,
      { name: 'b', health: 'served', places: [place('n1', 'primary'), place('n2', 'secondary')] },
    ]),
    after: placement([still, { name: 'b', health: 'served', places: [place('n2', 'primary')] }]),
  })
  expect(rows.map(({ name, isChanged }) => [name, isChanged])).toEqual([
    ['b', true],
    ['a', false],
  ])
  expect(Object.fromEntries(rows[0]!.cells)).toEqual({
    n1: { before: 'primary', after: null },
    n2: { before: 'secondary', after: 'primary' },
  })
})
