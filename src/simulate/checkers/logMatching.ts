/** SPEC D5, M1: what one node holds for committed at an index, every node does, whenever it does. Memory: one hash an index. */
import type { Checker } from './checker.ts'

export function logMatching(): Checker {
  const committed = new Map<number, { epoch: number; hash: string; node: string }>()
  return {
    name: 'log-matching',
    observe(seen, report) {
      if (seen.type !== 'entry.committed') return
      const { index, epoch, hash, node } = seen
      const first = committed.get(index)
      if (first === undefined) committed.set(index, { epoch, hash, node })
      else if (first.epoch !== epoch || first.hash !== hash) {
        const text = `entry ${index} is of epoch ${epoch} at ${node}, of epoch ${first.epoch} at ${first.node}`
        report(first.epoch === epoch ? `${text}, with another content` : text, {
          index,
          first,
          second: { epoch, hash, node },
        })
      }
      const [before, after] = [committed.get(index - 1), committed.get(index + 1)]
      if ((before && before.epoch > epoch) || (after && after.epoch < epoch))
        report(`epochs go back in the log at entry ${index} of epoch ${epoch}`, { index, before, after })
    },
  }
}
