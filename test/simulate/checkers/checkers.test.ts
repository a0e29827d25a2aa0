/** Each checker is silent over a good run, and speaks over the same run with one thing wrong. */
import { describe, expect, test } from 'bun:test'
import type { Checker } from '../../../src/simulate/checkers/checker.ts'
import { convergence } from '../../../src/simulate/checkers/convergence.ts'
import { acknowledgedWritesDurable } from '../../../src/simulate/checkers/durability.ts'
import { createCheckers, watching } from '../../../src/simulate/checkers/index.ts'
import { logMatching } from '../../../src/simulate/checkers/logMatching.ts'
import { oneLeaderLease } from '../../../src/simulate/checkers/oneLease.ts'
import { oneMasterAnEpoch } from '../../../src/simulate/checkers/oneMaster.ts'
import { oneExclusivePrimary } from '../../../src/simulate/checkers/onePrimary.ts'
import { repositoryLinearizable } from '../../../src/simulate/checkers/repository.ts'
import { roleChangesAllowed } from '../../../src/simulate/checkers/roleChanges.ts'
import { selfStop } from '../../../src/simulate/checkers/selfStop.ts'
import { tokensNeverGoBack } from '../../../src/simulate/checkers/tokens.ts'
import type { Observation, ObservedEvent } from '../../../src/simulate/observation.ts'
import { configuration } from '../../support/configuration.ts'
import { at, committed, converged, goodRun, lease, nodeLease, role, seenRepository } from './observations.ts'

function judge(checker: Checker, stream: readonly Observation[]) {
  const checkers = watching([checker])
  for (const observation of stream) checkers.observe(observation)
  checkers.observe(at(1_000_000, { type: 'run.ended' }))
  return { texts: checkers.violations().map(({ text }) => text), figures: checkers.figures() }
}

/** What this checker says of the stream. */
const said = (checker: Checker, stream: readonly Observation[]) => judge(checker, stream).texts

const selfStopOptions = { selfStopMs: 200, toleranceMs: 20 }

test('over a good run with a take-over no checker speaks, and the slack is measured', () => {
  const checkers = createCheckers({
    selfStopMs: selfStopOptions.selfStopMs,
    selfStopToleranceMs: selfStopOptions.toleranceMs,
    convergenceWithinMs: 5000,
    newsMs: 1000,
    promotionMs: 1000,
    configuration: configuration(),
    catalogue: {},
  })
  for (const observation of goodRun()) checkers.observe(observation)
  expect(checkers.violations()).toEqual([])
  expect(checkers.figures()).toMatchObject({ takeOverSlackMinMs: 300, convergenceMaxMs: 1000, operationCount: 2 })
})

test('a stream in which time goes back is refused', () => {
  const checkers = watching([])
  checkers.observe(at(5, { type: 'run.ended' }))
  expect(() => checkers.observe(at(4, { type: 'run.ended' }))).toThrow('observed at 4 ms after 5 ms')
})

describe('one master an epoch', () => {
  const acquired = (atMs: number, node: string, epoch: number) => at(atMs, { type: 'mastership.acquired', node, epoch })

  test('two of one epoch, even one after the other', () => {
    expect(said(oneMasterAnEpoch(), [acquired(1, 'a', 2), acquired(9, 'b', 2)])).toEqual([
      'epoch 2 has two masters: a and b',
    ])
  })
  test('an epoch that goes back', () => {
    expect(said(oneMasterAnEpoch(), [acquired(1, 'a', 3), acquired(9, 'a', 2)])).toHaveLength(1)
  })
})

describe('one leader lease', () => {
  test('an overlap is seen; one that ends in the same instant is none, in whichever order', () => {
    const first = lease(1, 'gained', 'a', 2)
    expect(said(oneLeaderLease(), [first, lease(10, 'gained', 'b', 3)])).toHaveLength(1)
    expect(said(oneLeaderLease(), [first, lease(10, 'lost', 'a', 2), lease(10, 'gained', 'b', 3)])).toEqual([])
    expect(said(oneLeaderLease(), [first, lease(10, 'gained', 'b', 3), lease(10, 'lost', 'a', 2)])).toEqual([])
    expect(said(oneLeaderLease(), [first, lease(10, 'gained', 'b', 3), lease(11, 'lost', 'a', 2)])).toHaveLength(1)
  })
  test('a node that ended holds none', () => {
    const ended = at(5, { type: 'node.ended', node: 'a' })
    expect(said(oneLeaderLease(), [lease(1, 'gained', 'a', 2), ended, lease(10, 'gained', 'b', 3)])).toEqual([])
  })
})

