/** How what nodes say, and what the repository has applied, changes what the CRIM knows. Pure. */
import type { ComponentType } from '../model/configuration.ts'
import {
  type AssignmentName,
  type ComponentId,
  componentNameOf,
  type Incarnation,
  type NodeName,
  nodeOf,
} from '../model/ids.ts'
import {
  type ComponentStatus,
  type Failure,
  type Intent,
  stoppedAvailabilities,
  upAvailabilities,
} from '../model/status.ts'
import { administered, nothingSet } from './administrative.ts'
import type { AppliedEntry, CrimChange, CrimContext, CrimEvent, KnownNode, StoredIntent } from './context.ts'
import { below, prefixes } from './keys.ts'

type EventOf<T extends CrimEvent['type']> = Extract<CrimEvent, { type: T }>

/** A failure that says nothing against the component itself is not counted towards its limit. */
const uncountedCodes: readonly string[] = [
  'lease.lost',
  'node.restarted',
  'node.left',
  'component.removed',
  'proxy.lost',
]

/** Everything decided so far comes with the mastership; what is, and what was under way, is asked for anew (SPEC R10). */
export function tookOver(context: CrimContext, event: EventOf<'mastership.acquired'>): CrimChange {
  return {
    ...applied({ ...context, intents: {}, locked: {}, lives: {}, administrative: nothingSet }, event.entries),
    epoch: event.epoch,
    statuses: {},
    failures: {},
    barred: {},
    commanded: {},
    introduced: {},
    requests: {},
    proposal: null,
    awaited: Object.keys(context.nodes).filter((name) => isUp(context, name)),
  }
}

export function isUp(context: CrimContext, node: NodeName): boolean {
  const known = context.nodes[node]
  return known !== undefined && upAvailabilities.includes(known.availability)
}

/**
 * A node that comes, or comes back, is asked what is; until it answers nothing is assumed. What was known of a node is
 * forgotten when its components can't be as they were: it returned, ended, left or stopped by itself, or has a later life.
 */
export function nodeChanged(context: CrimContext, event: EventOf<'node.changed'>): CrimChange {
  const { node, availability, incarnation } = event
  const before = context.nodes[node]
  const nodes = { ...context.nodes, [node]: { availability, incarnation } }
  const isSameLife = before?.incarnation === incarnation
  const isUndisturbed = isSameLife && (before?.availability === 'suspect' || before?.availability === availability)
  if (availability === 'suspect' || availability === 'leaving') return { nodes }
  if (availability === 'unreachable' && isSameLife) return { nodes, awaited: without(context.awaited, node) }
  if (availability === 'alive' && isUndisturbed) return { nodes }
  const awaited = without(context.awaited, node)
  return {
    nodes,
    statuses: withoutNode(context.statuses, node),
    commanded: withoutNode(context.commanded, node),
    introduced: withoutNode(context.introduced, node),
    awaited: availability === 'alive' ? [...awaited, node].sort() : awaited,
  }
}

export function surveyAnswered(context: CrimContext, event: EventOf<'survey.answered'>): CrimChange {
  if (context.nodes[event.node]?.incarnation !== event.incarnation) return {}
  const statuses = { ...withoutNode(context.statuses, event.node) }
  for (const status of event.statuses) statuses[status.component] = sinceRestart(context, status)
  return { statuses, awaited: without(context.awaited, event.node) }
}

/**
 * A component with a role that has never been told anything in this life lost its role with the life before it. It is
 * given the token it had, so that it is brought back under a new one, like any other that failed.
 */
function sinceRestart(context: CrimContext, status: ComponentStatus): ComponentStatus {
  const isFresh = status.role === 'offline' && status.failure === null && status.token.epoch === 0
  const intended = isFresh ? intendedOf(context, status.component) : null
  if (intended === null || intended.role === 'offline' || context.commanded[status.component]) return status
  return { ...status, token: intended.token, failure: { code: 'node.restarted', detail: 'its node restarted' } }
}

function intendedOf(context: CrimContext, component: ComponentId) {
  for (const intent of Object.values(context.intents)) if (intent.roles[component]) return intent.roles[component]
  return null
}

export function statusReported(context: CrimContext, event: EventOf<'status.reported'>): CrimChange {
  const { status, node } = event
  const isForeign = context.nodes[node]?.incarnation !== event.incarnation || nodeOf(status.component) !== node
  const isBeforeSurvey = context.awaited.includes(node)
  if (isForeign || isBeforeSurvey) return {}
  const statuses = { ...context.statuses, [status.component]: status }
  const before = context.statuses[status.component] ?? null
  return isNewFailure(before, status) ? { statuses, ...failed(context, status.component, event.atMs) } : { statuses }
}

function isNewFailure(before: ComponentStatus | null, status: ComponentStatus): boolean {
  return (
    status.failure !== null &&
    !uncountedCodes.includes(status.failure.code) &&
    !isSameFailure(before?.failure ?? null, status.failure)
  )
}

function isSameFailure(a: Failure | null, b: Failure): boolean {
  return a !== null && a.code === b.code && a.detail === b.detail
}

