/** The repository of a cluster of one, without a log: what is proposed is decided at once. */
import { realClock } from '../../src/engine/clock.ts'
import { Ccr, type CcrReplica, type Validate } from '../../src/repository/ccr.ts'
import type { HistoryBounds } from '../../src/repository/history.ts'
import { Tree, type TreeEntry } from '../../src/repository/tree.ts'

export interface Solo {
  readonly ccr: Ccr
  readonly tree: Tree
  /** null: there is none. */
  leader: string | null
}

export function soloCcr(
  of: { entries?: readonly TreeEntry[]; bounds?: HistoryBounds; validate?: Validate } = {},
): Solo {
  const tree = new Tree(of.entries ?? [], 1, of.bounds)
  const replica: CcrReplica = {
    tree,
    epoch: 1,
    isLeader: true,
    get leader() {
      return solo.leader
    },
    get commitIndex() {
      return tree.revision
    },
    propose(changes, conditions) {
      const entry = {
        epoch: 1,
        index: tree.revision + 1,
        command: { type: 'set', entries: changes, conditions },
      } as const
      solo.ccr.applied(entry, tree.apply(entry.command, entry))
      return { ok: true, index: entry.index, epoch: 1 }
    },
  }
  const ccr = new Ccr({
    self: 'n1',
    incarnation: 1,
    clock: realClock,
    replica,
    isLeaderLeaseValid: () => true,
    post: () => false,
    validate: of.validate,
  })
  const solo: Solo = { ccr, tree, leader: 'n1' }
  ccr.applied({ epoch: 1, index: 1, command: { type: 'noop' } }, { isApplied: true, changed: [], conflicts: [] })
  return solo
}
