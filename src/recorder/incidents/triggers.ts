/** Which steps begin an incident, or would if they were not part of one already. */
import type { TimelineEntry } from '../timeline.ts'
import type { Knowledge } from './knowledge.ts'
import {
  actorKey,
  componentOf,
  effectOf,
  isChange,
  nodeOfComponent,
  number,
  peerOf,
  record,
  reportedIn,
  text,
  timeOutOf,
  topOf,
} from './read.ts'

/** Stable. */
export type IncidentCode =
  | 'component.failed'
  | 'node.failed'
  | 'node.unreachable'
  | 'node.left'
  | 'node.returned'
  | 'network.split'
  | 'mastership.changed'
  | 'lease.lost'
  | 'quorum.lost'
  | 'operation'
  | 'configuration.changed'
  | 'fence'

export interface Trigger {
  readonly code: IncidentCode
  /** `n1/ledger`, `n2`, `ledger`, `cluster` */
  readonly subject: string
  /** Whose failure it would be part of. */
  readonly node: string | null
  /** The life of that node; null: not said. */
  readonly life: number | null
}

/** Events by which a component falls out of its role though nobody told it to. */
const failures = new Set([
  'process.exited',
  'process.startFailed',
  'process.stopFailed',
  'health.failed',
  'role.failed',
])

export function triggerOf(entry: TimelineEntry, known: Knowledge): Trigger | null {
  const { actor } = entry
  const component = componentOf(actor)
  if (component !== null) return ofComponent(entry, component)
  const peer = peerOf('node', actor)
  if (peer !== null) return known.everAlive.has(actorKey(entry)) ? ofPeer(entry, peer) : null
  if (actor === 'membership') return ofMembership(entry)
  if (actor === 'crim') return ofCrim(entry, known)
  const fenced = peerOf('fencing', actor)
  return fenced !== null && effectOf(entry, 'fence.request') ? of('fence', fenced, { node: fenced }) : null
}

function of(code: IncidentCode, subject: string, about: { node?: string; life?: number | null } = {}): Trigger {
  return { code, subject, node: about.node ?? null, life: about.life ?? null }
}

function ofComponent(entry: TimelineEntry, component: string): Trigger | null {
  const node = nodeOfComponent(component)
  const life = entry.incarnation
  if (entry.event.type === 'lease.lost' && isChange(entry)) return of('lease.lost', node, { node, life })
  if (entry.event.type === 'node.leave' && isChange(entry)) return of('node.left', node, { node, life })
  return isFailure(entry) ? of('component.failed', component, { node, life }) : null
}

/** Out of its role, back to the beginning of it, or failed to stop; or the report of a failure that it stays in its role with. */
export function isFailure(entry: TimelineEntry): boolean {
  const { event, fromState, state, effects } = entry
  if (state === 'offline.stopFailed') return fromState !== state
  const isTimeOut = ['prepareLimit', 'roleLimit'].includes(timeOutOf(entry) ?? '')
  if (!failures.has(event.type) && !isTimeOut) return false
  const isOut = fromState !== null && topOf(fromState) !== 'offline' && topOf(state) === 'offline'
  const isBegunAgain = effects.some(({ type }) => type === 'process.start' || type === 'process.stop')
  return (
    isOut ||
    (topOf(state) !== 'offline' && (event.type === 'health.failed' ? effects.length > 0 : isBegunAgain && isTimeOut))
  )
}

/** What was never seen alive has not failed. */
function ofPeer(entry: TimelineEntry, node: string): Trigger | null {
  const { event, state, fromState } = entry
  if (fromState === null || !isChange(entry) || fromState === 'unknown') return null
  const life = number(event.incarnation)
  if (state === 'unreachable') return of('node.unreachable', node, { node, life })
  if (topOf(state) === 'ended' && topOf(fromState) !== 'ended') return of('node.failed', node, { node, life })
  if (state === 'left') return of('node.left', node, { node, life })
  return state === 'alive' && fromState !== 'suspect' ? of('node.returned', node, { node, life }) : null
}

function ofMembership(entry: TimelineEntry): Trigger | null {
  const { event, fromState, state, node, incarnation: life } = entry
  if (fromState === null || !isChange(entry)) return null
  if (fromState === 'primary.acting') {
    if (event.type === 'lease.lost') return of('lease.lost', node, { node, life })
    if (event.type === 'membership.stop') return of('node.left', node, { node, life })
    return of('mastership.changed', 'cluster')
  }
  if (fromState !== 'secondary' || state !== 'spare.waiting') return null
  const leader = text(event.leader)
  return of('mastership.changed', 'cluster', leader === null ? {} : { node: leader })
}

function ofCrim(entry: TimelineEntry, known: Knowledge): Trigger | null {
  const { event, effects } = entry
  if (event.type === 'operation.requested') {
    const isRefusedAtOnce = effects.every(({ type }) => type === 'operation.answer')
    return isRefusedAtOnce ? null : of('operation', subjectOfOperation(event.operation))
  }
  if (event.type === 'configuration.changed') {
    return effectOf(entry, 'repository.propose') ? of('configuration.changed', 'cluster') : null
  }
  const node = text(event.node)
  if (event.type === 'node.changed' && node !== null && event.availability === 'leaving') {
    return of('node.left', node, { node, life: number(event.incarnation) })
  }
  const failed = reportedIn(entry).find(({ component, failure }) => failure !== null && !known.hasOwnRecords(component))
  const isNews = failed !== undefined && !known.states.get(failed.component)?.startsWith(`${failed.role}.`)
  return isNews ? of('component.failed', failed.component, { node: nodeOfComponent(failed.component) }) : null
}

/** `ledger`, `n1/ledger`, `n1` or `cluster`: what an operation is about. */
function subjectOfOperation(operation: unknown): string {
  const { assignment, component, node, target } = record(operation)
  const { component: targetComponent, node: targetNode, assignment: targetAssignment, group } = record(target)
  const named = [assignment, component, node, targetComponent, targetNode, targetAssignment, group].map(text)
  return named.find((name) => name !== null) ?? 'cluster'
}
