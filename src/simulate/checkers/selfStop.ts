/**
 * SPEC E4, E5, M1: a node that lost its lease has stopped its exclusive primaries after `selfStopMs` (of its own clock, at most 1 %
 * slow), whether or not anybody takes them over. A lease ends by the latest heartbeat that was echoed (lease.ts, 3), however late the
 * echo comes: who waits for this node counts from when that heartbeat was heard, or later. Measured: the smallest time that was left.
 */
import { clockDrift } from '../../../machines/logic/lease.ts'
import { activeRoles } from '../../../machines/model/roles.ts'
import { type Checker, goneWith } from './checker.ts'

export interface SelfStopOptions {
  readonly selfStopMs: number
  /** For wake-ups that come late, and what a kill takes. */
  readonly toleranceMs: number
}

export function selfStop({ selfStopMs, toleranceMs }: SelfStopOptions): Checker {
  const allowedMs = selfStopMs / (1 - clockDrift) + toleranceMs
  const lostAtMs = new Map<string, number>()
  /** Exclusive ones that act, by component and assignment. */
  const acting = new Map<string, { node: string; component: string }>()
  const told = new Set<string>()
  let leftMinMs = Number.POSITIVE_INFINITY
  return {
    name: 'self-stop',
    observe(seen, report) {
      for (const [key, { component, node }] of acting) {
        const lateMs = seen.atMs - (lostAtMs.get(node) ?? Number.POSITIVE_INFINITY) - allowedMs
        if (lateMs <= 0 || told.has(key)) continue
        told.add(key)
        report(`${component} still acts ${Math.ceil(lateMs)} ms after its node should have stopped it`, {
          component,
          node,
        })
      }
      if (seen.type === 'nodeLease.gained' || seen.type === 'node.started') lostAtMs.delete(seen.node)
      if (seen.type === 'nodeLease.lost') lostAtMs.set(seen.node, seen.endedAtMs)
      if (seen.type === 'role.changed' && seen.isExclusive && activeRoles.includes(seen.role)) {
        const { component, assignment, node } = seen
        acting.set(JSON.stringify([component, assignment]), { component, node })
        return
      }
      const hasEnded = seen.type === 'role.changed' ? ofRole(seen) : goneWith(seen)
      if (hasEnded === null) return
      for (const [key, one] of acting) {
        if (!hasEnded(one, key)) continue
        const lostMs = seen.type === 'node.ended' ? undefined : lostAtMs.get(one.node)
        if (lostMs !== undefined) leftMinMs = Math.min(leftMinMs, lostMs + allowedMs - seen.atMs)
        acting.delete(key)
        told.delete(key)
      }
    },
    figures: () => (Number.isFinite(leftMinMs) ? { selfStopLeftMinMs: leftMinMs } : {}),
  }
}

function ofRole({ component, assignment }: { component: string; assignment: string }) {
  const wanted = JSON.stringify([component, assignment])
  return (_: unknown, key: string) => key === wanted
}
