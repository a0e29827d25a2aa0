import { expect, test } from 'bun:test'
import type { Replica } from '../../src/repository/replica.ts'
import { ReplicaCluster, type ReplicaClusterOptions } from './replicaCluster.ts'

const put = (replica: Replica, key: string, value: unknown) => replica.propose([{ key, value }])

function settled(options?: ReplicaClusterOptions): ReplicaCluster {
  const cluster = new ReplicaCluster(options)
  cluster.settle()
  cluster.log.length = 0
  cluster.messages.length = 0
  return cluster
}

/** What happened to masterships, without the times. */
function masterships(cluster: ReplicaCluster): string[] {
  const told = /(mastership|lease)\.(acquired|lost|drop|transfer)/
  return cluster.log.splice(0).flatMap((line) => (told.test(line) ? [line.slice(line.indexOf(' ') + 1)] : []))
}

test('a cluster that starts: the first in rank becomes master, the second its vice', () => {
  const cluster = new ReplicaCluster()
  const { name, replica } = cluster.settle()
  cluster.run(100)
  expect([name, replica.vice, replica.epoch, replica.isLeader]).toEqual(['n1', 'n2', 2, true])
  for (const other of ['n2', 'n3']) {
    const follower = cluster.of(other).replica
    expect([follower.leader, follower.vice, follower.epoch, follower.isLeader]).toEqual(['n1', 'n2', 2, false])
  }
})

test('what is proposed is applied everywhere, in order, all changes of an entry at once', () => {
  const cluster = settled()
  const { replica } = cluster.of('n1')
  expect(
    replica.propose([
      { key: 'intent/ledger', value: { roles: {} } },
      { key: 'lock/n1/ledger', value: true },
    ]),
  ).toEqual({ ok: true, index: 3, epoch: 2 })
  expect(put(replica, 'lock/n1/ledger', null)).toEqual({ ok: true, index: 4, epoch: 2 })
  cluster.run(10)
  for (const { replica } of cluster.nodes.values()) {
    expect(replica.tree.list('')).toEqual([{ key: 'intent/ledger', value: { roles: {} }, epoch: 2, index: 3 }])
    expect(replica.commitIndex).toBe(4)
  }
})

test('a proposal takes one round trip, and nothing is said when there is nothing to say', () => {
  const cluster = settled()
  cluster.run(1000)
  cluster.messages.length = 0
  put(cluster.of('n1').replica, 'k', 1)
  cluster.run(0.5)
  expect(cluster.of('n1').replica.tree.get('k')?.value).toBe(1)
  cluster.run(5)
  const kinds = cluster.messages.map((line) => line.replace(/n[23]/g, 'n?')).sort()
  const [append, reply] = ['n1 > n? append.request', 'n? > n1 append.reply']
  expect(kinds).toEqual([append, append, append, append, reply, reply, reply, reply].map(String))
})

test('what cannot be proposed is refused with a reason', () => {
  const cluster = settled()
  const { replica } = cluster.of('n1')
  expect(put(cluster.of('n2').replica, 'k', 1)).toEqual({ ok: false, code: 'not-leader' })
  expect(put(replica, 'k', 'x'.repeat(33 * 1024))).toEqual({ ok: false, code: 'too-large' })
  expect(put(replica, '', 1)).toEqual({ ok: false, code: 'invalid' })
  expect(replica.propose([])).toEqual({ ok: false, code: 'invalid' })
  cluster.isCut = () => true
  let count = 0
  while (put(replica, 'k', count).ok) count += 1
  expect(count).toBe(1024)
  expect(put(replica, 'k', 1)).toEqual({ ok: false, code: 'backlog' })
})

test('the master’s process is known to have ended: the vice takes over although it had promised, the third helps', () => {
  const cluster = settled()
  cluster.crash('n1')
  cluster.tellEnded('n1')
  cluster.run(5)
  expect(masterships(cluster)).toEqual(['n2 mastership.acquired e3'])
})

test('the master falls silent: the vice takes over when the promises are over', () => {
  const cluster = settled()
  cluster.crash('n1')
  cluster.run(110)
  expect(masterships(cluster)).toEqual([])
  cluster.run(60)
  expect(masterships(cluster)).toEqual(['n2 mastership.acquired e3'])
  cluster.start('n1')
  cluster.run(500)
  expect(cluster.of('n1').replica.leader).toBe('n2')
  expect(cluster.of('n2').replica.vice).toBe('n1')
})

test('a third voter that alone lost sight of the master disturbs nobody, and follows again when it hears it', () => {
  const cluster = settled()
  cluster.isCut = (from, to) => from === 'n1' && to === 'n3'
  cluster.run(1000)
  expect(masterships(cluster)).toEqual([])
  expect(cluster.of('n3').replica.leader).toBeNull()
  cluster.isCut = () => false
  cluster.run(500)
  expect([...cluster.nodes.values()].map(({ replica }) => [replica.leader, replica.epoch])).toEqual([
    ['n1', 2],
    ['n1', 2],
    ['n1', 2],
  ])
})

