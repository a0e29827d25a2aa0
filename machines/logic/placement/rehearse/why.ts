/** Why a place is to be something else than before, in words for operators. */
import { type AssignmentName, type ComponentId, componentNameOf, hostOf, nodeOf } from '../../../model/ids.ts'
import { servingLimitsOf } from '../../../model/redundancy.ts'
import type { Role } from '../../../model/roles.ts'
import { upAvailabilities } from '../../../model/status.ts'
import type { PlanInput } from '../input.ts'
import type { Decision } from './commit.ts'

/** By what was known when it was decided; `decisions` are all that were made then. */
export function whyDecided(input: PlanInput, decision: Decision, decisions: readonly Decision[]): string {
  const { place, from, to, assignment, reason } = decision
  const own = troubleOf(input, place)
  if (from === to) return own ?? 'its role is given anew'
  const others = decisions.filter((other) => other.assignment === assignment && other !== decision)
  if (isLeaving(from, to)) {
    const successor = others.find((other) => other.to === from)
    const instead = successor ? `${successor.place} is ${from} instead` : null
    return [own, instead].filter(Boolean).join('; ') || (whyGivesWay(input, decision, decisions) ?? reason ?? idle(to))
  }
  if (!isServing(to)) return own ?? idle(to)
  const left = others.find((other) => other.from === to && other.to !== to)
  return left ? whyInstead(input, left) : `${assignment} has too few ${to === 'primary' ? 'primaries' : 'secondaries'}`
}

/** A component that can't be both gives up what it is secondary for when it is to be primary. */
function whyGivesWay(input: PlanInput, { place, from }: Decision, decisions: readonly Decision[]): string | null {
  const host = hostOf(place)
  const { components, types } = input.configuration
  const type = types[components[componentNameOf(place)]?.type ?? '']
  if (from !== 'secondary' || !type || servingLimitsOf(type).isMixed) return null
  const promoted = decisions.find(
    (other) => other.to === 'primary' && other.from !== 'primary' && hostOf(other.place) === host,
  )
  return promoted ? `it gives way to ${promoted.assignment}, which ${host} becomes primary for` : null
}

/** It has a role to give up. */
function isLeaving(from: Role | null, to: Role): boolean {
  return from === 'primary' || (isServing(from) && !isServing(to))
}

const idle = (to: Role): string => (to === 'spare' ? 'it stands by' : 'it has no role here')

const isServing = (role: Role | null): boolean => role === 'primary' || role === 'secondary'

function whyInstead(input: PlanInput, left: Decision): string {
  const trouble = troubleOf(input, left.place)
  if (trouble) return `instead of ${left.place}: ${trouble}`
  if (left.to === 'primary') return `instead of ${left.place}, which becomes primary`
  return `instead of ${left.place}${input.requests[left.assignment] ? ', as the switch-over asks' : ''}`
}

/** What keeps a place from use, or took it out of its role; null: nothing. */
export function troubleOf(input: PlanInput, place: ComponentId): string | null {
  const [node, host] = [nodeOf(place), hostOf(place)]
  const availability = input.nodes[node] ?? 'unknown'
  const status = input.statuses[place]
  const state = input.administrative?.nodes[node]
  if (!input.configuration.components[componentNameOf(place)]?.nodes.includes(node)) return 'it is no longer configured'
  if (!upAvailabilities.includes(availability) || availability === 'leaving') return `${node} is ${availability}`
  if (input.locked[host]) return `${host} is locked`
  if (input.barred[host]) return `${host} failed too often`
  if (input.withheld?.[host]) return `${host} stops, and starts again after that`
  if (state === 'standby') return `${node} is on standby`
  if (isMaintained(input, place)) return `${place} is in maintenance`
  if (status?.phase === 'stopFailed') return `${place} failed to stop`
  return status?.failure ? `it failed (${status.failure.code}: ${status.failure.detail})` : null
}

function isMaintained({ administrative }: PlanInput, place: ComponentId): boolean {
  if (!administrative) return false
  const { nodes, components, isMaintained } = administrative
  return isMaintained || nodes[nodeOf(place)] === 'maintenance' || components[hostOf(place)] === 'maintenance'
}

/** Why an assignment that is planned as configured is not there yet: what its places wait for, or what keeps them. */
export function whyShort(input: PlanInput, assignment: AssignmentName, waits: readonly string[]): string | null {
  const roles = input.intents[assignment]?.roles ?? {}
  const meant = (Object.keys(roles) as ComponentId[]).filter(
    (place) => isServing(roles[place]!.role) && input.statuses[place]?.role !== roles[place]!.role,
  )
  const wait = waits.find((each) => meant.some((place) => each.startsWith(`${place} `)))
  if (wait) return wait
  if (input.administrative?.assignments[assignment] === 'maintenance') return `${assignment} is in maintenance`
  return meant.map((place) => troubleOf(input, place)).find((trouble) => trouble !== null) ?? null
}
