/**
 * The control interface of a node: HTTP over a Unix socket that only its owner may open. `GET /v1/view`, `/v1/counters`,
 * `/v1/assignments/NAME`, `/v1/observed`, `/v1/watch` (JSON lines), `POST /v1/operations`.
 */
import { z } from 'zod'
import type { AnyOperation, OperationCode, OperationResult } from '../../machines/model/operation.ts'

const name = z
  .string({ error: 'a name' })
  .min(1, { error: 'a name' })
  .max(200, { error: 'a name of at most 200 characters' })

const target = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('component'), component: name }),
    z.strictObject({ kind: z.literal('node'), node: name }),
    z.strictObject({ kind: z.literal('assignment'), assignment: name }),
    z.strictObject({ kind: z.literal('group'), group: name }),
    z.strictObject({ kind: z.literal('cluster') }),
  ],
  { error: 'a target: of kind component, node, assignment, group or cluster' },
)

const manner = { isForced: z.boolean().exactOptional(), isDryRun: z.boolean().exactOptional() }

/** `component` is how locks were asked for before there were other targets; it stands for a target of that kind. */
const onTarget = { target: target.exactOptional(), component: name.exactOptional(), ...manner }

const operationShape = z.discriminatedUnion(
  'operation',
  [
    z.strictObject({ operation: z.literal('switchover'), assignment: name, to: name.nullish(), ...manner }),
    z.strictObject({ operation: z.literal('migrate'), assignment: name, from: name, to: name, ...manner }),
    z.strictObject({ operation: z.literal('selfTest'), component: name, ...manner }),
    z.strictObject({ operation: z.enum(['lock', 'unlock', 'shutdown', 'restart']), ...onTarget }),
    z.strictObject({ operation: z.literal('maintenance'), isOn: z.boolean(), ...onTarget }),
    z.strictObject({ operation: z.literal('fence'), node: name, how: z.enum(['run', 'confirm']) }),
  ],
  { error: 'one of switchover, migrate, selfTest, lock, unlock, shutdown, restart, maintenance and fence' },
)

type Parsed = z.output<typeof operationShape>

const onTargets = ['lock', 'unlock', 'shutdown', 'restart', 'maintenance'] as const

function isOnTarget(request: Parsed): request is Extract<Parsed, { operation: (typeof onTargets)[number] }> {
  return (onTargets as readonly string[]).includes(request.operation)
}

/** What comes in a request. Whether the names exist is looked at after. */
export const operationSchema = operationShape
  .refine((request) => !('target' in request && 'component' in request), { error: 'either a target or a component' })
  .refine((request) => !isOnTarget(request) || 'target' in request || 'component' in request, {
    path: ['target'],
    error: 'a target',
  })

export type OperationRequest = z.input<typeof operationSchema>

/** Names are checked against the view, which has components under their full names only. */
export function operationOf(request: Parsed): AnyOperation {
  if (request.operation === 'switchover') return { ...request, to: request.to ?? null }
  if (!isOnTarget(request)) return request as AnyOperation
  const { target, component, ...rest } = request
  return { ...rest, target: target ?? { kind: 'component', component } } as AnyOperation
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
  z.object({ ok: z.literal(true), text: z.string(), plan: z.unknown().exactOptional() }),
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