describe('log matching', () => {
  test('another content, another epoch, or epochs that go back', () => {
    expect(said(logMatching(), [committed(1, 'a', 1, 2, 'x'), committed(2, 'b', 1, 2, 'x')])).toEqual([])
    expect(said(logMatching(), [committed(1, 'a', 1, 2, 'x'), committed(2, 'b', 1, 2, 'y')])).toHaveLength(1)
    expect(said(logMatching(), [committed(1, 'a', 1, 2, 'x'), committed(2, 'b', 1, 3, 'x')])).toHaveLength(1)
    expect(said(logMatching(), [committed(1, 'a', 1, 3, 'x'), committed(2, 'a', 2, 2, 'y')])).toHaveLength(1)
  })
})

describe('acknowledged writes are durable', () => {
  const written = at(1, { type: 'write.acknowledged', key: 'k', index: 5, value: '1' })
  const seen = (keys: Record<string, [string, number]>) => seenRepository(9, 'b', keys)

  test('an older value, another value, or none is a loss; a later one is not', () => {
    expect(said(acknowledgedWritesDurable(), [written, seen({ k: ['1', 5] })])).toEqual([])
    expect(said(acknowledgedWritesDurable(), [written, seen({ k: ['2', 6] })])).toEqual([])
    expect(said(acknowledgedWritesDurable(), [written, seen({ k: ['0', 4] })])).toHaveLength(1)
    expect(said(acknowledgedWritesDurable(), [written, seen({ k: ['2', 5] })])).toHaveLength(1)
    expect(said(acknowledgedWritesDurable(), [written, seen({})])).toHaveLength(1)
  })
  test('what somebody asked to be deleted may be absent; what was deleted does not come back', () => {
    const asked = at(2, { type: 'deletion.asked', key: 'k' })
    expect(said(acknowledgedWritesDurable(), [written, asked, seen({})])).toEqual([])
    const deleted = at(3, { type: 'write.acknowledged', key: 'k', index: 7, value: null })
    expect(said(acknowledgedWritesDurable(), [written, asked, deleted, seen({ k: ['1', 5] })])).toHaveLength(1)
  })
})

describe('one exclusive primary', () => {
  const first = role(1, 'a', 'c1', 'primary')

  test('an overlap in true time is seen, a quiescing one counts, another assignment does not', () => {
    expect(said(oneExclusivePrimary(), [first, role(10, 'b', 'c2', 'primary')])).toHaveLength(1)
    const quiescing = role(5, 'a', 'c1', 'quiescing')
    expect(said(oneExclusivePrimary(), [first, quiescing, role(10, 'b', 'c2', 'primary')])).toHaveLength(1)
    expect(said(oneExclusivePrimary(), [first, role(10, 'b', 'c2', 'primary', { assignment: 'other' })])).toEqual([])
    expect(said(oneExclusivePrimary(), [first, role(10, 'b', 'c2', 'primary', { isExclusive: false })])).toEqual([])
  })
  test('what ends, ends with its process or its node; in the same instant in any order', () => {
    const next = role(10, 'b', 'c2', 'primary')
    const endings: readonly ObservedEvent[] = [
      { type: 'component.ended', node: 'a', component: 'c1' },
      { type: 'node.ended', node: 'a' },
    ]
    for (const ending of endings) {
      expect(said(oneExclusivePrimary(), [first, at(10, ending), next])).toEqual([])
      expect(said(oneExclusivePrimary(), [first, next, at(10, ending)])).toEqual([])
      expect(said(oneExclusivePrimary(), [first, next, at(11, ending)])).toHaveLength(1)
    }
  })
  test('the slack is that of take-overs from nodes without a lease, the smallest', () => {
    const planned = [first, role(5, 'a', 'c1', 'spare'), role(6, 'b', 'c2', 'primary')]
    expect(judge(oneExclusivePrimary(), planned).figures).toEqual({})
    const isolated = [
      ...planned,
      nodeLease(10, 'lost', 'b'),
      role(20, 'b', 'c2', 'offline'),
      role(65, 'a', 'c1', 'primary'),
    ]
    expect(judge(oneExclusivePrimary(), isolated)).toEqual({ texts: [], figures: { takeOverSlackMinMs: 45 } })
  })
})

describe('self-stop', () => {
  const begin = [nodeLease(0, 'gained', 'a'), role(1, 'a', 'c1', 'primary'), nodeLease(100, 'lost', 'a')]

  test('a primary that acts on without a lease is seen, once', () => {
    const late = [at(400, { type: 'run.ended' }), at(500, { type: 'run.ended' })] as const
    expect(said(selfStop(selfStopOptions), [...begin, ...late])).toHaveLength(1)
    expect(said(selfStop(selfStopOptions), [...begin, role(401, 'a', 'c1', 'offline')])).toHaveLength(1)
  })
  test('one that stops in time, or whose lease came back, is well', () => {
    const stopped = judge(selfStop(selfStopOptions), [...begin, role(300, 'a', 'c1', 'offline')])
    expect(stopped.texts).toEqual([])
    expect(stopped.figures.selfStopLeftMinMs).toBeCloseTo(22.02, 1)
    expect(said(selfStop(selfStopOptions), [...begin, nodeLease(250, 'gained', 'a')])).toEqual([])
    expect(said(selfStop(selfStopOptions), [...begin, at(250, { type: 'node.ended', node: 'a' })])).toEqual([])
  })
  test('it has its time from when the lease ended, as an echo says that came too late to keep it', () => {
    const longer = [...begin, nodeLease(300, 'lost', 'a', 200)]
    expect(said(selfStop(selfStopOptions), [...longer, role(401, 'a', 'c1', 'offline')])).toEqual([])
    expect(said(selfStop(selfStopOptions), [...longer, role(501, 'a', 'c1', 'offline')])).toHaveLength(1)
  })
})

