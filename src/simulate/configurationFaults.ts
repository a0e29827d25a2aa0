/** An operator who changes the shared configuration while the cluster runs: one change at a time, taken back when the fault ends. */
import type { Condition } from '../../machines/logic/replicatedLog.ts'
import { type ConfigurationEntry, entriesOf } from '../configuration/tree.ts'
import type { TreeReader } from '../repository/tree.ts'
import type { Cluster } from './cluster.ts'
import { changesOf } from './file.ts'
import type { Random } from './random.ts'

const retryMs = 500

/** Makes one of the changes; what it returns takes it back. */
export function changeConfiguration(cluster: Cluster, random: Random): () => void {
  if (cluster.isReconfigured) return () => {}
  cluster.isReconfigured = true
  const change = random.pick(changesOf(cluster.configuration))
  const original = new Map(entriesOf(cluster.file).map(({ key, value }) => [key, value]))
  let isOver = false
  ask({ cluster, random, change, isWanted: () => !isOver, onDone: () => {} })
  return () => {
    isOver = true
    ask({
      cluster,
      random,
      change: change.map(({ key }) => ({ key, value: original.get(key) ?? null })),
      isWanted: () => true,
      onDone: () => {
        cluster.isReconfigured = false
      },
    })
  }
}

/** Of a node drawn by chance, again and again until one says that it is done. */
export function ask(of: {
  cluster: Cluster
  random: Random
  change: readonly ConfigurationEntry[]
  /** By what the node that is asked has now. Left out: none. */
  conditionsOf?: (tree: TreeReader) => Condition[]
  isWanted: () => boolean
  onDone: () => void
}): void {
  const { cluster, random, change, conditionsOf, isWanted, onDone } = of
  if (!isWanted()) return
  const { life } = random.pick(cluster.machines)
  let isDone = false
  const tree = life?.parts?.replica.tree
  const conditions = (tree && conditionsOf?.(tree)) ?? []
  const changes = change.map(({ key, value }) => ({ key, value: value as never }))
  life?.process.receive(() =>
    life.parts?.ccr.transact({ conditions, changes }, ({ ok }) => {
      if (!ok || isDone) return
      isDone = true
      onDone()
    }),
  )
  cluster.world.after(retryMs, () => {
    if (isDone) return
    // What comes of the earlier one is of no account any more, but that it may have been done; doing it twice is the same.
    isDone = true
    ask(of)
  })
}
