import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  clockDrift,
  dropped,
  echoed,
  followedSinceMs,
  isolatingSinceMs,
  isolationWaitMs,
  leaderLeaseUntilMs,
  leading,
  nodeLeaseUntilMs,
  promiseAtStart,
  promised,
  released,
} from '../../../machines/logic/lease.ts'
import { timing } from '../../support/configuration.ts'
import { LeaseModel } from '../../support/leaseModel.ts'

const three = { self: 'n1', voters: ['n1', 'n2', 'n3'] }
const echo = (sentAtMs: number, of: { epoch?: number; leader?: string | null } = {}) => ({
  sentAtMs,
  epoch: 4,
  leader: 'n1',
  ...of,
})

test('a promise grows with each heartbeat of the leader, and never shrinks', () => {
  const first = promised(promiseAtStart(0, timing), { leader: 'n1', receivedAtMs: 1000 }, timing)
  expect(first.untilMs).toBeCloseTo(1000 + 131.3)
  expect(promised(first, { leader: 'n1', receivedAtMs: 1020 }, timing).untilMs).toBeCloseTo(1151.3)
  expect(promised(first, { leader: 'n1', receivedAtMs: 900 }, timing).untilMs).toBe(first.untilMs)
})

test('a voter that has just started keeps the promises it may have made', () => {
  const atStart = promiseAtStart(500, timing)
  expect(atStart.untilMs).toBeCloseTo(631.3)
  expect(released(atStart, 'n1')).toEqual(atStart)
})

test('only the leader it was made to can be out of the way', () => {
  const promise = promised(promiseAtStart(0, timing), { leader: 'n1', receivedAtMs: 1000 }, timing)
  expect(released(promise, 'n2')).toEqual(promise)
  expect(released(promise, 'n1').untilMs).toBe(Number.NEGATIVE_INFINITY)
})

test('the leader lease counts from the send time a quorum has echoed', () => {
  let lease = leading(4)
  const untilMs = () => leaderLeaseUntilMs(followedSinceMs(lease, { ...three, nowMs: 1100 }), timing)
  expect(untilMs()).toBe(Number.NEGATIVE_INFINITY)
  lease = echoed(lease, { ...three, voter: 'n2', echo: echo(1000) })
  expect(untilMs()).toBeCloseTo(1000 + 128.7)
  lease = echoed(lease, { ...three, voter: 'n3', echo: echo(1020) })
  expect(untilMs()).toBeCloseTo(1020 + 128.7)
  lease = echoed(lease, { ...three, voter: 'n3', echo: echo(1010) })
  expect(untilMs()).toBeCloseTo(1020 + 128.7)
})

test('echoes of another epoch or of another leader count for nothing, those of learners as soon as they are voters', () => {
  const lease = leading(4)
  for (const [voter, stray] of [
    ['n2', echo(1000, { epoch: 3 })],
    ['n2', echo(1000, { epoch: 5 })],
    ['n2', echo(1000, { leader: 'n3' })],
    ['n2', echo(1000, { leader: null })],
  ] as const) {
    expect(echoed(lease, { ...three, voter, echo: stray })).toBe(lease)
  }
  const learned = echoed(lease, { ...three, voter: 'n9', echo: echo(1000) })
  expect(followedSinceMs(learned, { ...three, nowMs: 1100 })).toBe(Number.NEGATIVE_INFINITY)
  expect(followedSinceMs(learned, { self: 'n1', voters: ['n1', 'n9'], nowMs: 1100 })).toBe(1000)
})

test('of four voters two must echo, of five two, of two one; a single one follows itself', () => {
  const sinceMs = (voters: string[], echoes: number[]) => {
    const who = { self: 'n1', voters }
    const lease = echoes.reduce(
      (l, sentAtMs, i) => echoed(l, { ...who, voter: `n${i + 2}`, echo: echo(sentAtMs) }),
      leading(4),
    )
    return followedSinceMs(lease, { ...who, nowMs: 2000 })
  }
  expect(sinceMs(['n1', 'n2', 'n3', 'n4'], [1000])).toBe(Number.NEGATIVE_INFINITY)
  expect(sinceMs(['n1', 'n2', 'n3', 'n4'], [1000, 900])).toBe(900)
  expect(sinceMs(['n1', 'n2', 'n3', 'n4', 'n5'], [1000, 800, 900])).toBe(900)
  expect(sinceMs(['n1', 'n2'], [])).toBe(Number.NEGATIVE_INFINITY)
  expect(sinceMs(['n1', 'n2'], [1000])).toBe(1000)
  expect(sinceMs(['n1'], [])).toBe(2000)
})

test('a lease given up stays given up in its epoch, whatever is echoed', () => {
  const lease = echoed(dropped(echoed(leading(4), { ...three, voter: 'n2', echo: echo(1000) })), {
    ...three,
    voter: 'n3',
    echo: echo(1040),
  })
  expect(followedSinceMs(lease, { ...three, nowMs: 1050 })).toBe(Number.NEGATIVE_INFINITY)
})

test('a node lease ends before its holder is waited for', () => {
  expect(nodeLeaseUntilMs(1000, timing)).toBeCloseTo(1396)
  expect(isolationWaitMs(timing)).toBeCloseTo(404 + 510.1 + 250)
  expect(isolatingSinceMs({ heardAtMs: 1000, acquiredAtMs: null })).toBe(1000)
  expect(isolatingSinceMs({ heardAtMs: 1000, acquiredAtMs: 900 })).toBe(1000)
  expect(isolatingSinceMs({ heardAtMs: 1000, acquiredAtMs: 1100 })).toBe(1100)
})

test('at the worst drift a promise still outlasts the lease it stands for, and the wait the lease and the stop', () => {
  const slow = 1 - clockDrift
  const fast = 1 + clockDrift
  const lease = echoed(leading(4), { ...three, voter: 'n2', echo: echo(0) })
  const leaseMs = leaderLeaseUntilMs(followedSinceMs(lease, { ...three, nowMs: 0 }), timing) / slow
  const promiseMs = promised(promiseAtStart(-1000, timing), { leader: 'n1', receivedAtMs: 0 }, timing).untilMs / fast
  expect(promiseMs - leaseMs).toBeGreaterThan(-1e-9)
  const actsMs = (nodeLeaseUntilMs(0, timing) + timing.selfStopMs) / slow
  expect(isolationWaitMs({ ...timing, takeOverMarginMs: 0 }) / fast - actsMs).toBeGreaterThan(-1e-9)
})

test('drifting clocks, lost and late letters, freezes and restarts: never two leaders, never an early take-over', () => {
  const counts = { mastership: 0, leaderLease: 0, nodeLease: 0, isolation: 0 }
  const options = fc.record({
    seed: fc.integer(),
    voterCount: fc.constantFrom(2, 3, 3, 4, 5),
    lossRate: fc.constantFrom(0, 0.1, 0.4),
    delayMaxMs: fc.constantFrom(5, 100, 600),
    campaignEveryMs: fc.constantFrom(60, 300, 3000),
    durationMs: fc.constant(4000),
  })
  fc.assert(
    fc.property(options, (drawn) => {
      const model = new LeaseModel(drawn)
      model.run()
      for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += model.counts[key]
    }),
    { numRuns: 60 },
  )
  // The model is not safe for being idle.
  expect(counts.mastership).toBeGreaterThan(60)
  expect(Math.min(counts.leaderLease, counts.nodeLease, counts.isolation)).toBeGreaterThan(1000)
})
