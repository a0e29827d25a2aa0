/** What a guard decides, in simulated time: no process, socket or clock of the machine is touched. */
import { beforeEach, expect, test } from 'bun:test'
import { type LeaseTiming, leaseTimingOf } from '../../machines/logic/lease.ts'
import { exitCodes } from '../../src/guard/exitCodes.ts'
import type { GuardFrame } from '../../src/guard/protocol.ts'
import { restartCountMax } from '../../src/guard/restartLimit.ts'
import { configuration } from '../support/configuration.ts'
import { GuardWorld, type SimulatedGuard } from '../support/guardWorld.ts'

let world: GuardWorld
let n1: SimulatedGuard
let n2: SimulatedGuard

const three = configuration()

/** n1 leads in epoch 1, all follow; n3 is not there. */
beforeEach(async () => {
  world = new GuardWorld()
  n1 = world.add('n1', three)
  n2 = world.add('n2', three)
  await world.run(60)
})

function lead(): Promise<void> {
  for (const { life } of [n1, n2])
    life.say({ type: 'mastership.set', epoch: 1, leader: 'n1', vice: null, commitIndex: 0 })
  for (const [guard, node] of [
    [n1, 'n2'],
    [n2, 'n1'],
  ] as const) {
    const heard = events(guard, 'peer.heard').at(-1)!
    guard.life.say({ ...heard, type: 'peer.accepted', node } as never)
  }
  return world.run(60)
}

function frames<Type extends GuardFrame['type']>({ life }: SimulatedGuard, type: Type) {
  return life.frames.filter((frame) => frame.type === type) as Extract<GuardFrame, { type: Type }>[]
}

function events(guard: SimulatedGuard, type: string): { incarnation?: number; returnCount?: number }[] {
  return frames(guard, 'heartbeat.event').flatMap(({ event }) => {
    if (event.type !== type) return []
    const { type: _, node: __, ...rest } = event as { type: string; node?: string }
    return [rest]
  })
}

const report = (guard: SimulatedGuard) => frames(guard, 'lease.report').at(-1)!

function spawn(guard: SimulatedGuard, component: string, isExclusive = true): Promise<void> {
  guard.life.say({
    type: 'component.spawn',
    component,
    task: null,
    incarnation: 1,
    command: ['program'],
    environment: {},
    workingDirectory: null,
    isExclusive,
  })
  guard.life.say({ type: 'component.active', component, incarnation: 1, isActive: true })
  return world.run(2)
}

test('peers hear each other only once their node processes take part', async () => {
  expect(report(n1).alive).toEqual(['n1', 'n2'])
  expect(events(n1, 'peer.heard')).toEqual([{ incarnation: 1, returnCount: 1 }])
})

test('leases are reported to master and others, at least every 100 ms, and grow', async () => {
  await lead()
  const nowMs = 1000 + world.time.nowMs
  expect(report(n1).leaderUntilMs!).toBeGreaterThan(nowMs)
  expect(report(n1).nodeUntilMs!).toBeGreaterThan(nowMs + 300)
  expect(report(n2).leaderUntilMs).toBeNull()
  expect(report(n2).nodeUntilMs!).toBeGreaterThan(nowMs + 250)
  expect(report(n2).isPromised).toBe(true)
  n2.life.frames.length = 0
  await world.run(1000)
  expect(frames(n2, 'lease.report').length).toBeWithin(10, 40)
})

test('a vote is asked for, a lease is dropped and confirmed, and the promise to who dropped it does not bind', async () => {
  await lead()
  n2.life.say({ type: 'promise.ask', id: 1, epoch: 2, exempt: null })
  n2.life.say({ type: 'promise.ask', id: 2, epoch: 2, exempt: 'n1' })
  n1.life.say({ type: 'lease.drop', epoch: 1 })
  await world.run(2)
  expect(frames(n2, 'promise.answer').map(({ id, untilMs }) => [id, untilMs === null])).toEqual([
    [1, false],
    [2, true],
  ])
  expect(frames(n1, 'lease.dropped')).toEqual([{ type: 'lease.dropped', epoch: 1 }])
  const dropped = n1.life.frames.findIndex(({ type }) => type === 'lease.dropped')
  const last = n1.life.frames.slice(0, dropped).findLast(({ type }) => type === 'lease.report')
  expect(last).toMatchObject({ leaderUntilMs: null })
})

test('evidence of an end: the heartbeats first, then the promise, then the node process', async () => {
  await lead()
  n2.evidence({ node: 'n1', incarnation: 1, how: 'closed' })
  const [before, last] = n2.life.frames.slice(-2)
  expect(before).toMatchObject({ type: 'lease.report', alive: ['n2'], isPromised: false })
  expect(last).toEqual({ type: 'peer.ended', node: 'n1', incarnation: 1, how: 'closed' })
  n2.life.say({ type: 'promise.ask', id: 1, epoch: 2, exempt: null })
  // What still comes of that life is not heard, and the same evidence again is no news.
  n2.evidence({ node: 'n1', incarnation: 0, how: 'closed' })
  await world.run(100)
  expect(frames(n2, 'promise.answer')).toEqual([{ type: 'promise.answer', id: 1, untilMs: null }])
  expect([report(n2).alive, frames(n2, 'peer.ended').length]).toEqual([['n2'], 1])
})

