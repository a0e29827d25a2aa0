import { expect, test } from 'bun:test'
import { offersOf, targetOf } from '../../../../src/manage/console/state/operations.ts'
import { operationSchema } from '../../../../src/manage/controlProtocol.ts'

const about = { isLocked: false, isMaintained: false, others: ['n2', 'n3'] }

test.each(['node:n1', 'assignment:ledger', 'n1/ledger', 'cluster'])(
  'all that is offered for %s is understood',
  (of) => {
    const offers = [true, false].flatMap((is) => offersOf(of, { ...about, isLocked: is, isMaintained: is }))
    expect(offers.length).toBeGreaterThan(3)
    for (const { body } of offers) expect(operationSchema.safeParse({ ...body, isDryRun: true }).success).toBe(true)
  },
)

test('what is locked can be unlocked, and what is not, locked', () => {
  const names = (isLocked: boolean) => offersOf('n1/ledger', { ...about, isLocked }).map(({ name }) => name)
  expect(names(false)).toEqual(['Lock', 'Shut down', 'Restart', 'Maintenance'])
  expect(names(true)).toEqual(['Unlock', 'Restart', 'Maintenance'])
})

test('what is no target is offered nothing', () => {
  expect(targetOf('ledger')).toBeNull()
  expect(offersOf('ledger', about)).toEqual([])
})
