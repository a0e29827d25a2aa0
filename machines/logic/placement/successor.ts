/** Where an operator's switch-over goes (SPEC R8). */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import { tierOfOther } from './allocate/tiers.ts'
import { type Candidate, candidatesOf, isReadySecondary } from './candidate.ts'
import { type Compiled, compiled } from './compile.ts'
import type { PlanInput } from './input.ts'
import { targetOf } from './target.ts'

/** The one that is asked for, or the best, or null: only to one that is sound. */
export function requestedSuccessor(
  candidates: readonly Candidate[],
  current: Candidate | null,
  to: ComponentId | null,
): Candidate | null {
  const sound = candidates.filter((candidate) => candidate !== current && candidate.isUsable && !candidate.hasFailed)
  if (to !== null) return sound.find(({ component }) => component === to) ?? null
  let best: Candidate | null = null
  for (const candidate of sound) if (best === null || tierOfOther(candidate) < tierOfOther(best)) best = candidate
  return best
}

/** Why the plan would not do it, or would undo it at once; null: it follows. */
export function whyNotFollowed(input: PlanInput, assignment: AssignmentName, to: ComponentId): string | null {
  const of = compiled(input.configuration)
  const candidates = candidatesOf(input, assignment)
  const successor = candidates.find(({ component }) => component === to)!
  const current = candidates.find(({ intended }) => intended?.role === 'primary') ?? null
  if (current && isPreferred(of, current, successor))
    return `${assignment} fails back: it would return from ${to} to ${current.component} at once`
  const { roles } = targetOf({ ...input, requests: { ...input.requests, [assignment]: { to } } }, assignment)
  if (roles[to] === 'primary' || (roles[to] === 'secondary' && !isReadySecondary(successor))) return null
  const bound = of.togethersOf[of.assignmentIndexes.get(assignment)!]!.filter(({ weight }) => weight === null)
  if (bound.length === 0) return null
  return `${assignment} does not move alone: it stands together with others (${bound.map(({ name }) => name).join(', ')})`
}

/** It would fail back from the other one to this. */
function isPreferred(of: Compiled, { slot }: Candidate, { slot: other }: Candidate): boolean {
  if (slot < 0 || other < 0) return false
  const { isFailingBack, isRanked } = of.assignments[of.slotAssignments[slot]!]!
  const wish = of.slotWishes[slot]! - of.slotWishes[other]!
  return isFailingBack && (wish > 0 || (wish === 0 && isRanked && slot < other))
}
