import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { answerTo, type Trouble } from '../../../../machines/logic/recovery/ladder.ts'
import { type RecoveryPolicy, recoveries } from '../../../../machines/model/configuration.ts'

const policy = (of: Partial<RecoveryPolicy> = {}): RecoveryPolicy => ({
  restartLimit: 3,
  restartWindowMs: 60_000,
  ...of,
})

const trouble = (of: Partial<Trouble> = {}): Trouble => ({
  code: 'process.exited',
  isInRole: false,
  under: null,
  resetCount: 0,
  failureCount: 0,
  ...of,
})

const recoveryTo = (of: Partial<Trouble>, by: Partial<RecoveryPolicy> = {}) =>
  answerTo(policy(by), trouble(of)).recovery

describe('chosen from type and report', () => {
  test('left to the planner where nothing is said', () => expect(recoveryTo({})).toBe(null))
  test('the first answer of the type', () => expect(recoveryTo({}, { first: 'failover' })).toBe('failover'))

  test('the answer to a code comes before it', () => {
    const by = { first: 'restart', byCode: { 'disk.full': 'nodeSwitchover' } } as const
    expect(recoveryTo({ code: 'disk.full' }, by)).toBe('nodeSwitchover')
    expect(recoveryTo({ code: 'other' }, by)).toBe('restart')
  })

  test('only what has its role is reset, or hands over', () => {
    expect(recoveryTo({ isInRole: true }, { first: 'reset' })).toBe('reset')
    expect(recoveryTo({}, { first: 'reset' })).toBe('restart')
    expect(recoveryTo({ isInRole: true }, { first: 'switchover' })).toBe('switchover')
    expect(recoveryTo({}, { first: 'switchover' })).toBe('failover')
  })
})

describe('a rung up', () => {
  test('after so many resets', () => {
    const resets = (resetCount: number, resetLimit?: number) =>
      recoveryTo(
        { isInRole: true, resetCount },
        { first: 'reset', ...(resetLimit === undefined ? {} : { resetLimit }) },
      )
    expect([resets(0), resets(1), resets(1, 2), resets(2, 2)]).toEqual(['reset', 'restart', 'reset', 'restart'])
  })

  test('where the recovery before has failed', () => {
    const after = recoveries.map((under) => [under, recoveryTo({ under })])
    expect(after).toEqual([
      ['reset', 'restart'],
      ['restart', 'failover'],
      ['failover', 'failover'],
      ['switchover', 'failover'],
      ['nodeSwitchover', 'nodeFailover'],
      ['nodeFailover', 'nodeFailover'],
    ])
  })

  test('past the limit of restarts: failed over, and barred', () => {
    expect(answerTo(policy(), trouble({ failureCount: 2 }))).toEqual({ recovery: null, isBarred: false })
    expect(answerTo(policy(), trouble({ failureCount: 3 }))).toEqual({ recovery: 'failover', isBarred: true })
    expect(answerTo(policy({ first: 'nodeSwitchover' }), trouble({ failureCount: 3 }))).toEqual({
      recovery: 'nodeSwitchover',
      isBarred: true,
    })
  })
})

test('whatever the policy, an answer to a failed recovery is none that is less radical', () => {
  const rung = fc.constantFrom(...recoveries)
  const anyPolicy = fc.record(
    { first: rung, byCode: fc.constant({ 'probe.failed': 'reset' as const }), resetLimit: fc.nat(3) },
    { requiredKeys: [] },
  )
  const anyTrouble = fc.record({
    code: fc.constantFrom('process.exited', 'probe.failed'),
    isInRole: fc.boolean(),
    under: rung,
    resetCount: fc.nat(4),
    failureCount: fc.nat(4),
  })
  fc.assert(
    fc.property(anyPolicy, anyTrouble, (by, of) => {
      const { recovery } = answerTo(policy(by), of)
      // One that could not hand over is failed over, which is no less.
      const under = of.under === 'switchover' ? 'failover' : of.under
      return recoveries.indexOf(recovery ?? 'restart') >= recoveries.indexOf(under)
    }),
    { numRuns: 1000 },
  )
})
