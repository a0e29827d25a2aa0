/** Members that come and go, disks that are replaced, and those who are too far behind for the log (SPEC M2, D5). */
import { expect, test } from 'bun:test'
import { ReplicaCluster, type ReplicaClusterOptions } from './replicaCluster.ts'

const voters = (...names: readonly string[]) => names.map((name) => ({ name, kind: 'voter' as const }))

function settled(options?: ReplicaClusterOptions): ReplicaCluster {
  const cluster = new ReplicaCluster(options)
  cluster.settle()
  cluster.messages.length = 0
  return cluster
}

/** So many entries, committed. */
function fill(cluster: ReplicaCluster, count: number, valueLength = 1): void {
  const { replica } = cluster.master!
  for (let at = 0; at < count; at += 1) {
    const proposed = replica.propose([{ key: `k${at % 700}`, value: `${at} ${'x'.repeat(valueLength)}` }])
    expect(proposed.ok).toBe(true)
    if (at % 500 === 499) commit(cluster)
  }
  commit(cluster)
}

/** Until all that was proposed is committed, and the others had time to hear of it. */
function commit(cluster: ReplicaCluster): void {
  const { replica } = cluster.master!
  const proposed = replica.propose([{ key: 'mark', value: cluster.world.nowMs }])
  for (let step = 0; proposed.ok && replica.commitIndex < proposed.index && step < 500; step += 1) cluster.run(10)
  cluster.run(20)
}

const treeOf = (cluster: ReplicaCluster, name: string) => cluster.of(name).replica.tree.list('')
const kindsOf = (cluster: ReplicaCluster, name: string) =>
  cluster.of(name).replica.members.map((member) => `${member.name} ${member.disk} ${member.kind}`)

test('a log that has grown is let go, on disk too, but for a tail; a restart finds state and tail', () => {
  const cluster = settled()
  fill(cluster, 6000)
  const before = treeOf(cluster, 'n2')
  for (const name of cluster.names) {
    const { state, entries } = cluster.disks.get(name)!.contents
    expect(state!.at.index).toBeGreaterThan(4000)
    expect(entries.length).toBeLessThan(5200)
    expect(entries[0]!.index).toBeLessThanOrEqual(state!.at.index - 500)
  }
  for (const name of cluster.names) cluster.crash(name)
  for (const name of cluster.names) cluster.start(name)
  cluster.settle()
  cluster.run(50)
  for (const name of cluster.names) expect(treeOf(cluster, name)).toEqual(before)
  expect(cluster.of('n1').replica.founders).toBeNull()
})

test('who comes back too late for the log is sent the state, in parts, and goes on from there', () => {
  const cluster = settled()
  fill(cluster, 10)
  cluster.crash('n3')
  fill(cluster, 6500, 300)
  cluster.start('n3')
  cluster.run(500)
  const parts = cluster.messages.filter((line) => line === 'n1 > n3 install.request').length
  expect(parts).toBeGreaterThan(3)
  fill(cluster, 20)
  expect(treeOf(cluster, 'n3')).toEqual(treeOf(cluster, 'n1'))
  expect(cluster.messageBytesMax).toBeLessThanOrEqual(48 * 1024)
  cluster.crash('n3')
  cluster.start('n3')
  cluster.run(300)
  expect(treeOf(cluster, 'n3')).toEqual(treeOf(cluster, 'n1'))
})

test('parts that are lost are sent again', () => {
  const cluster = settled({ seed: 4, lossRate: 0.1, doubleRate: 0.1 })
  cluster.crash('n3')
  fill(cluster, 6500, 300)
  cluster.start('n3')
  cluster.run(3000)
  expect(treeOf(cluster, 'n3')).toEqual(treeOf(cluster, cluster.master!.name))
})

test('watchers learn what a state from elsewhere changed', () => {
  const cluster = settled()
  fill(cluster, 10)
  cluster.isCut = (from, to) => from === 'n3' || to === 'n3'
  const { replica } = cluster.master!
  replica.propose([{ key: 'k3', value: null }])
  cluster.run(10)
  for (let count = 0; count < 13; count += 1) {
    for (let at = 0; at < 500; at += 1) replica.propose([{ key: 'busy', value: at }])
    cluster.run(20)
  }
  cluster.isCut = () => false
  const told: unknown[] = []
  cluster.of('n3').replica.tree.watch('', (changed) => {
    if (changed.length > 1) told.push(...changed.map(({ key, value }) => [key, value]))
  })
  cluster.run(500)
  expect(told).toEqual([
    ['busy', 499],
    ['k3', null],
  ])
})

