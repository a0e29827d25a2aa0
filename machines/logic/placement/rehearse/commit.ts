/** What the CRIM would write down of a plan: the targets as intents, what changed under a new token. */
import type { AssignmentName, ComponentId } from '../../../model/ids.ts'
import type { Role } from '../../../model/roles.ts'
import type { ComponentStatus, IntendedRole, Intent } from '../../../model/status.ts'
import { compareTokens, type Token, zeroToken } from '../../../model/token.ts'
import type { PlanInput } from '../input.ts'
import type { Target } from '../target.ts'

/** A place that is to be something else, or the same anew. */
export interface Decision {
  readonly assignment: AssignmentName
  readonly place: ComponentId
  readonly from: Role | null
  readonly to: Role
}

export interface Committed {
  readonly intents: PlanInput['intents']
  readonly decisions: readonly Decision[]
  readonly token: Token
  readonly isChanged: boolean
}

/** Takes the targets over. Each assignment that changes gets the next token, as its entry in the log would. */
export function commit(input: PlanInput, targets: readonly Target[], last: Token): Committed {
  const intents: Record<AssignmentName, Intent> = { ...input.intents }
  const decisions: Decision[] = []
  let token = last
  let isChanged = false
  for (const target of targets) {
    const before = input.intents[target.assignment] ?? null
    const places = Object.keys(target.roles) as ComponentId[]
    const isGone = input.configuration.assignments[target.assignment] === undefined && places.length === 0
    const changed = places.filter((place) => isNew(input, before, { place, role: target.roles[place]! }))
    const isDropped = Object.keys(before?.roles ?? {}).some((place) => target.roles[place as ComponentId] === undefined)
    if (changed.length === 0 && !isDropped && !(isGone && before)) continue
    isChanged = true
    if (isGone) {
      delete intents[target.assignment]
      continue
    }
    token = { ...token, index: token.index + 1 }
    intents[target.assignment] = intentOf(before, target, { changed: new Set(changed), token })
    for (const place of changed) decisions.push(decisionOf(before, target, place))
  }
  return { intents: isChanged ? intents : input.intents, decisions, token, isChanged }
}

function isNew(input: PlanInput, before: Intent | null, of: { place: ComponentId; role: Role }): boolean {
  const intended = before?.roles[of.place]
  return intended?.role !== of.role || isFallen(input.statuses[of.place] ?? null, intended)
}

/** One that took its role and fell out of it is brought back under a new token (as `machines/crim/reconcile.ts` does). */
function isFallen(status: ComponentStatus | null, intended: IntendedRole): boolean {
  if (status === null || status.failure === null || intended.role === 'offline') return false
  const isDown = status.role === 'offline' && status.phase === 'stopped'
  return isDown && compareTokens(status.token, intended.token) >= 0
}

function intentOf(before: Intent | null, target: Target, of: { changed: Set<ComponentId>; token: Token }): Intent {
  const roles = (Object.keys(target.roles) as ComponentId[]).map((place): [ComponentId, IntendedRole] => [
    place,
    of.changed.has(place) ? { role: target.roles[place]!, token: of.token } : before!.roles[place]!,
  ])
  return { ...before, assignment: target.assignment, roles: Object.fromEntries(roles) }
}

function decisionOf(before: Intent | null, { assignment, roles }: Target, place: ComponentId): Decision {
  return { assignment, place, from: before?.roles[place]?.role ?? null, to: roles[place]! }
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