test('a master that is cut off gives up by itself, and follows its successor when it is back', () => {
  const cluster = settled()
  cluster.isCut = (from, to) => from === 'n1' || to === 'n1'
  cluster.run(500)
  expect(masterships(cluster)).toEqual(['n1 lease.drop', 'n1 mastership.lost e2', 'n2 mastership.acquired e3'])
  expect(put(cluster.of('n1').replica, 'k', 1)).toEqual({ ok: false, code: 'not-leader' })
  cluster.isCut = () => false
  cluster.run(500)
  expect(cluster.of('n1').replica.leader).toBe('n2')
})

test('a master that hears nobody but is heard gives up, and the others notice that nobody leads', () => {
  const cluster = settled()
  cluster.isCut = (_, to) => to === 'n1'
  cluster.run(1000)
  expect(masterships(cluster)).toEqual(['n1 lease.drop', 'n1 mastership.lost e2', 'n2 mastership.acquired e3'])
})

test('a hand-over drops the lease first; the successor needs no promise to end', () => {
  const cluster = settled()
  cluster.of('n1').engine.send('membership', { type: 'mastership.resign', successor: null })
  cluster.run(5)
  expect(masterships(cluster)).toEqual([
    'n1 lease.drop',
    'n1 mastership.lost e2',
    'n1 mastership.transfer e2',
    'n2 mastership.acquired e3',
  ])
  cluster.run(100)
  expect(cluster.of('n1').replica.leader).toBe('n2')
})

test('a hand-over waits until the successor has the whole log', () => {
  const cluster = settled()
  cluster.isCut = (from, to) => from === 'n1' && to === 'n3'
  put(cluster.of('n1').replica, 'k', 1)
  cluster.run(1)
  cluster.isCut = () => false
  cluster.of('n1').engine.send('membership', { type: 'mastership.resign', successor: 'n3' })
  expect(put(cluster.of('n1').replica, 'k', 2)).toEqual({ ok: false, code: 'resigning' })
  cluster.run(80)
  expect(cluster.master?.name).toBe('n3')
  expect(cluster.of('n3').replica.tree.get('k')?.value).toBe(1)
})

test('two voters hand over, but the loss of one is the end of mastership', () => {
  const cluster = settled({ names: ['n1', 'n2'] })
  cluster.of('n1').engine.send('membership', { type: 'mastership.resign', successor: 'n2' })
  cluster.run(50)
  expect(cluster.master?.name).toBe('n2')
  cluster.crash('n1')
  cluster.tellEnded('n1')
  cluster.run(2000)
  expect(cluster.master).toBeUndefined()
})

test('a single voter elects itself at once and needs nobody', () => {
  const cluster = new ReplicaCluster({ names: ['n1'] })
  cluster.run(20)
  expect(cluster.master?.name).toBe('n1')
  expect(put(cluster.of('n1').replica, 'k', 1)).toEqual({ ok: true, index: 3, epoch: 2 })
  expect(cluster.of('n1').replica.tree.get('k')).toBeNull()
  cluster.run(1)
  expect(cluster.of('n1').replica.tree.get('k')?.value).toBe(1)
})

test('an entry counts here only when it is on disk, but is applied when the others have it', () => {
  const cluster = settled({ diskMs: () => 10 })
  const { replica } = cluster.of('n1')
  put(replica, 'k', 1)
  cluster.run(9.9)
  expect(replica.tree.get('k')).toBeNull()
  cluster.run(1)
  expect(replica.tree.get('k')?.value).toBe(1)
})

test('a disk that fails is the end of what a replica says', () => {
  const cluster = settled()
  cluster.disks.get('n2')!.isFull = true
  put(cluster.of('n1').replica, 'k', 1)
  cluster.run(100)
  cluster.messages.length = 0
  put(cluster.of('n1').replica, 'k', 2)
  cluster.run(100)
  expect(cluster.of('n1').replica.tree.get('k')?.value).toBe(2)
  expect(cluster.messages).not.toContain('n2 > n1 append.reply')
})

test('the leader’s process starts again: a new epoch, everything committed is there', () => {
  const cluster = settled()
  put(cluster.of('n1').replica, 'k', 1)
  cluster.run(10)
  for (const name of cluster.names) cluster.crash(name)
  for (const name of cluster.names) cluster.start(name)
  cluster.settle()
  for (const { replica } of cluster.nodes.values()) {
    expect(replica.tree.get('k')).toEqual({ key: 'k', value: 1, epoch: 2, index: 3 })
    expect(replica.epoch).toBe(3)
  }
})

test('no message is longer than a datagram may be, however much there is to send', () => {
  const cluster = settled()
  cluster.isCut = (_, to) => to === 'n3'
  for (let count = 0; count < 40; count += 1) put(cluster.of('n1').replica, `k${count}`, 'x'.repeat(31 * 1024))
  for (let count = 0; count < 600; count += 1) put(cluster.of('n1').replica, `s${count}`, 'x'.repeat(count))
  cluster.run(100)
  cluster.isCut = () => false
  cluster.run(300)
  expect(cluster.of('n3').replica.tree.list('').length).toBe(640)
  expect(cluster.messageBytesMax).toBeGreaterThan(32 * 1024)
  expect(cluster.messageBytesMax).toBeLessThanOrEqual(48 * 1024)
})
