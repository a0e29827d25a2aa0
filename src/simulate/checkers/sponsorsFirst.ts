/**
 * SPEC R5: nobody is told to begin to act for an assignment while those that it depends on are not served. What a master can know of that is
 * late: a sponsor that fell a moment ago, or whose last word was long on its way, is served as far as it knows. So a command is
 * wrong if at no instant of the time that news may take (`newsMs`) as many acted for the sponsor as the dependency needs.
 * What stays in its role while the sponsor goes is another matter: tolerance. So is one that acts, and is told so under the token of a
 * later decision: it begins nothing.
 */
import { compiled } from '../../../machines/logic/placement/index.ts'
import type { Configuration } from '../../../machines/model/configuration.ts'
import { type ComponentId, hostOf } from '../../../machines/model/ids.ts'
import { activeRoles } from '../../../machines/model/roles.ts'
import { type Checker, goneWith } from './checker.ts'

interface Sponsor {
  readonly name: string
  readonly neededCount: number
  /** Of one that is not to start itself nobody waits (mode `start`). */
  readonly isOnlyIfDecided: boolean
}

export function sponsorsFirst(configuration: Configuration, { newsMs }: { readonly newsMs: number }): Checker {
  const sponsors = sponsorsOf(configuration)
  /** Who acts, by assignment. */
  const acting = new Map<string, Map<string, { node: string; component: string }>>()
  /** When there were last so many, by assignment and number. */
  const lastMs = new Map<string, number>()

  function note(assignment: string, atMs: number): void {
    for (let count = acting.get(assignment)?.size ?? 0; count > 0; count--) lastMs.set(`${assignment} ${count}`, atMs)
  }
  return {
    name: 'sponsors-first',
    observe(seen, report) {
      const { atMs } = seen
      if (seen.type === 'role.changed') {
        const { assignment, component, node, role } = seen
        note(assignment, atMs)
        const all = acting.get(assignment) ?? new Map()
        acting.set(assignment, all)
        if (activeRoles.includes(role)) all.set(component, { node, component })
        else all.delete(component)
        note(assignment, atMs)
      }
      const isGone = goneWith(seen)
      if (isGone !== null)
        for (const [assignment, all] of acting) {
          note(assignment, atMs)
          for (const [component, one] of all) if (isGone(one)) all.delete(component)
        }
      if (seen.type !== 'primary.commanded') return
      if (acting.get(seen.assignment)?.has(hostOf(seen.component as ComponentId))) return
      for (const { name, neededCount, isOnlyIfDecided } of sponsors.get(seen.assignment) ?? []) {
        if (isOnlyIfDecided && seen.decidedCount(name) < neededCount) continue
        note(name, atMs)
        const last = lastMs.get(`${name} ${neededCount}`)
        if (last !== undefined && last + newsMs >= atMs) continue
        const since = last === undefined ? 'ever' : `since ${last.toFixed(1)} ms`
        report(
          `${seen.component} is told to be primary of ${seen.assignment}, and not ${neededCount} acted for ${name} ${since}`,
        )
      }
    },
  }
}

function sponsorsOf(configuration: Configuration): ReadonlyMap<string, readonly Sponsor[]> {
  const { assignments, sponsorsOf: all } = compiled(configuration)
  return new Map(
    assignments.map(({ name }, index) => [
      name,
      all[index]!.map(({ sponsor, instanceCountMin, mode }) => ({
        name: assignments[sponsor]!.name,
        neededCount: instanceCountMin,
        isOnlyIfDecided: mode === 'start',
      })),
    ]),
  )
}
