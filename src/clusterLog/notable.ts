/**
 * What of a black box goes into the cluster log: starts, ends, changes of state, steps with effects that matter, and all that
 * applications and the node itself noted. The rest is detail: it stays in the black box of its node.
 */
import { type EndRecord, isNote, type StartRecord, type StepRecord } from '../engine/record.ts'
import type { Message } from '../engine/step.ts'
import { formatId } from '../recorder/timeline.ts'
import type { LogRecord, LogRecordKind } from './record.ts'

/** What a recorder is given, and what a black box gives back; of other kinds whatever it has of the same fields. */
export interface Recorded extends Pick<EndRecord, 'sequence' | 'time' | 'actor'> {
  readonly kind: string
  readonly state?: string
  readonly machine?: string
  readonly event?: Message
  readonly eventType?: string
  readonly cause?: StepRecord['cause']
  readonly effects?: StartRecord['effects']
  /** Of what stands for another: its kind. */
  readonly of?: string
  /** Of what stands for several: where they begin. */
  readonly fromSequence?: number
}

export function isSnapshot({ kind, of }: Recorded): boolean {
  return kind === 'snapshot' || (kind === 'omitted' && of === 'snapshot')
}

/** Effects that come round without anything having happened. */
const quietEffects: ReadonlySet<string> = new Set(['peers.introduce'])

interface Known {
  readonly state: string
  readonly machine: string | null
}

/** Sees every record of one life in its order, since each is told by what was before it. */
export class Notables {
  readonly #node: string
  readonly #incarnation: number
  readonly #actors = new Map<string, Known>()

  constructor(node: string, incarnation: number) {
    this.#node = node
    this.#incarnation = incarnation
  }

  /** What goes into the log; null: nothing. Snapshots, and what stands for one, tell only what is known of their actor. */
  take(record: Recorded): LogRecord | null {
    if (record.kind === 'quiet') return null
    const known = this.#actors.get(record.actor)
    this.#note(record, known)
    if (isSnapshot(record)) return null
    const isBeginning = record.kind === 'start' || (record.kind === 'omitted' && record.of === 'start')
    const fromState = isBeginning ? null : (known?.state ?? null)
    return isNotable(record, fromState) ? this.#logRecord(record, fromState, known?.machine ?? null) : null
  }

  #note(record: Recorded, known: Known | undefined): void {
    const { kind, actor, state, machine } = record
    if (state === undefined || isNote(record)) return
    if (kind === 'end') this.#actors.delete(actor)
    else if (known?.state !== state || machine !== undefined)
      this.#actors.set(actor, { state, machine: machine ?? known?.machine ?? null })
  }

  #logRecord(record: Recorded, fromState: string | null, machine: string | null): LogRecord {
    const { sequence, time, actor, kind, state = '', cause = null, effects = [] } = record
    const place = { node: this.#node, incarnation: this.#incarnation, sequence }
    return {
      id: formatId(place),
      ...place,
      time,
      actor,
      machine: record.machine ?? machine,
      kind: kind as LogRecordKind,
      event: eventOf(record),
      cause: cause && formatId(cause),
      fromState,
      state,
      effects,
    }
  }
}

function isNotable({ kind, state, effects = [] }: Recorded, fromState: string | null): boolean {
  if (kind !== 'step') return true
  return fromState !== state || effects.some(({ type }) => !quietEffects.has(type))
}

function eventOf({ kind, event, eventType }: Recorded): Message {
  if (event) return event
  return { type: eventType || (kind === 'end' ? 'end' : kind === 'omitted' ? 'omitted' : 'start') }
}
