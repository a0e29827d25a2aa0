import { describe, expect, test } from 'bun:test'
import { realClock } from '../../src/engine/clock.ts'
import { createHeartbeats } from '../../src/guard/heartbeats.ts'
import type { Heartbeat } from '../../src/wire/messages/heartbeat.ts'
import { timing } from '../support/configuration.ts'
import { DriftingWorld } from '../support/driftingWorld.ts'
import { HeartbeatCluster } from '../support/heartbeatCluster.ts'

/** Three nodes that hear each other, n1 master of epoch 1, the log empty. */
function settled(): HeartbeatCluster {
  const cluster = new HeartbeatCluster()
  cluster.run(50)
  cluster.lead('n1', 1, 'n2')
  cluster.run(50)
  cluster.take()
  return cluster
}

describe('mastership', () => {
  test('a new master has its lease after a round trip, its nodes theirs after another, without waiting for a tick', () => {
    const cluster = new HeartbeatCluster()
    cluster.run(45)
    expect(cluster.take().sort()).toEqual([
      'n1 peer.heard n2',
      'n1 peer.heard n3',
      'n2 peer.heard n1',
      'n2 peer.heard n3',
      'n3 peer.heard n1',
      'n3 peer.heard n2',
    ])
    cluster.lead('n1', 1)
    cluster.run(10)
    expect(cluster.take({ withTimes: true })).toEqual([
      '46 n2 leader.heard n1 1',
      '46 n3 leader.heard n1 1',
      '47 n1 leaderLease.gained',
      '47 n1 nodeLease.gained',
      '48 n2 nodeLease.gained',
      '48 n3 nodeLease.gained',
    ])
  })

  test('a change of vice is heard at once, and once', () => {
    const cluster = settled()
    cluster.lead('n1', 1, 'n3')
    cluster.run(100)
    expect(cluster.take()).toEqual(['n2 leader.heard n1 1', 'n3 leader.heard n1 1'])
  })

  test('what would break the leases is refused loudly', () => {
    const cluster = settled()
    const n1 = cluster.of('n1')
    expect(() => cluster.lead('n1', 0)).toThrow('epoch 0 after 1')
    expect(() => n1.setMastership({ epoch: 1, leader: 'n2', vice: null, commitIndex: 0 })).toThrow('led by n1 and n2')
    n1.setMastership({ epoch: 1, leader: null, vice: null, commitIndex: 0 })
    expect(() => cluster.lead('n1', 1)).toThrow('led twice')
  })

  test('a master that gave its lease up claims nothing more, and promises run out', () => {
    const cluster = settled()
    cluster.of('n1').dropLease()
    expect(cluster.of('n1').isLeaderLeaseValid()).toBe(false)
    // What was on its way.
    cluster.run(5)
    const promisedMs = cluster.of('n2').promiseUntilMs()
    cluster.run(100)
    expect(cluster.take()).toEqual(['n1 leaderLease.lost'])
    expect(cluster.of('n2').promiseUntilMs()).toBe(promisedMs)
    // No promise, no echo that could stand for one.
    const lastTo1 = cluster.sent.findLast(({ from, to }) => from === 'n2' && to === 'n1')
    expect(lastTo1?.heartbeat.echoes.n1).toMatchObject({ epoch: 1, leader: null })
    cluster.of('n2').releasePromise('n1')
    expect(cluster.of('n2').promiseUntilMs()).toBe(0)
  })

  test('a successor is followed, and the old master follows too', () => {
    const cluster = settled()
    cluster.of('n1').dropLease()
    cluster.lead('n2', 2)
    cluster.run(50)
    expect(cluster.take()).toEqual([
      'n1 leaderLease.lost',
      'n1 leader.heard n2 2',
      'n3 leader.heard n2 2',
      'n2 leaderLease.gained',
    ])
    expect(['n1', 'n2', 'n3'].map((name) => cluster.of(name).isNodeLeaseValid())).toEqual([true, true, true])
  })

  test('a single voter leads without asking anyone', () => {
    const cluster = new HeartbeatCluster({ names: ['n1', 'n2'], voters: ['n1'] })
    cluster.isCut = () => true
    cluster.lead('n1', 1)
    cluster.run(5000)
    expect(cluster.of('n1').isLeaderLeaseValid()).toBe(true)
    expect(cluster.of('n1').isNodeLeaseValid()).toBe(true)
    expect(cluster.take().filter((line) => line.includes('lost'))).toEqual([])
  })

  test('a voter that has just started votes for nobody while an earlier promise of it may stand', () => {
    const cluster = settled()
    cluster.isCut = () => true
    cluster.start('n2', 2)
    const { nowMs } = cluster.nodes.get('n2')!.clock
    expect(cluster.of('n2').promiseUntilMs() - nowMs()).toBeCloseTo(131.3)
  })
})

