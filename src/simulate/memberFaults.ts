/**
 * An operator who removes a node from the cluster, every third time the master, and adds it again when the fault ends. One that has left
 * as removed is started when it is added, or while it is, and begins anew with an empty disk.
 */
import type { Cluster } from './cluster.ts'
import { ask } from './configurationFaults.ts'
import { removalOf } from './file.ts'
import type { Random } from './random.ts'
import { nothing } from './strokes.ts'

const masterLikelihood = 0.33

export function removeMember(cluster: Cluster, random: Random): () => void {
  const machine = (random.chance(masterLikelihood) ? cluster.leader : null) ?? random.pick(cluster.machines)
  const removal = removalOf(cluster.file, machine.name)
  if (cluster.isReconfigured || removal === null) return nothing
  cluster.isReconfigured = true
  machine.isRemoved = true
  const isStartedFirst = random.chance(0.5)
  let isOver = false
  const { key } = removal
  ask({
    cluster,
    random,
    change: removal.without,
    // What is still on its way when the node is added again must not remove it then.
    conditionsOf: (tree) => [{ key, index: tree.get(key)?.index ?? 0 }],
    isWanted: () => !isOver,
    onDone: () => {},
  })
  return () => {
    isOver = true
    if (isStartedFirst) machine.rejoin()
    ask({
      cluster,
      random,
      change: removal.original,
      isWanted: () => true,
      onDone: () => {
        machine.rejoin()
        cluster.isReconfigured = false
      },
    })
  }
}
