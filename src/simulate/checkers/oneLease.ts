/**
 * SPEC M1, R10: at no true instant do two nodes hold a valid lease as leader (invariant I1 of `machines/logic/lease.ts`), nor is
 * one elected while another holds one of an earlier epoch: the votes for it had to wait for that lease, or for its holder to give
 * it up. A lease that ends in the instant in which another begins does not overlap it, in whichever order the two are observed.
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
      if (seen.type !== 'leaderLease.gained' && seen.type !== 'leader.elected') return
      const { node, epoch, atMs } = seen
      const what = seen.type === 'leader.elected' ? 'is elected for' : 'has the lease of'
      for (const [other, { epoch: otherEpoch }] of holders) {
        if (other === node || (seen.type === 'leader.elected' && otherEpoch >= epoch)) continue
        const text = `${node} ${what} epoch ${epoch} while ${other} has the lease of epoch ${otherEpoch}`
        pending.push({ older: other, newer: node, atMs, text })
      }
      if (seen.type === 'leaderLease.gained') holders.set(node, { epoch, sinceMs: atMs })
    },
  }
}
