/**
 * The control interface of a node: HTTP over a Unix socket that only its owner may open. `GET /v1/view`, `/v1/counters`,
 * `/v1/assignments/NAME`, `/v1/watch` (JSON lines), `POST /v1/operations`.
 */
import { z } from 'zod'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { AnyOperation, OperationCode, OperationResult } from '../../machines/model/operation.ts'

const name = z
  .string({ error: 'a name' })
  .min(1, { error: 'a name' })
  .max(200, { error: 'a name of at most 200 characters' })

/** What comes in a request. Whether the names exist is looked at after. */
export const operationSchema = z.discriminatedUnion(
  'operation',
  [
    z.strictObject({ operation: z.literal('switchover'), assignment: name, to: name.nullish() }),
    z.strictObject({ operation: z.literal('lock'), component: name }),
    z.strictObject({ operation: z.literal('unlock'), component: name }),
    z.strictObject({ operation: z.literal('fence'), node: name, how: z.enum(['run', 'confirm']) }),
  ],
  { error: 'one of switchover, lock, unlock and fence' },
)

export type OperationRequest = z.input<typeof operationSchema>

/** Names are checked against the view, which has components under their full names only. */
export function operationOf(request: z.output<typeof operationSchema>): AnyOperation {
  if (request.operation === 'fence') return request
  if (request.operation === 'switchover') return { ...request, to: request.to ?? null }
  return { operation: request.operation, component: request.component as ComponentId }
}

/** An `OperationResult` as it goes over the socket; every error of the interface has the form of its second half. */
export type OperationAnswer = OperationResult & { readonly suggestion?: string }

const codes = [
  'no-such',
  'no-quorum',
  'needs-force',
  'unavailable',
  'timed-out',
  'refused',
] as const satisfies readonly OperationCode[]

export const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), text: z.string() }),
  z.object({ ok: z.literal(false), code: z.enum(codes), text: z.string(), suggestion: z.string().optional() }),
])

export const httpStatuses: Readonly<Record<OperationCode, number>> = {
  'no-such': 404,
  'no-quorum': 503,
  'needs-force': 409,
  unavailable: 503,
  'timed-out': 504,
  refused: 409,
}

/** An empty line in the watch stream this often: a client that hears nothing for three times as long has lost the node. */
export const keepAliveIntervalMs = 5000
