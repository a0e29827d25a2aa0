/**
 * SPEC R1, R7, E5: of an exclusive assignment there are never two components that act (primary or quiescing) at one true instant.
 * Measured: the smallest slack between the end of one node's primary and the beginning of another's, where the first stopped
 * without the second's node being able to ask it: it had lost its lease. Zero or less is an overlap.
 */
import { activeRoles } from '../../../machines/model/roles.ts'
import type { Observation } from '../observation.ts'
import { type Checker, goneWith, type Report } from './checker.ts'

interface Acting {
  readonly node: string
  readonly component: string
  readonly sinceMs: number
}

interface Stopped {
  readonly node: string
  readonly atMs: number
  readonly hadLease: boolean
}

export function oneExclusivePrimary(): Checker {
  const acting = new Map<string, Map<string, Acting>>()
  const stopped = new Map<string, Stopped>()
  const withoutLease = new Set<string>()
  let pending: { atMs: number; assignment: string; components: readonly [string, string]; text: string }[] = []
  let slackMinMs = Number.POSITIVE_INFINITY

  function end(assignment: string, component: string, atMs: number) {
    const one = acting.get(assignment)?.get(component)
    if (one === undefined) return
    acting.get(assignment)!.delete(component)
    stopped.set(assignment, { node: one.node, atMs, hadLease: !withoutLease.has(one.node) })
    pending = pending.filter(
      (overlap) => overlap.atMs < atMs || overlap.assignment !== assignment || !overlap.components.includes(component),
    )
  }
  function begin(seen: Extract<Observation, { type: 'role.changed' }>) {
    const { assignment, component, node, atMs } = seen
    const holders = acting.get(assignment) ?? new Map<string, Acting>()
    acting.set(assignment, holders)
    if (holders.has(component)) return
    for (const other of holders.values()) {
      const text = `${assignment}: ${component} acts while ${other.component} does, since ${other.sinceMs} ms`
      pending.push({ atMs, assignment, components: [other.component, component], text })
    }
    const last = stopped.get(assignment)
    if (last && !last.hadLease && last.node !== node) slackMinMs = Math.min(slackMinMs, atMs - last.atMs)
    holders.set(component, { node, component, sinceMs: atMs })
  }
  function settle(atMs: number, report: Report) {
    if (pending.length === 0) return
    const due = pending.filter((overlap) => overlap.atMs < atMs)
    pending = pending.filter((overlap) => overlap.atMs >= atMs)
    for (const { text, assignment, components, atMs: beganAtMs } of due)
      report(text, { assignment, components, beganAtMs })
  }

  return {
    name: 'one-exclusive-primary',
    observe(seen, report) {
      settle(seen.atMs, report)
      if (seen.type === 'nodeLease.gained') withoutLease.delete(seen.node)
      if (seen.type === 'nodeLease.lost') withoutLease.add(seen.node)
      if (seen.type === 'role.changed' && seen.isExclusive) {
        if (activeRoles.includes(seen.role)) begin(seen)
        else end(seen.assignment, seen.component, seen.atMs)
      }
      const isGone = goneWith(seen)
      if (isGone === null) return
      for (const [assignment, holders] of acting)
        for (const one of [...holders.values()]) if (isGone(one)) end(assignment, one.component, seen.atMs)
    },
    figures: () => (Number.isFinite(slackMinMs) ? { takeOverSlackMinMs: slackMinMs } : {}),
  }
}