test('tokens never go back at a holder', () => {
  const taken = (atMs: number, holder: string, epoch: number, index: number) =>
    at(atMs, { type: 'token.taken', holder, token: { epoch, index } })
  const rising = [taken(1, 'c1', 2, 9), taken(2, 'c1', 2, 9), taken(3, 'c1', 3, 1), taken(4, 'c2', 1, 1)]
  expect(said(tokensNeverGoBack(), rising)).toEqual([])
  expect(said(tokensNeverGoBack(), [...rising, taken(5, 'c1', 2, 10)])).toEqual(['c1 took token 2.10 after 3.1'])
})

describe('role changes', () => {
  test('only those of R1', () => {
    const secondary = role(1, 'a', 'c1', 'secondary')
    expect(said(roleChangesAllowed(), [secondary, role(2, 'a', 'c1', 'primary'), role(3, 'a', 'c1', 'spare')])).toEqual(
      [],
    )
    const demoted = [secondary, role(2, 'a', 'c1', 'primary'), role(3, 'a', 'c1', 'secondary')]
    expect(said(roleChangesAllowed(), demoted)).toEqual(['c1 went from primary to secondary for the-work'])
    expect(said(roleChangesAllowed(), [role(1, 'a', 'c1', 'quiescing')])).toHaveLength(1)
  })
  test('a process that ended is offline', () => {
    const ended = at(2, { type: 'component.ended', node: 'a', component: 'c1' })
    const again = role(3, 'a', 'c1', 'secondary')
    expect(said(roleChangesAllowed(), [role(1, 'a', 'c1', 'primary'), ended, again])).toEqual([])
  })
})

describe('convergence', () => {
  const healed = at(100, { type: 'healed', nodes: ['a', 'b'] })
  const judged = (...stream: Observation[]) => said(convergence({ withinMs: 1000 }), [healed, ...stream])

  test('reached within the bound, late, or never', () => {
    expect(judged(at(900, converged()))).toEqual([])
    expect(judged(at(1200, converged()))).toEqual([])
    expect(judged(at(900, converged({ master: null })), at(1200, converged({ master: null })))).toHaveLength(1)
    expect(judged()).toEqual(['not converged 1000 ms after healing: nothing was seen of the cluster'])
  })
  test('each thing that can be amiss', () => {
    const amiss = (seen: ObservedEvent) => judged(at(1200, seen))[0] ?? ''
    expect(amiss(converged({ master: 'b', of: 'b' }))).toContain('masters: a of epoch 2, b of epoch 2')
    expect(amiss(converged({ master: null }))).toContain('the master is none of epoch 2')
    expect(amiss(converged({ members: ['a'] }))).toContain('a knows a')
    expect(amiss(converged({ role: 'secondary' }))).toContain('the-work has no primary')
    expect(amiss(converged({ nodes: ['a'] }))).toContain('b is not seen')
    expect(amiss(converged({ strangers: ['b is learner, not voter'] }))).toContain('b is learner, not voter')
    expect(amiss(converged({ unsettled: ['a/c1 is to be spare'] }))).toContain('a/c1 is to be spare')
    expect(amiss(converged({ wanted: 'secondary' }))).toContain('the-work is primary on a, not secondary')
  })
  test('a new fault starts the wait anew', () => {
    expect(judged(at(200, { type: 'fault.began', fault: 'cut' }))).toEqual([])
  })
})

test('a history that is not linearizable is told at the end of the run', () => {
  const ended = (atMs: number, value: string, revision: number, isRead: boolean): Observation =>
    at(atMs, {
      type: 'operation.ended',
      operation: {
        process: 'p',
        operation: isRead ? { type: 'get', key: 'k' } : { type: 'set', key: 'k', value },
        invokeMs: atMs - 1,
        returnMs: atMs,
        result: isRead ? { type: 'read', value, revision } : { type: 'written', revision },
      },
    })
  const writes = [ended(2, 'x', 1, false), ended(4, 'y', 2, false)]
  expect(said(repositoryLinearizable(), [...writes, ended(6, 'y', 2, true)])).toEqual([])
  expect(said(repositoryLinearizable(), [...writes, ended(6, 'x', 1, true)])[0]).toStartWith('not linearizable')
})
