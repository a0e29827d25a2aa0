/** How what nodes say, and what the repository has applied, changes what the CRIM knows. Pure. */
import { type ComponentId, componentNameOf, type NodeName, nodeOf } from '../model/ids.ts'
import { type ComponentStatus, type Failure, type Intent, upAvailabilities } from '../model/status.ts'
import type { AppliedEntry, CrimChange, CrimContext, CrimEvent, StoredIntent } from './context.ts'

type EventOf<T extends CrimEvent['type']> = Extract<CrimEvent, { type: T }>

const intentPrefix = 'intent/'
const lockPrefix = 'lock/'

export const intentKey = (assignment: string): string => `${intentPrefix}${assignment}`
export const lockKey = (component: ComponentId): string => `${lockPrefix}${component}`

/** A failure that says nothing against the component itself is not counted towards its limit. */
const uncountedCodes: readonly string[] = ['lease.lost', 'node.restarted', 'node.left']

/** Everything decided so far comes with the mastership; what is, and what was under way, is asked for anew (SPEC R10). */
export function tookOver(context: CrimContext, event: EventOf<'mastership.acquired'>): CrimChange {
  return {
    ...applied({ ...context, intents: {}, locked: {} }, event.entries),
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
  return upAvailabilities.includes(context.nodes[node]!.availability)
}

/**
 * A node that comes, or comes back, is asked what is; until it answers nothing is assumed. What was known of a node is
 * forgotten when its components can't be as they were: it returned, ended, left or stopped by itself.
 */
export function nodeChanged(context: CrimContext, event: EventOf<'node.changed'>): CrimChange {
  const { node, availability, incarnation } = event
  const before = context.nodes[node]
  const nodes = { ...context.nodes, [node]: { availability, incarnation } }
  const isSameLife = before?.incarnation === incarnation
  const isUndisturbed = isSameLife && (before?.availability === 'suspect' || before?.availability === availability)
  if (availability === 'suspect' || availability === 'leaving') return { nodes }
  if (availability === 'unreachable') return { nodes, awaited: without(context.awaited, node) }
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
  const name = componentNameOf(component)
  const { restartLimit, restartWindowMs } =
    context.configuration.types[context.configuration.components[name]!.type]!.recovery
  const recent = [...(context.failures[component] ?? []).filter((time) => time > atMs - restartWindowMs), atMs]
  const failures = { ...context.failures, [component]: recent }
  return recent.length > restartLimit ? { failures, barred: { ...context.barred, [component]: true } } : { failures }
}

/** Takes entries of the repository over. Keys of others are not looked at; an assignment no longer configured is passed over. */
export function applied(context: CrimContext, entries: readonly AppliedEntry[]): CrimChange {
  const intents = { ...context.intents }
  const locked = { ...context.locked }
  const failures = { ...context.failures }
  const barred = { ...context.barred }
  for (const entry of entries) {
    if (entry.key.startsWith(intentPrefix)) {
      const assignment = entry.key.slice(intentPrefix.length)
      if (context.configuration.assignments[assignment]) intents[assignment] = intentOf(assignment, entry)
    } else if (entry.key.startsWith(lockPrefix)) {
      const component = entry.key.slice(lockPrefix.length) as ComponentId
      if (entry.value === null) {
        delete locked[component]
        delete failures[component]
        delete barred[component]
      } else locked[component] = true
    }
  }
  return { intents, locked, failures, barred }
}

function intentOf(assignment: string, { value, epoch, index }: AppliedEntry): Intent {
  const { roles } = value as StoredIntent
  return {
    assignment,
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
