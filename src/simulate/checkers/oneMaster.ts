/**
 * SPEC M1: the nodes elect a master; of one epoch there is never a second, and no node is master again of an older one. The same
 * already of those who are elected, though they may never come to act (Raft's election safety).
 */
import type { Checker } from './checker.ts'

export function oneMasterAnEpoch(): Checker {
  const masters = new Map<number, string>()
  const elected = new Map<number, string>()
  const lastEpochs = new Map<string, number>()
  return {
    name: 'one-master-an-epoch',
    observe(seen, report) {
      if (seen.type === 'leader.elected') {
        const { node, epoch } = seen
        const other = elected.get(epoch)
        if (other !== undefined) report(`epoch ${epoch} was won twice: by ${other} and ${node}`, { epoch })
        elected.set(epoch, node)
      }
      if (seen.type !== 'mastership.acquired') return
      const { node, epoch } = seen
      const other = masters.get(epoch)
      if (other !== undefined && other !== node)
        report(`epoch ${epoch} has two masters: ${other} and ${node}`, { epoch })
      const lastEpoch = lastEpochs.get(node) ?? 0
      if (epoch < lastEpoch)
        report(`${node} is master of epoch ${epoch} after epoch ${lastEpoch}`, { epoch, lastEpoch })
      masters.set(epoch, node)
      lastEpochs.set(node, Math.max(epoch, lastEpoch))
    },
  }
}
