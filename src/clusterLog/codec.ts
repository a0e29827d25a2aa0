/** Records as bytes: on disk and between nodes. Positional, as those of the black box are; what comes from elsewhere is checked. */
import { z } from 'zod'
import { formatId } from '../recorder/timeline.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import { gapType, type LogRecord, logRecordKinds, type StreamPosition } from './record.ts'

/** A longer record is kept without its event's fields and its effects (`omitted`). */
export const recordBytesMax = 16_384

const count = z.int().min(0)
const message = z.looseObject({ type: z.string() })
const cause = z.string().max(200).nullable()

const stored = z.tuple([
  z.string().min(1).max(64),
  count.min(1),
  count.min(1),
  count,
  count,
  z.string().max(200),
  z.string().max(64).nullable(),
  z.enum(logRecordKinds),
  message,
  cause,
  z.string().max(200).nullable(),
  z.string().max(200),
  z.array(message),
])

/** A copy of its own. */
export function encodeLogRecord(record: LogRecord): Uint8Array {
  return (encodeWhole(record) ?? encodeBody(fieldsOf(withoutDetail(record)))).slice()
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
  return { ...record, kind: 'omitted', event: { type: record.event.type }, effects: [] }
}

/** null: it is none. Never throws. */
export function decodeLogRecord(bytes: Uint8Array): LogRecord | null {
  if (bytes.length > recordBytesMax) return null
  const parsed = stored.safeParse(decodeBody(bytes))
  return parsed.success ? recordOf(parsed.data as Stored) : null
}

/** Of bytes that this node has checked before. */
export function trustedLogRecord(bytes: Uint8Array): LogRecord {
  return recordOf(decodeBody(bytes) as Stored)
}

type Stored = z.output<typeof stored>

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
    actor: 'log',
    machine: null,
    kind: 'note',
    event: { type: gapType, from: `${from.incarnation}:${from.sequence}`, to: `${to.incarnation}:${to.sequence}` },
    cause: null,
    fromState: null,
    state: '',
    effects: [],
  }
}
