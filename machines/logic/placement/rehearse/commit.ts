/** What the CRIM would write down of a plan: the targets as intents, what changed under a new token. */
import type { AssignmentName, ComponentId } from '../../../model/ids.ts'
import type { Role } from '../../../model/roles.ts'
import type { IntendedRole, Intent } from '../../../model/status.ts'
import { compareTokens, type Token, zeroToken } from '../../../model/token.ts'
import { candidatesOf } from '../candidate.ts'
import type { PlanInput } from '../input.ts'
import { isRenewed, isSponsorChanged, sponsorTokens } from '../stepsRenewal.ts'
import type { Target } from '../target.ts'

/** A place that is to be something else, or the same anew. */
export interface Decision {
  readonly assignment: AssignmentName
  readonly place: ComponentId
  readonly from: Role | null
  readonly to: Role
  /** Why the assignment is not, or not yet, as wanted. */
  readonly reason: string | null
}

export interface Committed {
  readonly intents: PlanInput['intents']
  readonly decisions: readonly Decision[]
  readonly token: Token
  readonly isChanged: boolean
}

/**
 * Takes the targets over, as the CRIM does (`intentChange` of machines/crim/intents.ts). Each assignment that changes gets the next
 * token, as its entry in the log would.
 */
export function commit(input: PlanInput, targets: readonly Target[], last: Token): Committed {
  const intents: Record<AssignmentName, Intent> = { ...input.intents }
  const decisions: Decision[] = []
  let token = last
  let isChanged = false
  for (const target of targets) {
    const before = input.intents[target.assignment] ?? null
    if (isPlainlyKept(input, target, before)) continue
    const change = changeOf(input, target, before)
    if (change === null) continue
    isChanged = true
    if (change.isGone) {
      delete intents[target.assignment]
      continue
    }
    token = { ...token, index: token.index + 1 }
    intents[target.assignment] = intentOf(before, target, { ...change, token })
    for (const place of change.places) decisions.push(decisionOf(before, target, place))
  }
  return { intents: isChanged ? intents : input.intents, decisions, token, isChanged }
}

/** Seen at a glance: of the many that nothing has happened to, which are most, nothing more is made. */
function isPlainlyKept(
  { configuration, statuses }: PlanInput,
  { assignment, roles }: Target,
  before: Intent | null,
): boolean {
  if (before === null || before.sponsors || configuration.assignments[assignment]?.activeTwice === 'stopAll')
    return false
  const places = Object.keys(roles) as ComponentId[]
  if (places.length === 0 || places.length !== Object.keys(before.roles).length) return false
  return places.every((place) => {
    const role = roles[place]!
    return before.roles[place]?.role === role && (role === 'offline' || statuses[place]?.role !== 'offline')
  })
}

interface IntentChange {
  /** Nothing is left of an assignment that is no longer configured. */
  readonly isGone: boolean
  /** Those that are to be something else, or the same anew. */
  readonly places: readonly ComponentId[]
  readonly sponsors: Intent['sponsors']
}

function changeOf(input: PlanInput, target: Target, before: Intent | null): IntentChange | null {
  const { assignment, roles } = target
  const configured = input.configuration.assignments[assignment]
  const candidates = candidatesOf(input, assignment)
  if (configured === undefined && candidates.length === 0) return before && { isGone: true, places: [], sponsors: {} }
  const sponsors = sponsorTokens(input, assignment)
  const places = candidates
    .filter((candidate) => {
      const isKept = candidate.intended?.role === roles[candidate.component]
      return !isKept || isRenewed(configured, candidates, candidate)
    })
    .map(({ component }) => component)
  const isDropped = Object.keys(before?.roles ?? {}).some((place) => roles[place as ComponentId] === undefined)
  const isChanged = places.length > 0 || isDropped || isSponsorChanged(before?.sponsors, sponsors)
  return isChanged ? { isGone: false, places, sponsors } : null
}

function intentOf(
  before: Intent | null,
  { assignment, roles }: Target,
  of: Pick<IntentChange, 'places' | 'sponsors'> & { token: Token },
): Intent {
  const changed = new Set(of.places)
  const intended = (Object.keys(roles) as ComponentId[]).map((place): [ComponentId, IntendedRole] => [
    place,
    changed.has(place) ? { role: roles[place]!, token: of.token } : before!.roles[place]!,
  ])
  return { assignment, roles: Object.fromEntries(intended), ...(of.sponsors && { sponsors: of.sponsors }) }
}

function decisionOf(before: Intent | null, { assignment, roles, reason }: Target, place: ComponentId): Decision {
  return { assignment, place, from: before?.roles[place]?.role ?? null, to: roles[place]!, reason }
}

/** The newest token that anything in the input carries: those given from now on are newer. */
export function newestToken(input: PlanInput): Token {
  let newest: Token = { ...zeroToken, epoch: 1 }
  const see = (token: Token) => {
    if (compareTokens(token, newest) > 0) newest = token
  }
  for (const { roles } of Object.values(input.intents)) for (const { token } of Object.values(roles)) see(token)
  for (const { token } of Object.values(input.statuses)) see(token)
  for (const { token } of Object.values(input.commanded)) see(token)
  return newest
}
