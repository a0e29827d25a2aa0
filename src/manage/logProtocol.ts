/** The cluster log over a node's control socket: `GET /v1/log`, `/v1/log/stream` (JSON lines), `/v1/log/state`. */
import { z } from 'zod'

import { logRecordKinds, type PlainRecord } from '../clusterLog/record.ts'

const message = z.looseObject({ type: z.string() })

const recordSchema = z.object({
  id: z.string(),
  node: z.string(),
  timeUs: z.number(),
  timeCount: z.number(),
  actor: z.string(),
  machine: z.string().nullable(),
  kind: z.enum(logRecordKinds),
  event: message,
  cause: z.string().nullable(),
  fromState: z.string().nullable(),
  state: z.string(),
  effects: z.array(message).readonly(),
}) satisfies z.ZodType<PlainRecord>

/** Where this node stands with the log. */
export const logStateSchema = z.object({
  node: z.string(),
  isKeeper: z.boolean(),
  keepers: z.array(z.string()),
  /** Up to this time the records of all nodes that are up are here; null: not known. */
  completeUs: z.number().nullable(),
  oldestUs: z.number().nullable(),
  newestUs: z.number().nullable(),
  problems: z.array(z.object({ code: z.string(), node: z.string(), detail: z.string() })),
})

export type LogState = z.output<typeof logStateSchema>

export const logPageSchema = z.object({
  records: z.array(recordSchema),
  isTruncated: z.boolean(),
  position: z.string(),
  state: logStateSchema,
})

/** One of the stream. `isReset`: what lay before these is not known here any more. */
export const logLineSchema = z.object({
  records: z.array(recordSchema),
  position: z.string(),
  completeUs: z.number().nullable(),
  isReset: z.literal(true).optional(),
})

export type LogPageAnswer = z.output<typeof logPageSchema>
export type LogLine = z.output<typeof logLineSchema>

const number = z
  .string()
  .regex(/^\d{1,16}$/, { error: 'a whole number' })
  .transform(Number)
const name = z.string().min(1).max(200)

export const logQuerySchema = z.strictObject({
  fromUs: number.optional(),
  toUs: number.optional(),
  node: name.optional(),
  actor: name.optional(),
  component: name.optional(),
  limit: number.optional(),
  /** Of the stream: a position that this node gave. */
  after: z.string().max(100).optional(),
})