/** Counts a failure; one more than the type's limit within its window bars the component until it is unlocked. */
function failed(context: CrimContext, component: ComponentId, atMs: number): CrimChange {
  const type = typeOfComponent(context, component)
  if (!type) return {}
  const { restartLimit, restartWindowMs } = type.recovery
  const recent = [...(context.failures[component] ?? []).filter((time) => time > atMs - restartWindowMs), atMs]
  const failures = { ...context.failures, [component]: recent }
  return recent.length > restartLimit ? { failures, barred: { ...context.barred, [component]: true } } : { failures }
}

/** null: it is no longer configured. */
export function typeOfComponent({ configuration }: CrimContext, component: ComponentId): ComponentType | null {
  const configured = configuration.components[componentNameOf(component)]
  return configured ? configuration.types[configured.type]! : null
}

/**
 * The configuration from now on. What runs and is no longer configured is known by the intents, and planned to its end. A node
 * that is no longer configured stays known until nothing of it can act and no intent names it.
 */
export function reconfigured(context: CrimContext, { configuration }: EventOf<'configuration.changed'>): CrimChange {
  const added = Object.keys(configuration.nodes)
    .filter((name) => context.nodes[name] === undefined)
    .map((name) => [name, { availability: 'unknown' as const, incarnation: 0 }])
  const requests = Object.fromEntries(
    Object.entries(context.requests).filter(([name]) => Object.hasOwn(configuration.assignments, name)),
  )
  return { configuration, requests, nodes: { ...context.nodes, ...Object.fromEntries(added) } }
}

/** What need not be remembered any more of nodes and components that are not configured. */
export function forgotten(context: CrimContext): CrimChange {
  const { configuration, intents } = context
  const named = new Set(Object.values(intents).flatMap(({ roles }) => Object.keys(roles)) as ComponentId[])
  const assigned = new Set(Object.values(configuration.assignments).map(({ component }) => component))
  const isAssigned = (name: string, node: NodeName) =>
    assigned.has(name) && configuration.components[name]!.nodes.includes(node)
  const isKnown = (id: ComponentId) => named.has(id) || isAssigned(componentNameOf(id), nodeOf(id))
  const namedNodes = new Set([...named].map(nodeOf))
  const isNodeKept = ([name, { availability }]: [string, KnownNode]) =>
    configuration.nodes[name] !== undefined || namedNodes.has(name) || !stoppedAvailabilities.includes(availability)
  return {
    nodes: kept(context.nodes, isNodeKept),
    statuses: kept(context.statuses, ([id]) => isKnown(id as ComponentId)),
    commanded: kept(context.commanded, ([id]) => isKnown(id as ComponentId)),
    introduced: kept(context.introduced, ([id]) => isKnown(id as ComponentId)),
    failures: kept(context.failures, ([id]) => isKnown(id as ComponentId)),
    barred: kept(context.barred, ([id]) => isKnown(id as ComponentId)),
  }
}

function kept<T>(record: Readonly<Record<string, T>>, isKept: (entry: [string, T]) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(isKept))
}

/**
 * Nodes that only intents name, which this life of the node has never known: they were removed before it began. No master has
 * granted them anything since it acquired mastership, so after the wait for isolation nothing of theirs can act.
 */
export function strangersIsolated(context: CrimContext): CrimChange {
  const named = Object.values(context.intents).flatMap(({ roles }) =>
    Object.keys(roles).map((id) => nodeOf(id as ComponentId)),
  )
  const strangers = named.filter((name) => context.nodes[name] === undefined && !context.configuration.nodes[name])
  const isolated = strangers.map((name) => [name, { availability: 'isolated' as const, incarnation: 0 }])
  return { nodes: { ...context.nodes, ...Object.fromEntries(isolated) } }
}

/** Takes entries of the repository over. Keys of others are not looked at. */
export function applied(context: CrimContext, entries: readonly AppliedEntry[]): CrimChange {
  const intents = { ...context.intents }
  const locked = { ...context.locked }
  const lives = { ...context.lives }
  const failures = { ...context.failures }
  const barred = { ...context.barred }
  let { administrative } = context
  for (const entry of entries) {
    administrative = administered(administrative, entry)
    const assignment = below<AssignmentName>(prefixes.intent, entry.key)
    const component = below<ComponentId>(prefixes.lock, entry.key)
    const node = below<NodeName>(prefixes.life, entry.key)
    if (assignment !== null) {
      if (entry.value === null) delete intents[assignment]
      else intents[assignment] = intentOf(assignment, entry)
    } else if (component !== null) {
      if (entry.value === null) {
        delete locked[component]
        delete failures[component]
        delete barred[component]
      } else locked[component] = true
    } else if (node !== null) {
      if (entry.value === null) delete lives[node]
      else lives[node] = entry.value as Incarnation
    }
  }
  return { intents, locked, lives, failures, barred, administrative }
}

function intentOf(assignment: string, { value, epoch, index }: AppliedEntry): Intent {
  const { roles, sponsors } = value as StoredIntent
  return {
    assignment,
    ...(sponsors ? { sponsors } : {}),
    roles: Object.fromEntries(
      Object.entries(roles).map(([component, { role, token }]) => [
        component,
        { role, token: token ?? { epoch, index } },
      ]),
    ),
  }
}

function without(names: readonly NodeName[], node: NodeName): NodeName[] {
  return names.filter((name) => name !== node)
}

function withoutNode<T>(record: Readonly<Record<ComponentId, T>>, node: NodeName): Record<ComponentId, T> {
  return Object.fromEntries(Object.entries(record).filter(([component]) => nodeOf(component as ComponentId) !== node))
}
