/**
 * SPEC M1, R10: at no true instant do two nodes hold a valid lease as leader (invariant I1 of `machines/logic/lease.ts`). A lease
 * that ends in the instant in which another begins does not overlap it, in whichever order the two are observed.
 */
import type { Checker } from './checker.ts'

export function oneLeaderLease(): Checker {
  const holders = new Map<string, { epoch: number; sinceMs: number }>()
  /** Overlaps of this very instant, which are none if the older ends within it. */
  let pending: { older: string; newer: string; atMs: number; text: string }[] = []
  return {
    name: 'one-leader-lease',
    observe(seen, report) {
      if (pending.length > 0) {
        const due = pending.filter(({ atMs }) => atMs < seen.atMs)
        pending = pending.filter(({ atMs }) => atMs >= seen.atMs)
        for (const { text, older, newer, atMs } of due) report(text, { older, newer, beganAtMs: atMs })
      }
      if (seen.type === 'leaderLease.lost' || seen.type === 'node.ended') {
        holders.delete(seen.node)
        pending = pending.filter(({ older, newer }) => older !== seen.node && newer !== seen.node)
      }
      if (seen.type === 'leaderLease.gained') {
        const { node, epoch, atMs } = seen
        for (const [other, { epoch: otherEpoch }] of holders) {
          if (other === node) continue
          const text = `${node} has the lease of epoch ${epoch} while ${other} has that of epoch ${otherEpoch}`
          pending.push({ older: other, newer: node, atMs, text })
        }
        holders.set(node, { epoch, sinceMs: atMs })
      }
    },
  }
}
