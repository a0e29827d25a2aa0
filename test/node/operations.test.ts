import { expect, test } from 'bun:test'
import { Operations } from '../../src/node/operations.ts'
import { ManualClock } from '../support/manualClock.ts'

function operations(master: string | null) {
  const clock = new ManualClock()
  const sent: string[] = []
  const made = new Operations({
    self: 'n1',
    incarnation: 3,
    clock,
    master: () => master,
    send: (to, id, { operation }) => sent.push(`${to} ${id} ${operation}`),
  })
  return { clock, sent, operations: made }
}

const lock = { operation: 'lock', target: { kind: 'component', component: 'n2/ledger' } } as const

test('an operation goes to the master, and its answer to who asked', async () => {
  const { operations: made, sent } = operations('n2')
  const result = made.request(lock)
  expect(sent).toEqual(['n2 n1:3:1 lock'])
  expect(Operations.requesterOf('n1:3:1')).toBe('n1')
  made.answered('n1:3:1', { ok: true, text: 'n2/ledger is locked' })
  expect(await result).toEqual({ ok: true, text: 'n2/ledger is locked' })
})

test('without a master it is refused, and says why', async () => {
  const { operations: made, sent } = operations(null)
  expect(await made.request(lock)).toMatchObject({ ok: false, code: 'no-quorum' })
  expect(sent).toEqual([])
})

test('one that is not answered in time says that it may still be done', async () => {
  const { operations: made, clock } = operations('n2')
  const result = made.request(lock)
  clock.advance(60_000)
  expect(await result).toMatchObject({ ok: false, code: 'timed-out' })
  made.answered('n1:3:1', { ok: true, text: 'late' })
})
