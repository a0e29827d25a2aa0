/**
 * The configuration repository over a node's control socket: `GET /v1/repository/entry`, `/list`, `/history`, `/watch`,
 * `POST /v1/repository/transaction`. Values are JSON as `plainJson.ts` has it.
 */
import { z } from 'zod'
import type { CcrCode, CcrFailure } from '../repository/ccr.ts'
import type { TreeEntry } from '../repository/tree.ts'
import { toPlain } from './plainJson.ts'

/** `no-such`: there is no such key. `unavailable`: too many are watching. The others are those of the service. */
export type RepositoryCode = CcrCode | 'no-such' | 'unavailable'

export interface RepositoryFailure {
  readonly ok: false
  readonly code: RepositoryCode
  readonly text: string
  readonly suggestion?: string | undefined
  /** The revisions that keys really have; 0: not there. */
  readonly conflicts?: readonly { readonly key: string; readonly revision: number }[] | undefined
  readonly problems?: readonly { readonly key: string; readonly text: string }[] | undefined
  readonly oldest?: number | undefined
}

export const repositoryStatuses: Readonly<Record<RepositoryCode, number>> = {
  invalid: 400,
  reserved: 403,
  'no-such': 404,
  conflict: 409,
  compacted: 410,
  'too-large': 413,
  refused: 422,
  overloaded: 503,
  busy: 503,
  'no-quorum': 503,
  unavailable: 503,
  'timed-out': 504,
  indeterminate: 504,
  quota: 507,
}

const key = z.string({ error: 'a key' }).max(2048, { error: 'a shorter key' })
const revision = z.int({ error: 'a revision' }).min(0, { error: 'a revision' })

export const transactionSchema = z.strictObject({
  /** 0: the key must not be there. */
  conditions: z.array(z.strictObject({ key, revision })).max(4096).default([]),
  /** null deletes. */
  changes: z.array(z.strictObject({ key, value: z.unknown() })).max(4096),
})

export type TransactionRequest = z.input<typeof transactionSchema>

/** A key as it goes over the socket; its value in JSON. null: deleted. */
export interface PlainEntry {
  readonly key: string
  readonly value: unknown
  /** At which it was last set. */
  readonly revision: number
}

export function plainEntry({ key, value, index }: TreeEntry): PlainEntry {
  return { key, value: toPlain(value), revision: index }
}

export function failureOfCcr({ code, text, conflicts, problems, oldest }: CcrFailure): RepositoryFailure {
  return {
    ok: false,
    code,
    text,
    ...(conflicts ? { conflicts: conflicts.map(({ key, index }) => ({ key, revision: index })) } : {}),
    ...(problems ? { problems } : {}),
    ...(oldest === undefined ? {} : { oldest }),
  }
}

export const failureSchema = z.object({
  ok: z.literal(false),
  code: z.enum(Object.keys(repositoryStatuses) as [RepositoryCode, ...RepositoryCode[]]),
  text: z.string(),
  suggestion: z.string().optional(),
  conflicts: z.array(z.object({ key: z.string(), revision: z.number() })).optional(),
  problems: z.array(z.object({ key: z.string(), text: z.string() })).optional(),
  oldest: z.number().optional(),
})

export const entrySchema = z.object({ key: z.string(), value: z.unknown(), revision: z.number() })
