/** Self-tests that a program asks for: one at a time, and as an operator would ask. */
import { expect, test } from 'bun:test'
import type { Operation, OperationResult } from '../../machines/model/operation.ts'
import { selfTestsOf } from '../../src/node/selfTests.ts'
import { ManualClock } from '../support/manualClock.ts'

test('are asked of the master, unforced, one at a time of a component', async () => {
  const asked: { operation: Operation; answer: (result: OperationResult) => void }[] = []
  const clock = new ManualClock()
  const ask = selfTestsOf((operation) => {
    const { promise, resolve } = Promise.withResolvers<OperationResult>()
    asked.push({ operation, answer: resolve })
    return promise
  }, clock)
  ask({ component: 'n1/pool/web1' })
  ask({ component: 'n1/pool' })
  ask({ component: 'n1/ledger' })
  expect(asked.map(({ operation }) => operation)).toEqual([
    { operation: 'selfTest', component: 'n1/pool' },
    { operation: 'selfTest', component: 'n1/ledger' },
  ])
  asked[0]!.answer({ ok: false, code: 'needs-force', text: 'testing n1/pool would leave web1 without a primary' })
  await Promise.resolve()
  await Promise.resolve()
  ask({ component: 'n1/pool' })
  expect(asked).toHaveLength(2)
  clock.advance(5000)
  ask({ component: 'n1/pool' })
  expect(asked).toHaveLength(3)
})
