/** A record of the cluster log, where it stands in its node's stream, and the order of all (SPEC P8). */
import { compareHybridTimes, type HybridTime } from '../engine/hybridClock.ts'
import type { Message } from '../engine/step.ts'

export const logRecordKinds = ['start', 'step', 'omitted', 'end', 'application', 'note'] as const

export type LogRecordKind = (typeof logRecordKinds)[number]

/** One step that mattered, of one machine of one node, or what a component or the node itself noted. */
export interface LogRecord {
  /** `node:life:sequence`, as in the node's black box. */
  readonly id: string
  readonly node: string
  readonly incarnation: number
  readonly sequence: number
  readonly time: HybridTime
  /** `crim`, `membership`, `node/n2`, `component/n1/ledger`; `life`, `guard` and the like of the node itself, `clusterLog` of this log. */
  readonly actor: string
  /** Of the catalogue; null: no machine's, or not known. */
  readonly machine: string | null
  /** `omitted`: too large; its event has only its type, its effects are left out. The black box may have it whole. */
  readonly kind: LogRecordKind
  readonly event: Message
  /** The id of the step that caused it; null: the world did. */
  readonly cause: string | null
  /** null: its start, or not known. */
  readonly fromState: string | null
  readonly state: string
  readonly effects: readonly Message[]
}

/** A place in the stream of one node, over all its lives. Whoever is at it has all that mattered up to it, itself included. */
export interface StreamPosition {
  readonly incarnation: number
  readonly sequence: number
}

/** Before everything. */
export const beginning: StreamPosition = { incarnation: 0, sequence: 0 }

export function comparePositions(a: StreamPosition, b: StreamPosition): number {
  return a.incarnation - b.incarnation || a.sequence - b.sequence
}

export function isAfter(a: StreamPosition, b: StreamPosition): boolean {
  return comparePositions(a, b) > 0
}

/** The order of the merged log: by time, so that an effect stands after its cause, then node, life, sequence. */
export function compareRecords(a: LogRecord, b: LogRecord): number {
  const byTime = compareHybridTimes(a.time, b.time)
  if (byTime !== 0) return byTime
  if (a.node !== b.node) return a.node < b.node ? -1 : 1
  return comparePositions(a, b)
}

/** The type of the event that stands where records of a node are gone for good: `{from, to}` are positions, `from` not included. */
export const gapType = 'log.gap'

/** As it leaves the node, in JSON: the record of the HTTP interface (`src/manage/http/contract.ts`). */
export function plainRecord(record: LogRecord) {
  const { id, node, time, actor, machine, kind, event, cause, fromState, state, effects } = record
  return {
    id,
    node,
    timeUs: time.us,
    timeCount: time.count,
    actor,
    machine,
    kind,
    event,
    cause,
    fromState,
    state,
    effects,
  }
}

export type PlainRecord = ReturnType<typeof plainRecord>
