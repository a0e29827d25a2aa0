/**
 * Which role each component of an assignment should have (SPEC R2, R3, R7; DESIGN §4). The objective, in order: a primary
 * that has the state; the redundancy; fewest moves of primaries; fewest moves of secondaries; the preferred node. What a
 * failure did not touch stays where it is, and nothing fails back by itself.
 */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { type Candidate, candidatesOf } from './candidate.ts'
import type { PlanInput } from './input.ts'
import { sortBy } from './preference.ts'
import { choosePrimary, type PrimaryChoice } from './primary.ts'
import { noSecondaryReason } from './reasons.ts'

export interface Target {
  readonly assignment: AssignmentName
  readonly roles: Readonly<Record<ComponentId, Role>>
  /** Why it is not as configured, in words for operators; null when it is. */
  readonly reason: string | null
}

export function targetOf(input: PlanInput, assignment: AssignmentName): Target {
  const candidates = candidatesOf(input, assignment)
  if (!input.configuration.assignments[assignment]) return targetOfGone(assignment, candidates)
  const choice = choosePrimary(input, assignment, candidates)
  const secondaryCount = input.configuration.assignments[assignment]!.redundancy === '2N' ? 1 : 0
  const secondaries = chooseSecondaries(candidates, choice, secondaryCount)
  const roles: Record<ComponentId, Role> = {}
  for (const candidate of candidates) {
    roles[candidate.component] = roleOf(candidate, { primary: choice.primary, secondaries })
  }
  const isShort = secondaries.length < secondaryCount
  return { assignment, roles, reason: choice.reason ?? (isShort ? noSecondaryReason(candidates) : null) }
}

/** Nobody serves it any more; of those whose node has not said what is, nothing is decided yet. */
function targetOfGone(assignment: AssignmentName, candidates: readonly Candidate[]): Target {
  const roles = candidates.map(({ component, isPending, intended }) => [
    component,
    isPending ? intended!.role : 'offline',
  ])
  return { assignment, roles: Object.fromEntries(roles), reason: null }
}

function roleOf(candidate: Candidate, chosen: { primary: Candidate | null; secondaries: readonly Candidate[] }): Role {
  if (candidate === chosen.primary) return 'primary'
  if (chosen.secondaries.includes(candidate)) return 'secondary'
  if (candidate.isPending) return candidate.intended?.role ?? 'offline'
  return candidate.isUsable ? 'spare' : 'offline'
}

/** The heir first; then who is secondary already, then who was primary, then the spares; the sound before the failed. */
function chooseSecondaries(
  candidates: readonly Candidate[],
  { primary, heir }: PrimaryChoice,
  count: number,
): Candidate[] {
  if (primary === null) return []
  const others = candidates.filter((candidate) => candidate !== primary)
  const pending = others.filter(({ isPending, intended }) => isPending && intended?.role === 'secondary')
  const usable = sortBy(
    others.filter(({ isUsable }) => isUsable),
    (candidate) => [
      candidate !== heir,
      candidate.hasFailed,
      candidate.intended?.role !== 'secondary',
      candidate.intended?.role !== 'primary',
    ],
  )
  return [...pending, ...usable].slice(0, count)
}
