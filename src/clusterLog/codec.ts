/** Records as bytes: on disk and between nodes. Positional, as those of the black box are; what comes from elsewhere is checked. */
import type { Message } from '../engine/step.ts'
import { formatId } from '../recorder/timeline.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import { gapType, type LogRecord, type LogRecordKind, logRecordKinds, type StreamPosition } from './record.ts'

/** A longer record is kept without its event's fields and its effects (`omitted`). */
export const recordBytesMax = 16_384
/** Of names and states. */
const textLengthMax = 500

type Stored = [
  node: string,
  incarnation: number,
  sequence: number,
  us: number,
  ticks: number,
  actor: string,
  machine: string | null,
  kind: LogRecordKind,
  event: Message,
  cause: string | null,
  fromState: string | null,
  state: string,
  effects: Message[],
]

type Check = (value: unknown) => boolean

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isNumber: Check = (value) => isCount(value) && value !== 0
const isText: Check = (value) => typeof value === 'string' && value.length <= textLengthMax
const isTextOrNull: Check = (value) => value === null || isText(value)
const isKind: Check = (value) => (logRecordKinds as readonly unknown[]).includes(value)
const isMessage: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && isText((value as { type?: unknown }).type)
const isMessages: Check = (value) => Array.isArray(value) && value.every(isMessage)

/** In the order of `Stored`. By hand: what checks messages elsewhere would cost the thread as much memory as all the rest of it. */
const checks: readonly Check[] = [
  (value) => isText(value) && value !== '',
  isNumber,
  isNumber,
  isCount,
  isCount,
  isText,
  isTextOrNull,
  isKind,
  isMessage,
  isTextOrNull,
  isTextOrNull,
  isText,
  isMessages,
]

function isStored(value: unknown): value is Stored {
  return Array.isArray(value) && value.length === checks.length && checks.every((check, place) => check(value[place]))
}

/** A copy of its own. */
export function encodeLogRecord(record: LogRecord): Uint8Array {
  return (encodeWhole(record) ?? encodeBody(fieldsOf(withoutDetail(record)))).slice()
}

/**
 * The same, read again to see that it can be: what a spool has refused comes this way, by the black box, and must not keep what is
 * beside it out once more.
 */
export function encodeReadable(record: LogRecord): Uint8Array {
  const bytes = encodeLogRecord(record)
  return decodeLogRecord(bytes) ? bytes : encodeBody(fieldsOf(withoutDetail(record))).slice()
}

/** null: it is too large, or nested too deep. */
function encodeWhole(record: LogRecord): Uint8Array | null {
  try {
    const bytes = encodeBody(fieldsOf(record))
    return bytes.length <= recordBytesMax ? bytes : null
  } catch {
    // The black box takes what is nested deeper than messages are.
    return null
  }
}

function fieldsOf(record: LogRecord): unknown[] {
  const { node, incarnation, sequence, time, actor, machine, kind, event, cause, fromState, state, effects } = record
  return [
    node,
    incarnation,
    sequence,
    time.us,
    time.count,
    actor,
    machine,
    kind,
    event,
    cause,
    fromState,
    state,
    effects,
  ]
}

function withoutDetail(record: LogRecord): LogRecord {
  return { ...record, kind: 'omitted', event: { type: record.event.type.slice(0, textLengthMax) }, effects: [] }
}

/** null: it is none. Never throws. */
export function decodeLogRecord(bytes: Uint8Array): LogRecord | null {
  if (bytes.length > recordBytesMax) return null
  const fields = decodeBody(bytes)
  return isStored(fields) ? recordOf(fields) : null
}

/** Of bytes that this node has checked before. */
export function trustedLogRecord(bytes: Uint8Array): LogRecord {
  return recordOf(decodeBody(bytes) as Stored)
}

function recordOf(fields: Stored): LogRecord {
  const [node, incarnation, sequence, us, ticks, actor, machine, kind, event, cause, fromState, state, effects] = fields
  return {
    id: formatId({ node, incarnation, sequence }),
    node,
    incarnation,
    sequence,
    time: { us, count: ticks },
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

/** Stands where records of a node are gone for good: at the place of the last one. */
export function gapRecord(of: { node: string; from: StreamPosition; to: StreamPosition; us: number }): LogRecord {
  const { node, from, to, us } = of
  return {
    id: formatId({ node, ...to }),
    node,
    ...to,
    time: { us, count: 0 },
    actor: 'clusterLog',
    machine: null,
    kind: 'note',
    event: { type: gapType, from: `${from.incarnation}:${from.sequence}`, to: `${to.incarnation}:${to.sequence}` },
    cause: null,
    fromState: null,
    state: '',
    effects: [],
  }
}
