/** What all routes have in common: how they refuse, and how that is documented. */
import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { OperationCode } from '../../../machines/model/operation.ts'
import { httpStatuses } from '../controlProtocol.ts'
import { type Refusal, refusalSchema } from './contract.ts'

/** Those of operations, and those of the interface itself. */
export type RefusalCode = OperationCode | 'invalid' | 'unauthorized' | 'forbidden' | 'too-many' | 'too-large'

const statuses = {
  ...httpStatuses,
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'too-large': 413,
  'too-many': 429,
} as const satisfies Record<RefusalCode, number>

export type Status = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 503 | 504

export function statusOf(code: RefusalCode): Status {
  return statuses[code] as Status
}

export function refuse(c: Context, code: RefusalCode, text: string, suggestion?: string | null) {
  const refusal: Refusal = { ok: false, code, text, ...(suggestion ? { suggestion } : {}) }
  return c.json(refusal, statusOf(code))
}

/** A router whose requests are checked by their schemas, and refused like everything else. */
export function router(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return
      const [issue] = result.error.issues
      const at = issue!.path.join('.') || result.target
      return refuse(c, 'invalid', `malformed request: ${at}: ${issue!.message}`)
    },
  })
}

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** The refusals that a route may answer with, for the description. */
export function refusals<C extends Status>(...codes: readonly C[]) {
  const entry = json(refusalSchema, 'Refused: the code says why')
  return Object.fromEntries(codes.map((code) => [code, entry])) as Record<C, typeof entry>
}

/**
 * Of what a token may be needed for: those of the gate, of the budget, and of an answer that failed, besides what the route itself
 * refuses.
 */
export function guardedRefusals<C extends Status = never>(...codes: readonly C[]) {
  return refusals<C | 401 | 403 | 429 | 503>(401, 403, 429, 503, ...codes)
}

/** Where everybody who reaches it may read, nothing is needed. */
export const readers = [{}, { token: [] }, { session: [] }]
