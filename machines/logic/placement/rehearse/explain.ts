/** Why each place of an assignment has its role in the end, and why the others have not. */
import type { AssignmentName, ComponentId } from '../../../model/ids.ts'
import type { Role } from '../../../model/roles.ts'
import { whyNotHere } from '../allocate/shortage.ts'
import { isPrimaryRole, isSecondaryRole } from '../allocate/situation.ts'
import { type Candidate, candidatesOf, isReadySecondary } from '../candidate.ts'
import { compiled } from '../compile.ts'
import type { PlanInput } from '../input.ts'
import { decided } from '../target.ts'

export interface Explanation {
  readonly assignment: AssignmentName
  readonly place: ComponentId
  /** What it is meant to be in the end. */
  readonly role: Role
  readonly text: string
}

/** `reasons`: of the last step of each place. */
export function explain(
  { before, after, reasons }: { before: PlanInput; after: PlanInput; reasons: ReadonlyMap<ComponentId, string> },
  assignment: AssignmentName,
): Explanation[] {
  const index = compiled(after.configuration).assignmentIndexes.get(assignment)
  if (index === undefined) return []
  const { ledger } = decided(after).allocation
  const { secondaryPreferred } = compiled(after.configuration).assignments[index]!
  const candidates = candidatesOf(after, assignment)
  // Where there is a primary, the others might be secondaries.
  const hasPrimary = candidates.some(({ intended }) => intended?.role === 'primary')
  const lacking = hasPrimary && secondaryPreferred > 0 ? isSecondaryRole : isPrimaryRole
  const was = new Map(candidatesOf(before, assignment).map((candidate) => [candidate.component, candidate]))
  return candidates.map((candidate) => {
    const { component, intended } = candidate
    const role = intended?.role ?? 'offline'
    if (isServing(role))
      return { assignment, place: component, role, text: reasons.get(component) ?? stays(was.get(component), role) }
    const text = whyNotHere(ledger, candidate, lacking) ?? whyOthers(candidates, candidate, was)
    return { assignment, place: component, role, text }
  })
}

const isServing = (role: Role): boolean => role === 'primary' || role === 'secondary'

function stays(before: Candidate | undefined, role: Role): string {
  return before?.intended?.role === role ? 'it stays where it is: nothing moves without need' : 'it was the best choice'
}

/** It could serve as well; those that do were preferred. */
function whyOthers(
  candidates: readonly Candidate[],
  candidate: Candidate,
  was: ReadonlyMap<ComponentId, Candidate>,
): string {
  const serving = candidates.filter(({ intended }) => isServing(intended?.role ?? 'offline'))
  if (serving.length === 0) return 'it could serve; see what the others wait for'
  return `it could serve as well: ${serving.map((other) => whyBefore(other, candidate, was)).join('; ')}`
}

function whyBefore(
  { component, intended }: Candidate,
  other: Candidate,
  was: ReadonlyMap<ComponentId, Candidate>,
): string {
  const [before, otherBefore] = [was.get(component), was.get(other.component)]
  if (before?.intended?.role === intended!.role) return `${component} is ${intended!.role} already`
  if (before && isReadySecondary(before) && !(otherBefore && isReadySecondary(otherBefore)))
    return `${component} was in step`
  if (otherBefore?.hasFailed) return `${component} has not failed`
  return `${component} comes first, by order or by load`
}