test('a node that is new is a learner until it has the log, then a voter', () => {
  const cluster = settled({ names: ['n1', 'n2', 'n3', 'n4'], founders: ['n1', 'n2', 'n3'] })
  fill(cluster, 50)
  expect(treeOf(cluster, 'n4')).toEqual([])
  expect(cluster.of('n4').replica.cluster).toBeNull()
  cluster.reconcile([...voters('n1', 'n2', 'n3'), { name: 'n4', kind: 'learner' }], 200)
  expect(kindsOf(cluster, 'n4')).toContain('n4 n4-1 learner')
  expect(treeOf(cluster, 'n4')).toEqual(treeOf(cluster, 'n1'))
  expect(cluster.of('n4').replica.cluster).toBe('c1')
  cluster.reconcile(voters('n1', 'n2', 'n3', 'n4'), 300)
  for (const name of cluster.names) expect(kindsOf(cluster, name)).toContain('n4 n4-1 voter')
})

test('a voter whose disk was replaced votes for nobody until it has learned everything anew', () => {
  const cluster = settled()
  fill(cluster, 50)
  cluster.crash('n3')
  cluster.disks.get('n3')!.wipe('n3-2')
  cluster.start('n3')
  cluster.run(300)
  expect(cluster.of('n3').replica.tree.list('')).toEqual([])
  // Without it n1 and n2 are still two of three; without n2 as well there is no majority, however alive n3 is.
  cluster.crash('n2')
  const lone = cluster.of('n1').replica.propose([{ key: 'lone', value: 1 }])
  expect(lone.ok).toBe(true)
  cluster.run(60)
  expect(cluster.of('n1').replica.tree.get('lone')).toBeNull()
  cluster.start('n2')
  cluster.settle()
  cluster.reconcile(voters('n1', 'n2', 'n3'), 600)
  expect(kindsOf(cluster, 'n3')).toEqual(['n1 n1-1 voter', 'n2 n2-1 voter', 'n3 n3-2 voter'])
  expect(treeOf(cluster, 'n3')).toEqual(treeOf(cluster, cluster.master!.name))
})

test('a leader that is no longer wanted hands over when its removal is committed', () => {
  const cluster = settled()
  cluster.log.length = 0
  cluster.reconcile(voters('n2', 'n3'), 600)
  const { name, replica } = cluster.master!
  expect(['n2', 'n3']).toContain(name)
  expect(replica.members.filter(({ kind }) => kind === 'voter').map((member) => member.name)).toEqual(['n2', 'n3'])
  expect(replica.propose([{ key: 'after', value: 1 }]).ok).toBe(true)
  cluster.run(50)
  expect(replica.tree.get('after')?.value).toBe(1)
  const drop = cluster.log.findIndex((line) => line.endsWith('n1 lease.drop'))
  const next = cluster.log.findIndex((line) => line.includes(`${name} mastership.acquired`))
  expect(drop).toBeGreaterThanOrEqual(0)
  expect(next).toBeGreaterThan(drop)
})

test('an arbiter votes and counts, keeps no data and never leads', () => {
  const cluster = settled({ arbiter: 'n3' })
  fill(cluster, 50)
  expect(treeOf(cluster, 'n3')).toEqual([])
  expect(cluster.of('n3').replica.commitIndex).toBe(cluster.of('n1').replica.commitIndex)
  cluster.crash('n1')
  cluster.run(400)
  expect(cluster.master?.name).toBe('n2')
  cluster.crash('n2')
  cluster.run(1000)
  expect(cluster.master).toBeUndefined()
  expect(cluster.log.some((line) => line.includes('n3 election.vote'))).toBe(false)
  cluster.start('n1')
  cluster.run(1000)
  // It has no say in what is true, only in who tells it: n1 lacks what n2 committed with the arbiter.
  expect(cluster.master).toBeUndefined()
  cluster.start('n2')
  expect(cluster.settle().name).toBe('n2')
})

test('a node of another cluster is not heeded', () => {
  const cluster = settled()
  const { replica } = cluster.of('n2')
  const message = { type: 'append.request', epoch: 99, previous: { index: 0, epoch: 0 }, entries: [], commitIndex: 0 }
  replica.receive('n1', { type: 'consensus', cluster: 'other', disk: 'n1-1', message: message as never })
  expect(replica.epoch).toBe(2)
  expect(cluster.foreign).toEqual(['n2 refuses n1 of other'])
})

test('a change that is more than a step is refused, and so is a second one before the first is committed', () => {
  const cluster = settled()
  const { replica } = cluster.master!
  const [n1, n2, n3] = replica.members
  expect(replica.changeMembers([n1!])).toEqual({ ok: false, code: 'illegal' })
  expect(replica.changeMembers([n1!, n2!, { ...n3!, kind: 'learner' }])).toMatchObject({ ok: true })
  expect(replica.changeMembers([n1!, n2!])).toEqual({ ok: false, code: 'pending' })
  expect(cluster.of('n2').replica.changeMembers([n1!, n2!])).toEqual({ ok: false, code: 'not-leader' })
})