test('a node process that stops counting is killed with its components, then the others are told, then it is started again', async () => {
  await spawn(n1, 'n1/it', false)
  n1.life.isTurning = false
  await world.run(1400)
  expect([n1.lives.length, n1.groups.size]).toEqual([1, 1])
  await world.run(800)
  expect([n1.lives.length, n1.groups.size]).toEqual([2, 0])
  expect(n1.told.map((line) => line.replace(/^\d+ /, ''))).toEqual(['alive 1', 'ended', 'alive 2'])
  // It takes part again, as another life, which has to be accepted anew.
  await world.run(300)
  expect(events(n2, 'peer.heard').at(-1)).toEqual({ incarnation: 2, returnCount: 2 })
})

test('the next life that takes part is told, once, how those before it ended', async () => {
  expect(frames(n1, 'guard.notes')).toEqual([])
  n1.life.isTurning = false
  await world.run(4000)
  const hung = expect.objectContaining({ code: 'node.hung', incarnation: 1, silentForMs: expect.any(Number) })
  const ended = expect.objectContaining({
    code: 'node.ended',
    incarnation: 1,
    pid: expect.any(Number),
    signal: 'SIGKILL',
  })
  expect(frames(n1, 'guard.notes').map(({ notes }) => notes)).toEqual([[hung, ended]])
  n1.life.end(71)
  await world.run(4000)
  const again = expect.objectContaining({ code: 'node.ended', incarnation: 2, exitCode: 71, signal: null })
  expect(frames(n1, 'guard.notes').map(({ notes }) => notes)).toEqual([[again]])
})

test('a node process that never begins to count is not waited for for ever', async () => {
  const slow = world.add('n3', three)
  await world.run(1)
  slow.life.isTurning = false
  await world.run(59_000)
  expect(slow.lives.length).toBe(1)
  await world.run(7000)
  expect(slow.lives.length).toBe(2)
})

test('an order to act that reaches it after the lease is over is not obeyed: another may act by now (SPEC E5)', async () => {
  await lead()
  n2.life.end(1)
  await world.run(500)
  const active = { component: 'n1/it', incarnation: 1, isActive: true }
  n1.life.say({ type: 'component.active', ...active })
  await spawn(n1, 'n1/it')
  expect(frames(n1, 'component.startFailed').map(({ code }) => code)).toEqual(['lease.lost'])
  // What does not act yet may be started.
  n1.life.say({ type: 'component.active', ...active, isActive: false })
  n1.life.frames.length = 0
  await spawn(n1, 'n1/it')
  expect([frames(n1, 'component.startFailed').length, n1.groups.size]).toEqual([0, 1])
})

test('while something of a component is left, nobody is told that this life has ended', async () => {
  await spawn(n1, 'n1/it')
  n1.isStubborn = true
  n1.life.end(1)
  await world.run(15_000)
  expect(n1.told.map((line) => line.replace(/^\d+ /, ''))).toEqual(['alive 1'])
  n1.letGo()
  await world.run(15_000)
  expect(n1.told.length).toBe(3)
})

test('exclusive primaries are killed when the guard knows the lease to be over for selfStop, whatever the node process says', async () => {
  await lead()
  await spawn(n1, 'n1/it')
  await spawn(n1, 'n1/shared', false)
  await world.run(1000)
  expect(n1.groups.size).toBe(2)
  n2.life.end(1)
  world.guards.delete('n2')
  await world.run(800)
  expect(n1.groups.size).toBe(2)
  await world.run(200)
  expect([...n1.groups.values()].map(({ source }) => source.component)).toEqual(['n1/shared'])
})

test('a node process that ends again and again is given up, and one that is wrongly configured at once', async () => {
  for (let count = 0; count <= restartCountMax; count += 1) {
    expect(n1.exitCode).toBeNull()
    n1.life.end(1)
    await world.run(2500)
  }
  expect(n1.exitCode).toBe(exitCodes.nodeProcessFailed)
  n2.life.end(exitCodes.configuration)
  await world.run(10)
  expect(n2.exitCode).toBe(exitCodes.configuration)
})

test('the cluster changes: the guard watches others from then on', async () => {
  await lead()
  const { nodes, timing } = three
  const links = Object.fromEntries(Object.entries(nodes).map(([node, { links }]) => [node, [...links]]))
  n1.life.say({
    type: 'configure',
    nodes: { n1: links.n1!, n3: links.n3! },
    voters: ['n1', 'n3'],
    timing: { ...timing },
    holding: leaseTimingOf(timing),
  })
  await world.run(200)
  expect(n1.told.at(-1)).toEndWith('peers n3')
  expect(report(n1).alive).toEqual(['n1'])
})

