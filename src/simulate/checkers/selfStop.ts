/**
 * SPEC E4, E5, M1: a node that lost its lease has stopped its exclusive primaries after `selfStopMs` (of its own clock, at most 1 %
 * slow), whether or not anybody takes them over. A lease ends by the latest heartbeat that was echoed (lease.ts, 3), however late the
 * echo comes: who waits for this node counts from when that heartbeat was heard, or later. Measured: the smallest time that was left.
 */
import { clockDrift } from '../../../machines/logic/lease.ts'
import { activeRoles } from '../../../machines/model/roles.ts'
import type { Checker } from './checker.ts'

export interface SelfStopOptions {
  readonly selfStopMs: number
  /** For wake-ups that come late, and what a kill takes. */
  readonly toleranceMs: number
}

export function selfStop({ selfStopMs, toleranceMs }: SelfStopOptions): Checker {
  const allowedMs = selfStopMs / (1 - clockDrift) + toleranceMs
  const lostAtMs = new Map<string, number>()
  /** Component to its node: exclusive ones that act. */
  const acting = new Map<string, string>()
  const told = new Set<string>()
  let leftMinMs = Number.POSITIVE_INFINITY
  return {
    name: 'self-stop',
    observe(seen, report) {
      for (const [component, node] of acting) {
        const lateMs = seen.atMs - (lostAtMs.get(node) ?? Number.POSITIVE_INFINITY) - allowedMs
        if (lateMs <= 0 || told.has(component)) continue
        told.add(component)
        report(`${component} still acts ${Math.ceil(lateMs)} ms after its node should have stopped it`, {
          component,
          node,
        })
      }
      if (seen.type === 'nodeLease.gained' || seen.type === 'node.started') lostAtMs.delete(seen.node)
      if (seen.type === 'nodeLease.lost') lostAtMs.set(seen.node, seen.endedAtMs)
      if (seen.type === 'role.changed' && seen.isExclusive && activeRoles.includes(seen.role))
        acting.set(seen.component, seen.node)
      else if (seen.type === 'role.changed' || seen.type === 'component.ended') {
        const sinceMs = acting.has(seen.component) ? lostAtMs.get(seen.node) : undefined
        if (sinceMs !== undefined) leftMinMs = Math.min(leftMinMs, sinceMs + allowedMs - seen.atMs)
        acting.delete(seen.component)
        told.delete(seen.component)
      } else if (seen.type === 'node.ended')
        for (const [component, node] of acting) if (node === seen.node) acting.delete(component)
    },
    figures: () => (Number.isFinite(leftMinMs) ? { selfStopLeftMinMs: leftMinMs } : {}),
  }
}
