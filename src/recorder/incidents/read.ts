/**
 * Reads the machines' events and effects, which a timeline carries as plain data: a black box may be of another version of the
 * machines, so whatever is not as expected is left out instead of trusted.
 */
import type { Message } from '../../engine/step.ts'
import type { TimelineEntry } from '../timeline.ts'

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** `n1/ledger` of `component/n1/ledger`; null: another kind of actor. */
export function componentOf(actor: string): string | null {
  return below('component/', actor)
}

/** The node that `node/n2` and `fencing/n2` are about, by kind. */
export function peerOf(kind: 'node' | 'fencing', actor: string): string | null {
  return below(`${kind}/`, actor)
}

function below(prefix: string, actor: string): string | null {
  return actor.startsWith(prefix) ? actor.slice(prefix.length) : null
}

export function nodeOfComponent(component: string): string {
  return component.split('/', 1)[0]!
}

/** `primary` of `primary.ready`. */
export function topOf(state: string): string {
  return state.split('.', 1)[0]!
}

export function isChange({ fromState, state }: TimelineEntry): boolean {
  return fromState !== null && fromState !== state
}

const timeOutPrefix = 'xstate.after.'

/** Time-outs of a machine are events of the machine itself: `xstate.after.<delay>.<state>`. */
export function timeOutOf({ event }: TimelineEntry): string | null {
  return event.type.startsWith(timeOutPrefix)
    ? (/^([^.]+)\./.exec(event.type.slice(timeOutPrefix.length))?.[1] ?? null)
    : null
}

export function effectOf({ effects }: TimelineEntry, type: string): Message | null {
  return effects.find((effect) => effect.type === type) ?? null
}

/** One actor of one life of one node. */
export function actorKey({ node, incarnation, actor }: Pick<TimelineEntry, 'node' | 'incarnation' | 'actor'>): string {
  return `${node}:${incarnation}:${actor}`
}

/** A component's status as its node reports it. */
export interface ReportedStatus {
  readonly component: string
  readonly role: string
  readonly phase: string
  readonly failure: { readonly code: string; readonly detail: string } | null
}

const nothing: readonly ReportedStatus[] = []

/** All that the nodes say of components in an entry: a report, or an answer to a survey. */
export function reportedIn({ event }: TimelineEntry): readonly ReportedStatus[] {
  if (event.type === 'status.reported') return [statusOf(event.status)].filter((status) => status !== null)
  if (event.type === 'survey.answered')
    return list(event.statuses)
      .map(statusOf)
      .filter((status) => status !== null)
  return nothing
}

function statusOf(value: unknown): ReportedStatus | null {
  const { component, role, phase, failure } = record(value)
  if (typeof component !== 'string' || typeof role !== 'string' || typeof phase !== 'string') return null
  const { code, detail } = record(failure)
  return {
    component,
    role,
    phase,
    failure: text(code) === null ? null : { code: code as string, detail: text(detail) ?? '' },
  }
}
