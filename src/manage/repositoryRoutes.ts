/** What the control socket answers about the repository. The service decides; this parses, names and writes down. */
import { suggestionFor } from '../configuration/nearest.ts'
import type { Ccr, CcrFailure, Consistency } from '../repository/ccr.ts'
import { fromPlain } from './plainJson.ts'
import {
  failureOfCcr,
  plainEntry,
  type RepositoryFailure,
  repositoryStatuses,
  type TransactionRequest,
  transactionSchema,
} from './repositoryProtocol.ts'
import { changeStream, listStream } from './repositoryStreams.ts'

export type RepositoryHandlers = Pick<Ccr, 'get' | 'list' | 'transact' | 'watch' | 'history' | 'changesAfter'>

const watcherCountMax = 32
/** Longer than the service takes. */
const requestTimeoutSeconds = 30

type Server = { timeout(request: Request, seconds: number): void }

export function repositoryRoutes(repository: RepositoryHandlers) {
  let watcherCount = 0

  function watch(request: Request, server: Server): Response {
    const wanted = parametersOf(request)
    if (!wanted.ok) return refuse(wanted)
    if (watcherCount >= watcherCountMax)
      return refuse({ ok: false, code: 'unavailable', text: `more than ${watcherCountMax} are watching already` })
    const { prefix } = wanted
    const now = repository.history(prefix)
    if (!now.ok) return refuseAs(now)
    const afterRevision = wanted.afterRevision ?? now.revision
    const since = repository.changesAfter(prefix, afterRevision)
    if (!since.ok) return refuseAs(since)
    watcherCount += 1
    server.timeout(request, 0)
    return lines(
      changeStream(repository, { prefix, afterRevision }, () => {
        watcherCount -= 1
      }),
    )
  }

  return {
    '/v1/repository/entry': { GET: patient((request) => entryAt(repository, request)) },
    '/v1/repository/list': { GET: patient((request) => list(repository, request)) },
    '/v1/repository/history': { GET: (request: Request) => history(repository, request) },
    '/v1/repository/watch': { GET: watch },
    '/v1/repository/transaction': { POST: patient((request) => transact(repository, request)) },
  }
}

function patient(answer: (request: Request) => Promise<Response>) {
  return (request: Request, server: Server) => {
    server.timeout(request, requestTimeoutSeconds)
    return answer(request)
  }
}

async function entryAt(repository: RepositoryHandlers, request: Request): Promise<Response> {
  const { key, consistency } = questionOf(request)
  const result = await new Promise<Parameters<Parameters<Ccr['get']>[2]>[0]>((resolve) =>
    repository.get(key, { consistency }, resolve),
  )
  if (!result.ok) return refuseAs(result)
  const { entry, revision } = result
  if (entry === null) return refuse(await noSuch(repository, key))
  return Response.json({ ...plainEntry(entry), readAt: revision })
}

/** Looks for what was meant where it costs nothing to look. */
async function noSuch(repository: RepositoryHandlers, key: string): Promise<RepositoryFailure> {
  const all = await new Promise<readonly string[]>((resolve) =>
    repository.list('', { consistency: 'stale' }, (result) =>
      resolve(result.ok ? result.entries.slice(0, suggestedCountMax).map((entry) => entry.key) : []),
    ),
  )
  const isFolder = all.some((each) => each.startsWith(`${key}/`))
  const suggestion = isFolder ? `there is something below it: rolecall config list ${key}` : suggestionFor(key, all)
  return { ok: false, code: 'no-such', text: `no key '${key}'`, ...(suggestion === null ? {} : { suggestion }) }
}

const suggestedCountMax = 2000

async function list(repository: RepositoryHandlers, request: Request): Promise<Response> {
  const { prefix, consistency } = questionOf(request)
  const result = await new Promise<Parameters<Parameters<Ccr['list']>[2]>[0]>((resolve) =>
    repository.list(prefix, { consistency }, resolve),
  )
  return result.ok ? lines(listStream(result.entries, result.revision)) : refuseAs(result)
}

function history(repository: RepositoryHandlers, request: Request): Response {
  const result = repository.history(questionOf(request).prefix)
  if (!result.ok) return refuseAs(result)
  const { revision, oldest, changes } = result
  return Response.json({ revision, oldest, changes: changes.map(plainEntry) })
}

async function transact(repository: RepositoryHandlers, request: Request): Promise<Response> {
  const parsed = transactionSchema.safeParse(await request.json().catch(() => null))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse(invalid(`malformed request: ${issue!.path.join('.') || 'a transaction'}: ${issue!.message}`))
  }
  const transaction = transactionOf(parsed.data)
  if (!transaction.ok) return refuse(transaction)
  const result = await new Promise<Parameters<Parameters<Ccr['transact']>[1]>[0]>((resolve) =>
    repository.transact(transaction, resolve),
  )
  return result.ok ? Response.json(result) : refuseAs(result)
}

function transactionOf({ conditions = [], changes }: TransactionRequest) {
  try {
    return {
      ok: true as const,
      conditions: conditions.map(({ key, revision }) => ({ key, index: revision })),
      changes: changes.map(({ key, value }) => ({ key, value: fromPlain(value) })),
    }
  } catch (error) {
    return invalid(`malformed value: ${(error as Error).message}`)
  }
}

function questionOf(request: Request): { key: string; prefix: string; consistency: Consistency } {
  const { searchParams } = new URL(request.url)
  const isStale = searchParams.has('stale') && searchParams.get('stale') !== 'false'
  return {
    key: searchParams.get('key') ?? '',
    prefix: searchParams.get('prefix') ?? '',
    consistency: isStale ? 'stale' : 'linearizable',
  }
}

function parametersOf(
  request: Request,
): { ok: true; prefix: string; afterRevision: number | null } | RepositoryFailure {
  const after = new URL(request.url).searchParams.get('after')
  if (after !== null && !/^\d{1,15}$/.test(after))
    return invalid(`after: expected a revision, not '${after.slice(0, 40)}'`)
  return { ok: true, prefix: questionOf(request).prefix, afterRevision: after === null ? null : Number(after) }
}

function invalid(text: string): RepositoryFailure {
  return { ok: false, code: 'invalid', text }
}

function refuseAs(failure: CcrFailure): Response {
  return refuse(failureOfCcr(failure))
}

function refuse(failure: RepositoryFailure): Response {
  return Response.json(failure, { status: repositoryStatuses[failure.code] })
}

function lines(stream: ReadableStream<Uint8Array>): Response {
  return new Response(stream, { headers: { 'content-type': 'application/jsonl' } })
}
