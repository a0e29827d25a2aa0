import { beforeEach, expect, test } from 'bun:test'
import type { GuardClient, LeaseReport } from '../../src/guard/client.ts'
import { GuardSight } from '../../src/node/sightGuard.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'

let world: DriftingWorld
let sight: GuardSight
/** What the guard was told, and what the node was. */
let log: string[]
let isGuardAlive: boolean

beforeEach(() => {
  world = new DriftingWorld(1)
  log = []
  isGuardAlive = true
  const guard: Partial<GuardClient> = {
    isGuardAlive: () => isGuardAlive,
    setMastership: ({ epoch, leader }) => void log.push(`> mastership ${leader} ${epoch}`),
    dropLease: (epoch) => void log.push(`> drop ${epoch}`),
    askPromise: ({ id, epoch, exempt }) => void log.push(`> ask ${id} ${epoch} ${exempt}`),
    accept: ({ node, returnCount }) => void log.push(`> accept ${node} ${returnCount}`),
  }
  sight = new GuardSight({
    self: 'n1',
    clock: world.clock(),
    defer: (callback) => void world.after(0, callback),
    guard: () => guard as GuardClient,
    onEvent: ({ type }) => log.push(type),
    onLeaseDropped: () => log.push('dropped'),
  })
})

const report = (of: Partial<LeaseReport>): LeaseReport => ({
  epoch: 1,
  leaderUntilMs: null,
  nodeUntilMs: null,
  selfStopMs: 500,
  isPromised: false,
  alive: ['n1'],
  stalled: [],
  linkHeardMs: null,
  ...of,
})
const lead = (epoch: number) => sight.setMastership({ epoch, leader: 'n1', vice: null, commitIndex: 0 })
const take = () => log.splice(0)

test('before anything is reported nothing is known, and no lease is there', () => {
  expect([sight.isLeaderLeaseValid(), sight.isNodeLeaseValid(), sight.leaderLeaseUntilMs()]).toEqual([false, false, 0])
  expect([sight.aliveNodes(), sight.linkHeardMs('n2', 0), sight.isLeaseDropped()]).toEqual([['n1'], null, false])
})

test('leases are gained by a report, and lost by the own clock when no other comes', () => {
  lead(1)
  sight.onLeaseReport(report({ leaderUntilMs: 100, nodeUntilMs: 400 }))
  expect(take()).toEqual(['> mastership n1 1', 'nodeLease.gained', 'leaderLease.gained'])
  world.run(99)
  expect(sight.isLeaderLeaseValid()).toBe(true)
  world.run(150)
  expect([sight.isLeaderLeaseValid(), sight.isNodeLeaseValid(), take()]).toEqual([false, true, ['leaderLease.lost']])
  world.run(450)
  expect([sight.isNodeLeaseValid(), take()]).toEqual([false, ['nodeLease.lost']])
})

test('no lease counts once the guard has gone, however long it was to last', () => {
  lead(1)
  sight.onLeaseReport(report({ leaderUntilMs: 100, nodeUntilMs: 400 }))
  expect([sight.isLeaderLeaseValid(), sight.isNodeLeaseValid()]).toEqual([true, true])
  isGuardAlive = false
  expect([sight.isLeaderLeaseValid(), sight.isNodeLeaseValid()]).toEqual([false, false])
})

test('a lease that is renewed in time raises nothing', () => {
  lead(1)
  for (let atMs = 0; atMs < 1000; atMs += 20) {
    world.run(atMs)
    sight.onLeaseReport(report({ leaderUntilMs: atMs + 100, nodeUntilMs: atMs + 400 }))
  }
  expect(take()).toEqual(['> mastership n1 1', 'nodeLease.gained', 'leaderLease.gained'])
})

test('a process that was late reads what was reported meanwhile before it judges', () => {
  lead(1)
  sight.onLeaseReport(report({ leaderUntilMs: 100, nodeUntilMs: 400 }))
  take()
  world.after(100, () => sight.onLeaseReport(report({ leaderUntilMs: 200, nodeUntilMs: 500 })))
  world.run(150)
  expect(take()).toEqual([])
})

test('the leader lease of another epoch, or of one that was given up, is none', () => {
  lead(1)
  sight.onLeaseReport(report({ leaderUntilMs: 100 }))
  take()
  sight.dropLease()
  expect([sight.isLeaderLeaseValid(), sight.isLeaseDropped(), take()]).toEqual([
    false,
    false,
    ['> drop 1', 'leaderLease.lost'],
  ])
  // Sent by the guard before it took the order.
  sight.onLeaseReport(report({ leaderUntilMs: 120 }))
  expect(sight.isLeaderLeaseValid()).toBe(false)
  sight.onLeaseDropped(1)
  expect([sight.isLeaseDropped(), take()]).toEqual([true, ['dropped']])
  lead(2)
  sight.onLeaseReport(report({ leaderUntilMs: 120 }))
  expect([sight.isLeaseDropped(), sight.isLeaderLeaseValid()]).toEqual([false, false])
  sight.onLeaseReport(report({ epoch: 2, leaderUntilMs: 120 }))
  expect(sight.isLeaderLeaseValid()).toBe(true)
  sight.setMastership({ epoch: 2, leader: null, vice: null, commitIndex: 0 })
  expect(sight.isLeaderLeaseValid()).toBe(false)
})

test('answers find their questions; one without an answer is given up when too many are open', () => {
  const answers: string[] = []
  const ask = (name: string) =>
    sight.askPromise({ epoch: 2, exempt: null }, ({ nowMs, promiseUntilMs }) =>
      answers.push(`${name} ${promiseUntilMs <= nowMs ? 'free' : promiseUntilMs}`),
    )
  ask('a')
  ask('b')
  sight.onPromiseAnswer({ id: 2, untilMs: 70 })
  sight.onPromiseAnswer({ id: 1, untilMs: null })
  sight.onPromiseAnswer({ id: 1, untilMs: null })
  expect(answers).toEqual(['b 70', 'a free'])
  for (let count = 0; count < 257; count += 1) ask('c')
  sight.onPromiseAnswer({ id: 3, untilMs: null })
  sight.onPromiseAnswer({ id: 4, untilMs: null })
  expect(answers.slice(2)).toEqual(['c free'])
})
