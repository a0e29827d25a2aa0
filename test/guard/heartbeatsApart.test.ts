/** Heartbeats whose machines run in another process: what is followed, asked and acknowledged there comes a little later. */
import { expect, test } from 'bun:test'
import { timing } from '../support/configuration.ts'
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

/** Claims are followed when the test says so. */
function slow(): HeartbeatCluster {
  const cluster = new HeartbeatCluster({ isSlow: true })
  cluster.run(50)
  cluster.lead('n1', 1)
  return cluster
}
const followed = { epoch: 1, leader: 'n1', vice: null, commitIndex: 0 }

test('a claim that is followed late is promised to and answered at once, without waiting for the next heartbeat', () => {
  const cluster = slow()
  cluster.run(3)
  expect(cluster.of('n2').promiseUntilMs()).toBeLessThan(cluster.nodes.get('n2')!.clock.nowMs() + 130)
  cluster.take()
  cluster.of('n2').setMastership(followed)
  cluster.run(4)
  expect(cluster.take()).toEqual([
    'n1 leaderLease.gained',
    'n1 nodeLease.gained',
    'n2 nodeLease.gained',
    'n3 nodeLease.gained',
  ])
})

test('a claim that was given up before it was followed is not promised to', () => {
  const cluster = slow()
  cluster.run(3)
  cluster.of('n1').dropLease()
  cluster.run(30)
  cluster.of('n2').setMastership(followed)
  cluster.run(30)
  const lastTo1 = cluster.sent.findLast(({ from, to }) => from === 'n2' && to === 'n1')
  expect(lastTo1?.heartbeat.echoes.n1).toMatchObject({ leader: null })
})

test('who is told that it may vote promises nothing more in an earlier epoch, but does in a later one', () => {
  const cluster = settled()
  const { heartbeats: n2, clock } = cluster.nodes.get('n2')!
  expect(n2.askPromise({ epoch: 2, exempt: null })).toBeGreaterThan(clock.nowMs())
  cluster.isCut = (from) => from === 'n1'
  cluster.run(200)
  // A question, as of a pre-vote, changes nothing.
  expect(n2.askPromise({ epoch: 0, exempt: null })).toBeNull()
  cluster.isCut = () => false
  cluster.run(50)
  expect(n2.promiseUntilMs()).toBeGreaterThan(clock.nowMs())
  cluster.isCut = (from) => from === 'n1'
  cluster.run(200)
  expect(n2.askPromise({ epoch: 2, exempt: null })).toBeNull()
  cluster.isCut = () => false
  cluster.run(300)
  expect(n2.promiseUntilMs()).toBeLessThan(clock.nowMs())
  cluster.of('n1').setMastership({ epoch: 2, leader: null, vice: null, commitIndex: 0 })
  cluster.lead('n3', 2)
  cluster.run(50)
  expect(n2.promiseUntilMs()).toBeGreaterThan(clock.nowMs())
})

test('a promise to the leader that hands over does not bind; nor does the own lease, once dropped', () => {
  const cluster = settled()
  const n1 = cluster.of('n1')
  expect(n1.askPromise({ epoch: 2, exempt: 'n1' })).not.toBeNull()
  n1.dropLease()
  expect(n1.isLeaseDropped()).toBe(true)
  expect(n1.askPromise({ epoch: 2, exempt: 'n1' })).toBeNull()
  expect(cluster.of('n2').askPromise({ epoch: 2, exempt: 'n3' })).not.toBeNull()
  expect(cluster.of('n2').askPromise({ epoch: 2, exempt: 'n1' })).toBeNull()
})

test('a lease that ran out cannot come back once a vote may be given in a later epoch', () => {
  const cluster = settled()
  cluster.isCut = () => true
  cluster.run(200)
  expect(cluster.of('n1').askPromise({ epoch: 2, exempt: null })).toBeNull()
  cluster.isCut = () => false
  cluster.run(300)
  expect(cluster.of('n1').isLeaderLeaseValid()).toBe(false)
})

test('a peer that was silent, or begins a new life, is granted nothing before its return is acknowledged', () => {
  const cluster = settled()
  const granted = () =>
    cluster.sent.findLast(({ from, to }) => from === 'n1' && to === 'n3')!.heartbeat.echoes.n3?.granting
  const returns: { incarnation: number; returnCount: number }[] = []
  cluster.onEvent = (node, event) => {
    if (node === 'n1' && event.type === 'peer.heard' && event.node === 'n3') returns.push(event)
  }
  expect(granted()).toBe(true)
  cluster.acceptsReturns = false
  cluster.isCut = (from) => from === 'n3'
  cluster.run(400)
  cluster.isCut = () => false
  cluster.run(400)
  expect([cluster.of('n1').aliveNodes().length, granted(), returns.length]).toEqual([3, false, 1])
  cluster.of('n1').accept('n3', { ...returns[0]!, returnCount: returns[0]!.returnCount - 1 })
  cluster.run(30)
  expect(granted()).toBe(false)
  cluster.of('n1').accept('n3', returns[0]!)
  cluster.run(30)
  expect(granted()).toBe(true)
  cluster.start('n3', 2)
  cluster.run(50)
  expect([granted(), returns.length]).toEqual([false, 2])
})

test('peers come and go while heartbeats run, and voters with them', () => {
  const cluster = settled()
  for (const name of ['n1', 'n2']) {
    const other = name === 'n1' ? 'n2' : 'n1'
    cluster.of(name).configure({ peers: [other], voters: ['n1', 'n2'], timing })
  }
  cluster.run(300)
  expect(cluster.of('n1').aliveNodes()).toEqual(['n1', 'n2'])
  expect(cluster.of('n1').isLeaderLeaseValid()).toBe(true)
  // The one that is left out hears nobody, and so loses its lease.
  expect(cluster.of('n3').isNodeLeaseValid()).toBe(true)
  cluster.run(400)
  expect(cluster.of('n3').isNodeLeaseValid()).toBe(false)
  cluster.of('n1').configure({ peers: ['n2', 'n3'], voters: ['n1', 'n2', 'n3'], timing })
  cluster.run(300)
  expect(cluster.of('n1').aliveNodes()).toEqual(['n1', 'n2', 'n3'])
  expect(cluster.of('n3').isNodeLeaseValid()).toBe(true)
})

test('a peer whose node process stands still is stalled, not gone', () => {
  const cluster = settled()
  const stalled = () => cluster.of('n1').stalledNodes(200)
  cluster.progressOf = (name) => (name === 'n2' ? 7 : Math.floor(cluster.world.nowMs))
  cluster.run(400)
  expect([stalled(), cluster.of('n1').aliveNodes()]).toEqual([['n2'], ['n1', 'n2', 'n3']])
  cluster.progressOf = () => Math.floor(cluster.world.nowMs)
  cluster.run(50)
  expect(stalled()).toEqual([])
})