describe('silence', () => {
  test('a node that falls silent is suspected, then confirmed', () => {
    const cluster = settled()
    cluster.of('n3').stop()
    cluster.run(300)
    expect(cluster.take()).toEqual([
      'n1 peer.suspected n3',
      'n2 peer.suspected n3',
      'n1 peer.confirmedSilent n3',
      'n2 peer.confirmedSilent n3',
    ])
    expect(cluster.of('n1').aliveNodes()).toEqual(['n1', 'n2'])
  })

  test('a node cut off suspects itself first: the others see it before it sees them', () => {
    const cluster = settled()
    cluster.isCut = (from, to) => from === 'n3' || to === 'n3'
    cluster.run(1000)
    const log = cluster.take().filter((line) => /suspected|Lease/.test(line))
    expect(log).toEqual([
      'n1 peer.suspected n3',
      'n2 peer.suspected n3',
      'n3 peer.suspected n1',
      'n3 peer.suspected n2',
      'n3 nodeLease.lost',
    ])
  })

  test('a master cut off loses its lease before anyone may vote, and its node lease later', () => {
    const cluster = settled()
    cluster.isCut = (from, to) => from === 'n1' || to === 'n1'
    // What was on its way.
    cluster.run(5)
    const untilMs = cluster.of('n1').leaderLeaseUntilMs()
    for (const voter of ['n2', 'n3']) expect(cluster.of(voter).promiseUntilMs()).toBeGreaterThan(untilMs)
    cluster.run(1000)
    expect(cluster.of('n1').leaderLeaseUntilMs()).toBe(untilMs)
    expect(cluster.of('n1').isLeaderLeaseValid()).toBe(false)
    const log = cluster.take()
    expect(log.indexOf('n1 leaderLease.lost')).toBeGreaterThanOrEqual(0)
    expect(log.indexOf('n1 nodeLease.lost')).toBeGreaterThan(log.indexOf('n1 leaderLease.lost'))
    expect(cluster.of('n1').isNodeLeaseValid()).toBe(false)
  })

  test('a peer that others hear is not confirmed silent for as long as it could hold its node lease', () => {
    const cluster = settled()
    cluster.isCut = (from, to) => from === 'n3' && to === 'n1'
    cluster.run(300)
    expect(cluster.take()).toEqual(['n1 peer.suspected n3'])
    cluster.run(300)
    expect(cluster.take()).toEqual(['n3 nodeLease.lost', 'n1 peer.confirmedSilent n3'])
  })

  test('after its own stall a node sees what it received meanwhile before it judges', () => {
    const cluster = settled()
    cluster.freeze('n1')
    cluster.run(300)
    const others = cluster.take()
    expect(others.filter((line) => line.includes('confirmedSilent'))).toEqual([
      'n2 peer.confirmedSilent n1',
      'n3 peer.confirmedSilent n1',
    ])
    cluster.thaw('n1')
    expect(cluster.of('n1').isLeaderLeaseValid()).toBe(false)
    cluster.run(300)
    expect(cluster.take().filter((line) => line.includes('peer.suspected'))).toEqual([])
  })

  test('a node that stalls is late, not all the others: with nothing received the deadlines move', () => {
    const cluster = settled()
    cluster.freeze('n1')
    cluster.isCut = (_, to) => to === 'n1'
    cluster.run(90)
    cluster.thaw('n1')
    cluster.isCut = () => false
    cluster.run(300)
    expect(cluster.take().filter((line) => line.startsWith('n1 peer'))).toEqual([])
  })

  test('a peer that comes back is granted nothing until it counts as alive again', () => {
    const cluster = settled()
    cluster.isCut = (from, to) => from === 'n3' || to === 'n3'
    cluster.run(700)
    cluster.take()
    cluster.isCut = () => false
    cluster.run(60)
    const grantsTo3 = () =>
      cluster.sent.filter(({ from, to, heartbeat }) => from === 'n1' && to === 'n3' && heartbeat.echoes.n3?.granting)
    cluster.sent.length = 0
    cluster.run(30)
    expect(cluster.take().filter((line) => line.startsWith('n1'))).toEqual([])
    expect(grantsTo3()).toEqual([])
    cluster.run(100)
    expect(cluster.take().filter((line) => !line.startsWith('n2'))).toEqual([
      'n3 peer.heard n1',
      'n3 peer.heard n2',
      'n1 peer.heard n3',
      'n3 nodeLease.gained',
    ])
    expect(grantsTo3().length).toBeGreaterThan(0)
  })

  test('the wait for isolation counts from when the silence began or, if later, from the mastership', () => {
    const waits: Record<string, { silentForMs: number; waitedMs: number }> = {}
    const cluster = new HeartbeatCluster({
      onEvent: (node, event) => {
        if (event.type === 'peer.confirmedSilent' && event.node === 'n3') waits[node] = event
      },
    })
    cluster.run(100)
    cluster.of('n3').stop()
    cluster.run(60)
    cluster.lead('n1', 1)
    cluster.run(300)
    expect(waits.n2!.waitedMs).toBe(waits.n2!.silentForMs)
    expect(waits.n1!.silentForMs - waits.n1!.waitedMs).toBeGreaterThanOrEqual(50)
  })
})