const words = (guard: SimulatedGuard, changed: Partial<LeaseTiming>, held: Partial<LeaseTiming> = changed): void => {
  const { nodes, timing } = three
  guard.life.say({
    type: 'configure',
    nodes: Object.fromEntries(Object.entries(nodes).map(([node, { links }]) => [node, [...links]])),
    voters: ['n1', 'n2', 'n3'],
    timing: { ...timing, ...changed },
    holding: { ...leaseTimingOf(timing), ...held },
  })
}

test('a lease that becomes shorter is reported before the guard says that it goes by it', async () => {
  await lead()
  const longMs = report(n2).nodeUntilMs! - (1000 + world.time.nowMs)
  n2.life.frames.length = 0
  words(n2, {}, { nodeLeaseMs: 100 })
  await world.run(1)
  const answered = n2.life.frames.findIndex(({ type }) => type === 'configured')
  const last = n2.life.frames.slice(0, answered).findLast(({ type }) => type === 'lease.report')
  expect(last).toMatchObject({ type: 'lease.report' })
  const shortMs = (last as { nodeUntilMs: number }).nodeUntilMs - (1000 + world.time.nowMs)
  expect([longMs > 250, shortMs < 100]).toEqual([true, true])
})

test('a lease that becomes longer counts from heartbeats sent from then on: one that is over stays over', async () => {
  await lead()
  n1.life.end(1)
  await world.run(500)
  expect(report(n2).nodeUntilMs!).toBeLessThan(1000 + world.time.nowMs)
  words(n2, { nodeLeaseMs: 5000, selfStopMs: 2000 })
  await world.run(5)
  expect(report(n2).nodeUntilMs!).toBeLessThan(1000 + world.time.nowMs)
  expect(report(n2).selfStopMs).toBe(500)
})

test('with a shorter time for stopping, what is over it is killed at once', async () => {
  await lead()
  await spawn(n2, 'n2/it')
  n1.core.interrupt()
  await world.run(500)
  expect(n2.groups.size).toBe(1)
  words(n2, {}, { selfStopMs: 20, nodeLeaseMs: 100 })
  await world.run(2)
  expect(n2.groups.size).toBe(0)
})

test('a guard that starts goes by its file until it is told, and then promises by the longer lease', async () => {
  const n3 = world.add('n3', three)
  await world.run(10)
  words(n3, { leaderLeaseMs: 3000 }, {})
  n3.life.say({ type: 'promise.ask', id: 1, epoch: 2, exempt: null })
  await world.run(500)
  n3.life.say({ type: 'promise.ask', id: 2, epoch: 2, exempt: null })
  await world.run(3000)
  n3.life.say({ type: 'promise.ask', id: 3, epoch: 2, exempt: null })
  await world.run(2)
  expect(frames(n3, 'promise.answer').map(({ untilMs }) => untilMs === null)).toEqual([false, false, true])
  // The next life of the node process begins with what the guard was told last.
  n3.life.end(1)
  await world.run(1500)
  n3.life.say({ type: 'promise.ask', id: 4, epoch: 3, exempt: null })
  await world.run(2)
  expect(frames(n3, 'promise.answer').map(({ untilMs }) => untilMs === null)).toEqual([false])
})

test('leaving: in order, at the limit by force, and at once when interrupted', async () => {
  n1.core.leave()
  expect(n1.life.frames.at(-1)).toEqual({ type: 'node.leave' })
  n1.life.say({ type: 'node.left' })
  await world.run(10)
  expect(n1.exitCode).toBe(exitCodes.left)
  n2.core.leave()
  await world.run(10_100)
  expect(n2.exitCode).toBe(exitCodes.leaveTimedOut)
  const n3 = world.add('n3', three)
  await world.run(10)
  n3.core.leave()
  n3.core.interrupt()
  await world.run(10)
  expect(n3.exitCode).toBe(exitCodes.interrupted)
})

test('a node that was removed has an exit code of its own, also where it was asked to leave meanwhile', async () => {
  n1.life.say({ type: 'node.left', isRemoved: true })
  n2.core.leave()
  n2.life.say({ type: 'node.left', isRemoved: true })
  await world.run(10)
  expect([n1.exitCode, n2.exitCode]).toEqual([exitCodes.removed, exitCodes.removed])
})

test('the watchdog is fed while the node is well, and not while something acts that must not', async () => {
  let fedCount = 0
  const log: string[] = []
  const watchdog = { feed: () => ++fedCount > 0, close: () => void log.push('disarmed') }
  const n3 = world.add('n3', three, watchdog)
  await world.run(5000)
  expect(fedCount).toBeWithin(5, 7)
  // Active without a lease, and nothing can end it.
  await spawn(n3, 'n3/it')
  n3.isStubborn = true
  fedCount = 0
  await world.run(5000)
  expect(fedCount).toBe(0)
  n3.letGo()
  await world.run(10_000)
  expect(fedCount).toBeGreaterThan(3)
  n3.core.leave()
  n3.life.say({ type: 'node.left' })
  await world.run(10)
  expect(log).toEqual(['disarmed'])
})
