/** Asks a node about the repository through its control socket. What the node answers is a value; that it does not, a `ControlError`. */
import { z } from 'zod'
import { type ControlTarget, exchange, linesOf } from './controlClient.ts'
import { fromPlain } from './plainJson.ts'
import {
  entrySchema,
  failureSchema,
  type PlainEntry,
  type RepositoryFailure,
  type TransactionRequest,
} from './repositoryProtocol.ts'

export interface KeyEntry {
  readonly key: string
  /** As it is in the repository; null: deleted. */
  readonly value: unknown
  readonly plain: unknown
  /** At which it was last set. */
  readonly revision: number
}

export type Answer<T> = ({ readonly ok: true } & T) | RepositoryFailure

export interface RepositoryClient {
  get(key: string, options: { isStale: boolean }): Promise<Answer<{ entry: KeyEntry; readAt: number }>>
  list(
    prefix: string,
    options: { isStale: boolean },
  ): Promise<Answer<{ entries: readonly KeyEntry[]; revision: number }>>
  history(prefix: string): Promise<Answer<{ changes: readonly KeyEntry[]; revision: number; oldest: number }>>
  /** Values as JSON (`plainJson.ts`). */
  transact(transaction: TransactionRequest): Promise<Answer<{ revision: number }>>
  /** First where it begins, without changes; then each transaction. Ends when the node closes it, and when `signal` is aborted. */
  watch(options: { prefix: string; after: number | null; signal?: AbortSignal }): AsyncGenerator<Answer<Changes>, void>
}

export interface Changes {
  readonly revision: number
  readonly changes: readonly KeyEntry[] | null
}

export function repositoryOf(target: ControlTarget): RepositoryClient {
  return {
    async get(key, { isStale }) {
      const { isOk, body } = await exchange(target, `/v1/repository/entry?${query({ key, ...stale(isStale) })}`)
      if (!isOk) return failureSchema.parse(body)
      const { readAt, ...entry } = entrySchema.extend({ readAt: z.number() }).parse(body)
      return { ok: true, entry: entryOf(entry), readAt }
    },
    async list(prefix, { isStale }) {
      const pathname = `/v1/repository/list?${query({ prefix, ...stale(isStale) })}`
      const read: unknown[] = []
      const failure = await readInto(read, linesOf({ ...target, pathname, signal: null }))
      if (failure) return failure
      const [head, tail] = [headSchema.safeParse(read[0]), z.object({ count: z.number() }).safeParse(read.at(-1))]
      if (!head.success || !tail.success || tail.data.count !== read.length - 2)
        return { ok: false, code: 'unavailable', text: 'the node ended before the list was complete' }
      const entries = read.slice(1, -1).map((line) => entryOf(entrySchema.parse(line)))
      return { ok: true, revision: head.data.revision, entries }
    },
    async history(prefix) {
      const { isOk, body } = await exchange(target, `/v1/repository/history?${query({ prefix })}`)
      if (!isOk) return failureSchema.parse(body)
      const { changes, revision, oldest } = historySchema.parse(body)
      return { ok: true, revision, oldest, changes: changes.map(entryOf) }
    },
    async transact(transaction) {
      const headers = { 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body: JSON.stringify(transaction) }
      const { isOk, body } = await exchange(target, '/v1/repository/transaction', init)
      return isOk ? { ok: true, revision: headSchema.parse(body).revision } : failureSchema.parse(body)
    },
    async *watch({ prefix, after, signal }) {
      const pathname = `/v1/repository/watch?${query({ prefix, ...(after === null ? {} : { after: String(after) }) })}`
      for await (const { isOk, text } of linesOf({ ...target, pathname, signal: signal ?? null })) {
        const line = JSON.parse(text)
        const failure = failureSchema.safeParse(line)
        if (!isOk || failure.success) yield failureSchema.parse(line)
        else yield changesOf(changesSchema.parse(line))
      }
    },
  }
}

const headSchema = z.object({ revision: z.number() })
const historySchema = z.object({ revision: z.number(), oldest: z.number(), changes: z.array(entrySchema) })
const changesSchema = z.object({ revision: z.number(), changes: z.array(entrySchema).optional() })

function changesOf({ revision, changes }: z.infer<typeof changesSchema>): Answer<Changes> {
  return { ok: true, revision, changes: changes?.map(entryOf) ?? null }
}

async function readInto(
  read: unknown[],
  lines: AsyncGenerator<{ isOk: boolean; text: string }>,
): Promise<RepositoryFailure | null> {
  for await (const { isOk, text } of lines) {
    if (!isOk) return failureSchema.parse(JSON.parse(text))
    read.push(JSON.parse(text))
  }
  return null
}

function entryOf({ key, value, revision }: PlainEntry): KeyEntry {
  return { key, value: fromPlain(value), plain: value, revision }
}

function stale(isStale: boolean): Record<string, string> {
  return isStale ? { stale: 'true' } : {}
}

function query(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString()
}
