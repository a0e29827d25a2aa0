/** Components as they are meant to be: each takes the role it is told, in time, and nothing fails. */
import type { ComponentType } from '../../../model/configuration.ts'
import { type ComponentId, componentNameOf, hostOf, nodeOf } from '../../../model/ids.ts'
import { activeRoles, type Role } from '../../../model/roles.ts'
import { needsProcess } from '../../../model/standby.ts'
import { type ComponentStatus, type NodeAvailability, upAvailabilities } from '../../../model/status.ts'
import { compareTokens, type Token, zeroToken } from '../../../model/token.ts'
import type { PlanInput } from '../input.ts'
import type { Step } from '../steps.ts'

/** What a component says once it has taken a role. Its process is a new one where it had none. */
export function ready(
  before: ComponentStatus,
  { role, token, type }: { role: Role; token: Token; type: ComponentType | null },
): ComponentStatus {
  const had = type !== null && hasProcess(type, before.role)
  const has = type !== null && hasProcess(type, role)
  return {
    ...before,
    role,
    phase: role === 'offline' ? 'stopped' : 'ready',
    incarnation: before.incarnation + (has && !had ? 1 : 0),
    token,
    failure: null,
    isActive: activeRoles.includes(role),
    endpoint: has ? before.endpoint : null,
  }
}

/** Offline, and never told anything. */
export function fresh(component: ComponentId): ComponentStatus {
  const never = { incarnation: 0, token: zeroToken, failure: null, isActive: false, endpoint: null }
  return { component, role: 'offline', phase: 'stopped', ...never }
}

/** Null: its type is no longer configured. */
export function typeOfPlace({ configuration }: PlanInput, place: ComponentId): ComponentType | null {
  return configuration.types[configuration.components[componentNameOf(place)]?.type ?? ''] ?? null
}

/** A program that can't be told to hand over ends instead, if two that act would do harm (as `machines/component/decide.ts` has it). */
export function hasProcess({ standby, exclusive, aware, hooks }: ComponentType, role: Role): boolean {
  const endsToHandOver = role === 'quiescing' && exclusive && !aware && hooks.onQuiescing === undefined
  return needsProcess(standby, role) && !endsToHandOver
}

/** Carries steps out. What was withheld to be restarted is used again once it is down. */
export function carriedOut(input: PlanInput, steps: readonly Step[]): PlanInput {
  const statuses = { ...input.statuses }
  const commanded = { ...input.commanded }
  for (const { component, role, token } of steps) {
    statuses[component] = ready(statuses[component] ?? fresh(component), {
      role,
      token,
      type: typeOfPlace(input, component),
    })
    delete commanded[component]
  }
  return released({ ...input, statuses, commanded })
}

/** Every place whose node can be talked to has the role that it is meant to have. */
export function asIntended(input: PlanInput): PlanInput {
  const statuses = { ...input.statuses }
  for (const { roles } of Object.values(input.intents))
    for (const place of Object.keys(roles) as ComponentId[]) {
      const { role, token } = roles[place]!
      const before = statuses[place]
      const isThere = before?.role === role && compareTokens(before.token, token) >= 0
      if (before && !isThere) statuses[place] = ready(before, { role, token, type: typeOfPlace(input, place) })
    }
  return { ...input, statuses }
}

/** What is under way on nodes that can be talked to comes to its end: commands arrive, processes get ready or stop. */
export function arrived(input: PlanInput): PlanInput {
  const isUp = (place: ComponentId) => upAvailabilities.includes(input.nodes[nodeOf(place)] as NodeAvailability)
  const known = Object.values(input.statuses).filter(({ component }) => isUp(component))
  const ended = known.filter(({ phase }) => phase === 'preparing' || phase === 'assuming' || phase === 'stopping')
  const told = known.filter(({ component, phase }) => input.commanded[component] && phase !== 'stopFailed')
  if (ended.length === 0 && told.length === 0) return input
  const statuses = { ...input.statuses }
  const commanded = { ...input.commanded }
  for (const status of ended) {
    const { role, token, failure } = status
    statuses[status.component] = {
      ...ready(status, { role, token, type: typeOfPlace(input, status.component) }),
      failure,
    }
  }
  for (const { component } of told) {
    const { role, token } = commanded[component]!
    statuses[component] = ready(statuses[component]!, { role, token, type: typeOfPlace(input, component) })
    delete commanded[component]
  }
  return { ...input, statuses, commanded }
}

function released(input: PlanInput): PlanInput {
  if (input.withheld === undefined || Object.keys(input.withheld).length === 0) return input
  const busy = new Set(
    Object.values(input.statuses)
      .filter(({ phase }) => phase !== 'stopped')
      .map(({ component }) => hostOf(component)),
  )
  const withheld = Object.fromEntries(
    (Object.keys(input.withheld) as ComponentId[])
      .filter((host) => busy.has(host))
      .map((host) => [host, true as const]),
  )
  return { ...input, withheld }
}
