/**
 * Three replicas over a network that loses, doubles and delays, with cuts in one or both directions, and crashes at any moment, in
 * the middle of writing too: what is not on the disk is lost. Some runs keep so little of the log that snapshots are sent all the time;
 * in some, disks are replaced by empty ones. Throughout: one leader an epoch, one holder of the leader's lease, committed entries
 * never change (`replicaCluster.ts`). In the end: everybody has the same log, and in it everything that was acknowledged.
 */
import { expect, test } from 'bun:test'
import type { LogEntry } from '../../machines/logic/replicatedLog.ts'
import { ReplicaCluster } from './replicaCluster.ts'

const { REPLICA_SEED: onlySeed } = process.env
const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: 40 }, (_, index) => index + 1)
const troubleMs = 6000

function troubled(seed: number) {
  let isTroubled = true
  const counts = { proposed: 0, crashes: 0, wipes: 0, installs: 0 }
  const cluster = new ReplicaCluster({
    seed,
    lossRate: 0.05,
    doubleRate: 0.1,
    delayMs: (random) => (random() < 0.9 ? random() : random() * 60),
    diskMs: (random) => (!isTroubled || random() < (seed % 5 < 2 ? 0.3 : 0.95) ? random() : random() * 100),
    ...(seed % 4 < 2 && { retention: little }),
    ...(seed % 2 === 0 && { askMs: (random: () => number) => random() * 3 }),
  })
  const { world, names } = cluster
  const pick = () => names[Math.floor(world.random() * names.length)]!
  const again = (meanMs: number, act: () => void) =>
    world.after(world.between(0, 2 * meanMs), () => {
      if (!isTroubled) return
      act()
      again(meanMs, act)
    })
  again(400, () => {
    const name = pick()
    if (!cluster.of(name).isUp) return
    cluster.crash(name)
    if (world.random() < 0.5) cluster.tellEnded(name)
  })
  // The power fails: what only was in memory is lost everywhere at once.
  again(1000, () => {
    for (const name of names) if (cluster.of(name).isUp && world.random() < 0.8) cluster.crash(name)
  })
  again(100, () => {
    for (const name of names) {
      if (cluster.of(name).isUp || world.random() < 0.5) continue
      counts.crashes += 1
      if (seed % 3 === 0 && world.random() < 0.3 && isSafeToWipe(cluster)) {
        counts.wipes += 1
        cluster.disks.get(name)!.wipe(`${name}-${1 + counts.wipes}`)
      }
      cluster.start(name)
    }
  })
  again(50, () => reconcile(cluster))
  again(300, () => {
    const [from, to] = [pick(), pick()]
    const isOneWay = world.random() < 0.5
    cluster.isCut = (a, b) => (a === from && b === to) || (!isOneWay && (a === from || b === from))
    world.after(world.between(20, 400), () => {
      cluster.isCut = () => false
    })
  })
  again(800, () => cluster.master?.engine.send('membership', { type: 'mastership.resign', successor: pick() }))
  again(8, () => {
    const node = cluster.of(pick())
    if (!node.isUp) return
    counts.proposed += 1
    node.replica.propose([{ key: `k${counts.proposed % 7}`, value: counts.proposed }])
  })
  cluster.run(troubleMs)
  isTroubled = false
  cluster.isCut = () => false
  for (const name of names) if (!cluster.of(name).isUp) cluster.start(name)
  return { cluster, counts }
}

const little = { savedEvery: 8, entryCountMax: 30, tailCountMax: 5, sizeBytesMax: 1 << 20, tailBytesMax: 1 << 20 }

const disksOf = (cluster: ReplicaCluster) =>
  Object.fromEntries([...cluster.disks].flatMap(([name, { id }]) => (cluster.of(name).isUp ? [[name, id]] : [])))

function reconcile(cluster: ReplicaCluster): void {
  const wanted = cluster.names.map((name) => ({ name, kind: 'voter' as const }))
  for (const { replica, isUp } of cluster.nodes.values()) if (isUp) replica.reconcileMembers(wanted, disksOf(cluster))
}

/** One disk of three may be lost; another only when it is committed, and known to be on every disk, that the first was replaced. */
function isSafeToWipe(cluster: ReplicaCluster): boolean {
  const knownIndex = Math.min(...[...cluster.disks.values()].map(({ contents }) => contents.commitIndex))
  const changes = [...cluster.committed].sort(([a], [b]) => b - a).map(([, text]) => JSON.parse(text) as LogEntry)
  const { index = 0, command } = changes.find(({ command }) => command.type === 'members') ?? {}
  return (
    index <= knownIndex &&
    command?.type === 'members' &&
    command.members.length === 3 &&
    command.members.every(({ name, disk, kind }) => kind === 'voter' && cluster.disks.get(name)!.id === disk)
  )
}

test('whatever the network and the machines do, nothing committed is lost and nobody disagrees', () => {
  const totals = { elections: 0, committed: 0, crashes: 0, wipes: 0, installs: 0 }
  for (const seed of seeds) {
    try {
      const { cluster, counts } = troubled(seed)
      for (let step = 0; step < 30; step += 1) {
        cluster.run(50)
        reconcile(cluster)
      }
      const { name } = cluster.settle()
      cluster.of(name).replica.propose([{ key: 'last', value: seed }])
      cluster.run(800)
      const { commitIndex, members } = cluster.of(name).replica
      for (const disk of cluster.disks.values()) {
        const { entries } = disk.contents
        expect(entries.at(-1)!.index).toBe(commitIndex)
        for (const { index, epoch, command } of entries) {
          expect(JSON.stringify({ index, epoch, command })).toBe(cluster.committed.get(index)!)
        }
      }
      for (const { name, kind, disk } of members) expect([kind, disk]).toEqual(['voter', cluster.disks.get(name)!.id])
      const trees = [...cluster.nodes.values()].map(({ replica }) => replica.tree.list(''))
      for (const tree of trees) expect(tree).toEqual(trees[0]!)
      expect(cluster.of(name).replica.tree.get('last')?.value).toBe(seed)
      totals.elections += cluster.leaders.size
      totals.committed += cluster.committed.size
      totals.crashes += counts.crashes
      totals.wipes += counts.wipes
      totals.installs += cluster.messages.filter((line) => line.endsWith('install.reply')).length
    } catch (error) {
      const replay = `REPLICA_SEED=${seed} bun test test/repository/replicaRandom.test.ts`
      throw new Error(`${error instanceof Error ? error.message : error}\nto replay: ${replay}`, { cause: error })
    }
  }
  // That there was trouble, and work done all the same.
  expect(totals.elections).toBeGreaterThan(10 * seeds.length)
  expect(totals.crashes).toBeGreaterThan(5 * seeds.length)
  expect(totals.committed).toBeGreaterThan(50 * seeds.length)
  if (onlySeed) return
  expect(totals.wipes).toBeGreaterThan(10)
  expect(totals.installs).toBeGreaterThan(20)
})
