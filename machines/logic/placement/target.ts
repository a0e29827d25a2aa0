/**
 * Which role each place of an assignment should have (SPEC R2, R3, R5, R6, R7; DESIGN §4), in the words of the input: what
 * `allocate/` decided in numbers. What a failure did not touch stays where it is, and nothing fails back unless it is configured to.
 */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { type Allocation, allocate } from './allocate/allocate.ts'
import { withStatesKept } from './allocate/displaced.ts'
import { reasonOf } from './allocate/shortage.ts'
import { isPrimaryRole, isSecondaryRole } from './allocate/situation.ts'
import { type Survey, surveyed } from './allocate/survey.ts'
import { type Candidate, candidatesOf, isLeftAlone } from './candidate.ts'
import { compiled } from './compile.ts'
import type { PlanInput } from './input.ts'
import { goneOf } from './retired.ts'

export interface Target {
  readonly assignment: AssignmentName
  readonly roles: Readonly<Record<ComponentId, Role>>
  /** Why it is not as configured, in words for operators; null when it is. */
  readonly reason: string | null
}

/** All targets, and what the next plan can take over from them. */
export interface Decided {
  readonly survey: Survey
  readonly allocation: Allocation
  readonly isForNow: boolean
  /** By name, in order; those that are no longer configured among them. */
  readonly targets: readonly Target[]
  /** Of the configured ones, by index. */
  readonly configured: readonly Target[]
  /** By index: 1 where it is not as configured. */
  readonly hasReason: Uint8Array
}

const known = new WeakMap<PlanInput, Decided>()

/** Made once for an input. `before` only saves work. */
export function decided(input: PlanInput, before: Decided | null = null): Decided {
  const made = known.get(input) ?? decide(input, before)
  known.set(input, made)
  return made
}

/** The target of one assignment, beside all others of the input. */
export function targetOf(input: PlanInput, assignment: AssignmentName): Target {
  return decided(input).targets.find((target) => target.assignment === assignment) ?? targetOfGone(input, assignment)
}

function decide(input: PlanInput, before: Decided | null): Decided {
  const reused = before?.isForNow ? null : before
  const first = surveyed(input, reused?.survey ?? null)
  const { survey, allocation, isForNow } = withStatesKept(first, allocate(first, reused?.allocation ?? null))
  const of = compiled(input.configuration)
  const kept = reused?.survey.situations.of === of ? reused : null
  const configured = kept ? kept.configured.slice() : []
  const isOutdated = kept && outdatedIn(kept, survey, allocation)
  const hasReason = new Uint8Array(of.assignments.length)
  for (let index = 0; index < hasReason.length; index++) {
    const areRolesKept = isOutdated?.[index] === 0
    // As configured then, as configured now; what it lacked may have changed with what others have.
    if (areRolesKept && kept!.hasReason[index] === 0) continue
    const target = targetAt({ survey, allocation, index }, areRolesKept ? configured[index]! : null)
    configured[index] = target
    if (target.reason !== null) hasReason[index] = 1
  }
  return { survey, allocation, isForNow, targets: withGone(input, configured), configured, hasReason }
}

interface At {
  readonly survey: Survey
  readonly allocation: Allocation
  readonly index: number
}

/** `kept`: that of the plan before, of which no role has changed. */
function targetAt(at: At, kept: Target | null): Target {
  const { survey, allocation, index } = at
  const { situations } = survey
  const candidates = situations.candidates[index]!
  const reason = reasonOf(allocation.ledger, index)
  if (kept?.reason === reason) return kept
  const roles: Record<ComponentId, Role> = {}
  for (let place = 0; place < candidates.length; place++)
    roles[candidates[place]!.component] = roleOf(at, candidates[place]!, place)
  return { assignment: situations.of.assignments[index]!.name, roles, reason }
}

/** By index: 0 where the roles are those of the plan before: nothing of them is new, and no place of them has another role. */
function outdatedIn({ allocation: before }: Decided, survey: Survey, { ledger }: Allocation): Uint8Array {
  const isOutdated = survey.isAnew.slice()
  const { of, roles } = ledger
  const rolesBefore = before.ledger.roles
  for (let slot = 0; slot < roles.length; slot++)
    if (roles[slot] !== rolesBefore[slot]) isOutdated[of.slotAssignments[slot]!] = 1
  for (const component of of.needing) for (const index of of.components[component]!.assignments) isOutdated[index] = 1
  return isOutdated
}

function roleOf(at: At, candidate: Candidate, place: number): Role {
  const { survey, allocation, index } = at
  const { situations } = survey
  const { roles, primaryCounts } = allocation.ledger
  const given = candidate.slot < 0 ? 0 : roles[candidate.slot]
  if (given === isPrimaryRole) return 'primary'
  if (given === isSecondaryRole) return 'secondary'
  const isHolder = situations.holders[index] === place
  if (isHolder && primaryCounts[index] === situations.fixedPrimaryCounts[index]) return 'primary'
  if (isLeftAlone(candidate)) return candidate.intended?.role ?? 'offline'
  return canBeSpare(at, candidate) ? 'spare' : 'offline'
}

/** A spare of a hot type runs: so nothing of it is where its wishes forbid it, or where what it needs is not (SPEC R5). */
function canBeSpare(at: At, { isUsable, slot }: Candidate): boolean {
  const { of } = at.survey.situations
  const { canBeSpare: isRole, component } = of.assignments[at.index]!
  if (!isUsable || !isRole || of.slotForbids[slot] === 1) return false
  const needs = of.needsOf[component]!
  if (needs.length === 0) return true
  return needs.every(({ sponsor, kind }) => {
    const roles = rolesOn(at, sponsor, of.slotNodes[slot]!)
    return roles.some((role) => (kind === 'proxy' ? role === 'primary' : role !== 'offline'))
  })
}

/** Of a component on a node: one for each assignment that it serves. */
function rolesOn({ survey, allocation }: At, component: number, node: number): Role[] {
  const { of, candidates } = survey.situations
  return of.components[component]!.assignments.flatMap((index) => {
    const place = candidates[index]!.findIndex(({ slot }) => slot >= 0 && of.slotNodes[slot] === node)
    return place < 0 ? [] : [roleOf({ survey, allocation, index }, candidates[index]![place]!, place)]
  })
}

function withGone(input: PlanInput, configured: readonly Target[]): readonly Target[] {
  const gone = goneOf(input)
  if (gone.length === 0) return configured
  const all = [...configured, ...gone.map((name) => targetOfGone(input, name))]
  return all.sort((a, b) => (a.assignment < b.assignment ? -1 : 1))
}

/** Nobody serves it any more; of those whose node has not said what is, nothing is decided yet. */
function targetOfGone(input: PlanInput, assignment: AssignmentName): Target {
  const roles = candidatesOf(input, assignment).map(({ component, isPending, intended }) => [
    component,
    isPending ? intended!.role : 'offline',
  ])
  return { assignment, roles: Object.fromEntries(roles), reason: null }
}