describe('lives', () => {
  test('a life that is known to have ended is not heard any more, a later one is', () => {
    const cluster = settled()
    expect(cluster.of('n1').ended('n3', 1)).toBe(true)
    cluster.run(200)
    expect(cluster.take().filter((line) => line.startsWith('n1'))).toEqual([])
    expect(cluster.of('n1').aliveNodes()).toEqual(['n1', 'n2'])
    cluster.start('n3', 2)
    cluster.run(30)
    expect(cluster.take().filter((line) => line.startsWith('n1'))).toEqual(['n1 peer.heard n3'])
    expect(cluster.of('n1').ended('n3', 1)).toBe(false)
    expect(cluster.of('n1').aliveNodes()).toEqual(['n1', 'n2', 'n3'])
  })

  test('evidence that names no life proves nothing against a peer that is being heard', () => {
    const cluster = settled()
    expect(cluster.of('n1').ended('n3', null)).toBe(false)
    cluster.of('n3').stop()
    cluster.run(130)
    expect(cluster.of('n1').ended('n3', null)).toBe(true)
    cluster.take()
    cluster.run(300)
    expect(cluster.take().filter((line) => line.startsWith('n1'))).toEqual([])
  })

  test('echoes of an earlier life, overtaken heartbeats and strangers give nothing', () => {
    const world = new DriftingWorld(1)
    const clock = world.clock({ offsetMs: 5000 })
    const events: string[] = []
    const n1 = createHeartbeats({
      self: 'n1',
      incarnation: 7,
      peers: ['n2'],
      voters: ['n1', 'n2'],
      timing,
      clock,
      send: () => {},
      onEvent: ({ type }) => events.push(type),
      turn: (callback) => callback(),
    })
    n1.start()
    n1.setMastership({ epoch: 3, leader: 'n1', vice: null, commitIndex: 0 })
    const beat = (sentAtMs: number, incarnation: number, echoedMs = clock.nowMs()): Heartbeat => ({
      type: 'heartbeat',
      epoch: 3,
      leader: 'n1',
      vice: null,
      sentAtMs,
      echoes: { n1: { sentAtMs: echoedMs, incarnation, epoch: 3, leader: 'n1', granting: false } },
      hears: {},
      commitIndex: 0,
      progress: 0,
    })
    n1.receive('n9', beat(1, 7), { incarnation: 1 })
    n1.receive('n2', beat(100, 6), { incarnation: 4 })
    n1.receive('n2', beat(101, 7, clock.nowMs() + 1), { incarnation: 4 })
    n1.receive('n2', beat(99, 7), { incarnation: 4 })
    n1.receive('n2', beat(102, 7), { incarnation: 3 })
    expect(n1.leaderLeaseUntilMs()).toBe(0)
    expect(events).toEqual(['peer.heard'])
    n1.receive('n2', beat(103, 7), { incarnation: 4 })
    expect(n1.leaderLeaseUntilMs()).toBeCloseTo(5000 + 128.7)
    expect(events).toEqual(['peer.heard', 'leaderLease.gained', 'nodeLease.gained'])
    n1.stop()
  })
})

test('with the real clock and event loop too', async () => {
  const gained = Promise.withResolvers<void>()
  const [n1, n2] = ['n1', 'n2'].map((self, index) =>
    createHeartbeats({
      self,
      incarnation: 1,
      peers: [index === 0 ? 'n2' : 'n1'],
      voters: ['n1', 'n2'],
      timing,
      clock: realClock,
      send: (to, heartbeat) =>
        setImmediate(() => (to === 'n1' ? n1 : n2)!.receive(self, heartbeat, { incarnation: 1 })),
      onEvent: (event) => {
        if (event.type === 'peer.heard') (self === 'n1' ? n1 : n2)!.accept(event.node, event)
        if (event.type === 'leader.heard') n2!.setMastership({ ...event, commitIndex: 0 })
        if (self === 'n2' && event.type === 'nodeLease.gained') gained.resolve()
      },
    }),
  )
  n1!.start()
  n2!.start()
  n1!.setMastership({ epoch: 1, leader: 'n1', vice: null, commitIndex: 0 })
  await gained.promise
  n1!.stop()
  n2!.stop()
  expect(n1!.aliveNodes()).toEqual(['n1', 'n2'])
})

test('a heartbeat stays small: it echoes only its recipient, and names only whom it hears', () => {
  const cluster = settled()
  for (const { to, heartbeat } of cluster.sent.slice(-12)) {
    expect(Object.keys(heartbeat.echoes)).toEqual([to])
    expect(Object.keys(heartbeat.hears).length).toBe(2)
  }
})
