/**
 * What programs hold at each true instant: for which assignments they act (primary or quiescing) or stand by (secondary). A rule says what is
 * wrong with all of it together; it is asked whenever an instant is over in which something changed, so that what ends and what begins
 * in the same millisecond does not meet.
 */
import { activeRoles } from '../../../machines/model/roles.ts'
import { type Checker, goneWith, type Report } from './checker.ts'

export interface Held {
  readonly node: string
  /** Of the process: of a proxied component its proxy. */
  readonly component: string
  readonly assignment: string
  readonly role: 'primary' | 'secondary'
}

export interface Wrong {
  /** The same as long as it is the same thing that is wrong. */
  readonly text: string
  /** It may be so for that long; left out: not at all. */
  readonly toleranceMs?: number
  /** How it must end, then; left out: in any way. */
  readonly endsWell?: (held: readonly Held[]) => boolean
}

export type Rule = (held: readonly Held[]) => readonly Wrong[]

interface Lasting extends Wrong {
  readonly sinceMs: number
  isReported: boolean
}

export function standing(name: string, rule: Rule): Checker {
  const held = new Map<string, Held>()
  const lasting = new Map<string, Lasting>()
  let changedAtMs: number | null = null

  function judge(sinceMs: number, report: Report): void {
    const all = [...held.values()]
    const found = new Map(rule(all).map((wrong) => [wrong.text, wrong]))
    for (const [text, before] of lasting) {
      if (found.has(text)) continue
      lasting.delete(text)
      if (!before.isReported && before.endsWell?.(all) === false) tell(before, report)
    }
    for (const [text, wrong] of found)
      if (!lasting.has(text)) lasting.set(text, { ...wrong, sinceMs, isReported: false })
  }
  function settle(atMs: number, report: Report): void {
    if (changedAtMs !== null && changedAtMs < atMs) {
      judge(changedAtMs, report)
      changedAtMs = null
    }
    for (const one of lasting.values())
      if (!one.isReported && one.sinceMs + (one.toleranceMs ?? 0) < atMs) tell(one, report)
  }

  return {
    name,
    observe(seen, report) {
      settle(seen.atMs, report)
      if (seen.type === 'role.changed') {
        const { node, component, assignment, role } = seen
        const key = JSON.stringify([component, assignment])
        if (activeRoles.includes(role)) held.set(key, { node, component, assignment, role: 'primary' })
        else if (role === 'secondary') held.set(key, { node, component, assignment, role })
        else held.delete(key)
        changedAtMs = seen.atMs
      }
      const isGone = goneWith(seen)
      if (isGone === null) return
      for (const [key, one] of held) if (isGone(one)) held.delete(key)
      changedAtMs = seen.atMs
    },
  }
}

function tell(one: Lasting, report: Report): void {
  one.isReported = true
  report(one.text, { sinceMs: one.sinceMs })
}
