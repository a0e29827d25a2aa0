/** Between the planner's input and the document of what was observed. */
import type { PlanInput } from '../../machines/logic/placement/index.ts'
import { fresh, freshInput } from '../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type AssignmentName, type ComponentId, componentNameOf, hostOf, nodeOf } from '../../machines/model/ids.ts'
import { activeRoles, type Role } from '../../machines/model/roles.ts'
import { type ComponentStatus, type Intent, upAvailabilities } from '../../machines/model/status.ts'
import { formatToken, type Token } from '../../machines/model/token.ts'
import { type Observed, type ObservedFile, observedVersion } from './observedSchema.ts'
import { tokenOf } from './words.ts'

type ObservedPlace = Observed['places'][string]

/** What a master knows, in the form of the file, complete. */
export function observedOf(input: PlanInput): ObservedFile {
  const written = ({ role, token, ...rest }: { role: Role; token: Token }) => ({
    role,
    token: formatToken(token),
    ...rest,
  })
  return {
    version: observedVersion,
    nodes: { ...input.nodes },
    places: mapped(input.statuses, ({ component: _, token, ...status }) => ({ ...status, token: formatToken(token) })),
    intents: mapped(input.intents, ({ roles, sponsors }) => ({
      roles: mapped(roles, written),
      ...(sponsors && { sponsors: mapped(sponsors, formatToken) }),
    })),
    commanded: mapped(input.commanded, ({ mayAct, ...command }) => ({ ...written(command), mayAct })),
    locked: Object.keys(input.locked),
    barred: Object.keys(input.barred),
    withheld: Object.keys(input.withheld ?? {}),
    awaited: [...input.awaited],
    requests: mapped(input.requests, ({ to }) => ({ to })),
    lapsed: Object.keys(input.lapsed ?? {}),
    ...(input.administrative && {
      administrative: structuredClone(input.administrative) as Observed['administrative'],
    }),
  }
}

/** Whether its names are those of the configuration is looked at before (`checkObserved.ts`). */
export function inputOf(observed: Observed, configuration: Configuration): PlanInput {
  const { nodes: none, statuses: unheard, ...base } = freshInput(configuration)
  const nodes = { ...none, ...observed.nodes }
  const isHeard = (place: ComponentId) =>
    upAvailabilities.includes(nodes[nodeOf(place)] ?? 'unknown') && !observed.awaited.includes(nodeOf(place))
  const stopped = Object.values(unheard).filter(({ component }) => isHeard(component))
  const said = Object.entries(observed.places).map(([place, of]) => statusOf(place as ComponentId, of))
  return {
    ...base,
    nodes,
    statuses: Object.fromEntries([...stopped, ...said].map((status) => [status.component, status])),
    intents: observed.intents ? intentsOf(observed.intents) : intentsBy(observed.places, configuration),
    commanded: mapped(observed.commanded, ({ token, ...command }) => ({ ...command, token: tokenOf(token) })),
    locked: marked(observed.locked),
    barred: marked(observed.barred),
    withheld: marked(observed.withheld),
    awaited: observed.awaited,
    requests: observed.requests,
    lapsed: marked(observed.lapsed),
    administrative: observed.administrative,
  }
}

function statusOf(component: ComponentId, of: ObservedPlace): ComponentStatus {
  const { role, failure, endpoint, announced, loadPercent, release } = of
  const isOffline = role === 'offline'
  const isFresh = isOffline && failure === null
  return {
    ...fresh(component),
    role,
    phase: of.phase ?? (isOffline ? 'stopped' : 'ready'),
    incarnation: of.incarnation ?? (isFresh ? 0 : 1),
    token: tokenOf(of.token ?? (isFresh ? '0.0' : '1.1')),
    failure,
    isActive: of.isActive ?? activeRoles.includes(role),
    endpoint,
    ...(announced !== undefined && { announced }),
    ...(loadPercent !== undefined && { loadPercent }),
    ...(release !== undefined && { release }),
  }
}

function intentsOf(intents: NonNullable<Observed['intents']>): Record<AssignmentName, Intent> {
  return Object.fromEntries(
    Object.entries(intents).map(([assignment, { roles, sponsors }]) => [
      assignment,
      {
        assignment,
        roles: mapped(roles, ({ role, token }) => ({ role, token: tokenOf(token) })),
        ...(sponsors && { sponsors: mapped(sponsors, tokenOf) }),
      },
    ]),
  )
}

/** What each place says of itself: it was meant to be what it is, unless it says otherwise. */
function intentsBy(places: Observed['places'], configuration: Configuration): Record<AssignmentName, Intent> {
  const intents: Record<AssignmentName, Intent> = {}
  for (const [name, of] of Object.entries(places)) {
    const place = name as ComponentId
    const role = of.intended ?? (of.role === 'offline' ? null : of.role === 'quiescing' ? 'spare' : of.role)
    const assignment = assignmentOf(place, configuration)
    if (role === null || assignment === null) continue
    const before = intents[assignment]?.roles ?? {}
    intents[assignment] = { assignment, roles: { ...before, [place]: { role, token: tokenOf(of.token ?? '1.1') } } }
  }
  return intents
}

/** The one that a place is for; of a plain component the first that names it. Null: none. */
export function assignmentOf(place: ComponentId, { assignments }: Configuration): AssignmentName | null {
  const name = componentNameOf(place)
  const own = hostOf(place) === place ? null : place.slice(hostOf(place).length + 1)
  if (own !== null) return assignments[own]?.component === name ? own : null
  return Object.keys(assignments).find((assignment) => assignments[assignment]!.component === name) ?? null
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}

function marked(names: readonly string[]): Record<string, true> {
  return Object.fromEntries(names.map((name) => [name, true as const]))
}
