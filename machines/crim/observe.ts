/** How what nodes say, and what the repository has applied, changes what the CRIM knows. Pure. */
import { type ComponentId, hostOf, type NodeName, nodeOf } from '../model/ids.ts'
import { type ComponentStatus, stoppedAvailabilities, upAvailabilities } from '../model/status.ts'
import { nothingSet } from './administrative.ts'
import { applied } from './applied.ts'
import type { CrimChange, CrimContext, CrimEvent, KnownNode } from './context.ts'
import { assignedHosts, namedIn } from './named.ts'
import { returnNoted } from './nodes.ts'
import { remembered } from './records.ts'
import { recoveryNoted } from './recovery.ts'
import { kept } from './unchanged.ts'

type EventOf<T extends CrimEvent['type']> = Extract<CrimEvent, { type: T }>

/** Everything decided so far comes with the mastership; what is, and what was under way, is asked for anew (SPEC R10). */
export function tookOver(context: CrimContext, event: EventOf<'mastership.acquired'>): CrimChange {
  const nothing = {
    intents: {},
    locked: {},
    lives: {},
    administrative: nothingSet,
    records: {},
    failures: {},
    barred: {},
  }
  const decided = applied({ ...context, ...nothing }, event.entries)
  return {
    ...decided,
    ...remembered(decided.records, event.atMs ?? 0),
    epoch: event.epoch,
    statuses: {},
    resets: {},
    recovering: {},
    felled: {},
    withheld: {},
    errands: {},
    timers: {},
    commanded: {},
    introduced: {},
    requests: {},
    proposal: null,
    awaited: Object.keys(context.nodes).filter((name) => isUp(context, name)),
    unanswered: {},
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
  return { ...lifeChanged(context, event), ...returnNoted(context, event, context.nodes[event.node]) }
}

function lifeChanged(context: CrimContext, event: EventOf<'node.changed'>): CrimChange {
  const { node, availability, incarnation } = event
  const before = context.nodes[node]
  const nodes = { ...context.nodes, [node]: { availability, incarnation } }
  const isSameLife = before?.incarnation === incarnation
  const isUndisturbed = isSameLife && (before?.availability === 'suspect' || before?.availability === availability)
  // What is silent may say so, and still be as little known, and act for as long, as if it had not.
  if (availability === 'leaving') return isSameLife && isUp(context, node) ? { nodes } : {}
  if (availability === 'suspect') return { nodes }
  if (availability === 'unreachable' && isSameLife) return { nodes, awaited: without(context.awaited, node) }
  if (availability === 'alive' && isUndisturbed) return { nodes }
  const awaited = without(context.awaited, node)
  return {
    nodes,
    statuses: withoutNode(context.statuses, node),
    commanded: withoutNode(context.commanded, node),
    introduced: withoutNode(context.introduced, node),
    recovering: withoutNode(context.recovering, node),
    errands: withoutNode(context.errands, node),
    withheld: withoutNode(context.withheld, node),
    awaited: availability === 'alive' ? [...awaited, node].sort() : awaited,
    unanswered: { ...context.unanswered, [node]: 0 },
  }
}

/** Another question to those that have not said what is. */
export function askedAgain({ awaited, unanswered }: CrimContext): CrimChange {
  return { unanswered: Object.fromEntries(awaited.map((node) => [node, (unanswered[node] ?? 0) + 1])) }
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
  return { statuses, ...recoveryNoted({ ...context, statuses }, { before, status, atMs: event.atMs }) }
}

/**
 * The configuration from now on. What runs and is no longer configured is known by the intents, and planned to its end. A node
 * that is no longer configured stays known until nothing of it can act and no intent names it.
 */
export function reconfigured(context: CrimContext, { configuration }: EventOf<'configuration.changed'>): CrimChange {
  const { self, incarnation } = context
  // Nobody tells this node of itself: it may have been removed when its life began.
  const added = Object.keys(configuration.nodes)
    .filter((name) => context.nodes[name] === undefined)
    .map((name) => [
      name,
      name === self
        ? { availability: 'alive' as const, incarnation }
        : { availability: 'unknown' as const, incarnation: 0 },
    ])
  const requests = Object.fromEntries(
    Object.entries(context.requests).filter(([name]) => Object.hasOwn(configuration.assignments, name)),
  )
  return { configuration, requests, nodes: { ...context.nodes, ...Object.fromEntries(added) } }
}

/** What need not be remembered any more of nodes and components that are not configured. */
export function forgotten(context: CrimContext): CrimChange {
  const { configuration, intents } = context
  const assigned = assignedHosts(configuration)
  const named = namedIn(intents)
  const isKnown = (id: ComponentId) => assigned.has(hostOf(id)) || named.places.has(id)
  const isHostKnown = (id: ComponentId) => assigned.has(hostOf(id)) || named.hosts.has(id)
  const isNodeKept = (name: NodeName, { availability }: KnownNode) =>
    configuration.nodes[name] !== undefined || named.nodes.has(name) || !stoppedAvailabilities.includes(availability)
  return {
    nodes: kept(context.nodes, isNodeKept),
    statuses: kept(context.statuses, isKnown),
    commanded: kept(context.commanded, isKnown),
    introduced: kept(context.introduced, isKnown),
    recovering: kept(context.recovering, isKnown),
    failures: kept(context.failures, isHostKnown),
    resets: kept(context.resets, isHostKnown),
    barred: kept(context.barred, isHostKnown),
    withheld: kept(context.withheld, isHostKnown),
  }
}

/**
 * Nodes that only intents name, which this life of the node has never known: they were removed before it began. No master has
 * granted them anything since it acquired mastership, so after the wait for isolation nothing of theirs can act.
 */
export function strangersIsolated(context: CrimContext): CrimChange {
  const strangers = [...namedIn(context.intents).nodes].filter(
    (name) => context.nodes[name] === undefined && !context.configuration.nodes[name],
  )
  const isolated = strangers.map((name) => [name, { availability: 'isolated' as const, incarnation: 0 }])
  return { nodes: { ...context.nodes, ...Object.fromEntries(isolated) } }
}

function without(names: readonly NodeName[], node: NodeName): NodeName[] {
  return names.filter((name) => name !== node)
}

function withoutNode<T>(record: Readonly<Record<ComponentId, T>>, node: NodeName): Readonly<Record<ComponentId, T>> {
  return kept(record, (component) => nodeOf(component) !== node)
}
