/**
 * Three replicas over a network that loses, doubles and delays, with cuts in one or both directions, and crashes at any moment, in
 * the middle of writing too: what is not on the disk is lost. Throughout: one leader an epoch, one holder of the leader's lease, committed entries never change
 * (`replicaCluster.ts`). In the end: everybody has the same log, and in it everything that was acknowledged.
 */
import { expect, test } from 'bun:test'
import { ReplicaCluster } from './replicaCluster.ts'

const { REPLICA_SEED: onlySeed } = process.env
const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: 40 }, (_, index) => index + 1)
const troubleMs = 6000

function troubled(seed: number) {
  let isTroubled = true
  const counts = { proposed: 0, crashes: 0 }
  const cluster = new ReplicaCluster({
    seed,
    lossRate: 0.05,
    doubleRate: 0.1,
    delayMs: (random) => (random() < 0.9 ? random() : random() * 60),
    diskMs: (random) => (random() < 0.95 ? random() : random() * 100),
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
  again(100, () => {
    for (const name of names) {
      if (cluster.of(name).isUp || world.random() < 0.5) continue
      counts.crashes += 1
      cluster.start(name)
    }
  })
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

test('whatever the network and the machines do, nothing committed is lost and nobody disagrees', () => {
  const totals = { elections: 0, committed: 0, crashes: 0 }
  for (const seed of seeds) {
    try {
      const { cluster, counts } = troubled(seed)
      cluster.run(1500)
      const { name } = cluster.settle()
      cluster.of(name).replica.propose([{ key: 'last', value: seed }])
      cluster.run(800)
      const [first, ...others] = [...cluster.disks.values()].map(({ contents }) =>
        contents.entries.map(({ index, epoch, command }) => JSON.stringify({ index, epoch, command })),
      )
      for (const log of others) expect(log).toEqual(first!)
      for (const [index, text] of cluster.committed) expect(first![index - 1]).toBe(text)
      const trees = [...cluster.nodes.values()].map(({ replica }) => replica.tree.list(''))
      for (const tree of trees) expect(tree).toEqual(trees[0]!)
      expect(cluster.of(name).replica.tree.get('last')?.value).toBe(seed)
      totals.elections += cluster.leaders.size
      totals.committed += cluster.committed.size
      totals.crashes += counts.crashes
    } catch (error) {
      const replay = `REPLICA_SEED=${seed} bun test test/repository/replicaRandom.test.ts`
      throw new Error(`${error instanceof Error ? error.message : error}\nto replay: ${replay}`, { cause: error })
    }
  }
  // That there was trouble, and work done all the same.
  expect(totals.elections).toBeGreaterThan(10 * seeds.length)
  expect(totals.crashes).toBeGreaterThan(5 * seeds.length)
  expect(totals.committed).toBeGreaterThan(50 * seeds.length)
})
