/**
 * The ledger over HTTP.
 *
 *     POST /entries {text, id?}      200 {number, epoch} once it is safe; 503 {error, role, primary} where it can't be taken
 *     GET  /entries?after=0&limit=1000   200 {role, count, entries}
 *     GET  /entries/NUMBER           200 the entry; 404
 *     GET  /role                     200 {component, role, token, count, secondaries, primary, isInStep}
 */
import { RolecallError } from '../../src/sdk/index.ts'
import type { Book } from './book.ts'
import type { Service } from './service.ts'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly component: string
  readonly service: Service
  readonly book: Book
}

const textLengthMax = 16 * 1024
const idLengthMax = 128
const entriesPerAnswer = { bytesMax: 4 * 1024 * 1024, countMax: 10_000 }

export function serveHttp({ host, port, component, service, book }: HttpOptions): { url: string; stop: () => void } {
  const server = Bun.serve({
    hostname: host,
    port,
    maxRequestBodySize: 256 * 1024,
    // A writer waits as long as rolecall needs to decide about its secondary.
    idleTimeout: 60,
    routes: {
      '/entries': {
        POST: (request) => write(service, request),
        GET: (request) => list(service, book, new URL(request.url).searchParams),
      },
      '/entries/:number': {
        GET: ({ params }) => {
          const entry = book.at(Number(params.number))
          return entry && entry.number <= service.visibleCount ? Response.json(entry) : failure(404, 'no-such-entry')
        },
      },
      '/role': {
        GET: () => {
          const { role, token, visibleCount: count, secondaries, primaryEndpoint: primary, isInStep } = service
          return Response.json({ component, role, token, count, secondaries, primary, isInStep })
        },
      },
    },
    fetch: () => failure(404, 'no-such-page'),
  })
  return { url: `http://${host}:${server.port}`, stop: () => void server.stop(true) }
}

async function write(service: Service, request: Request): Promise<Response> {
  const body = parseBody(await request.text())
  if (!body)
    return failure(400, 'invalid', { detail: `{text, id?}: text to ${textLengthMax}, id to ${idLengthMax} characters` })
  try {
    const { number, epoch } = await service.write(body)
    return Response.json({ number, epoch })
  } catch (error) {
    if (!(error instanceof RolecallError)) throw error
    if (error.code === 'id-reused') return failure(409, error.code, { detail: error.message })
    if (error.code === 'full') return failure(507, error.code, { detail: error.message })
    const { role, primaryEndpoint: primary } = service
    return failure(503, error.code, { role, primary }, { 'retry-after': '1' })
  }
}

function list(service: Service, book: Book, query: URLSearchParams): Response {
  const after = Number(query.get('after') ?? 0)
  const limit = Number(query.get('limit') ?? 1000)
  if (!Number.isInteger(after) || after < 0 || !Number.isInteger(limit) || limit < 1) return failure(400, 'invalid')
  const { role, visibleCount: count } = service
  const countMax = Math.min(limit, entriesPerAnswer.countMax, Math.max(0, count - after))
  return Response.json({ role, count, entries: book.after(after, { ...entriesPerAnswer, countMax }) })
}

function parseBody(text: string): { text: string; id: string | null } | null {
  try {
    const { text: entry, id = null } = JSON.parse(text)
    const isText = typeof entry === 'string' && entry.length <= textLengthMax
    const isId = id === null || (typeof id === 'string' && id.length > 0 && id.length <= idLengthMax)
    return isText && isId ? { text: entry, id } : null
  } catch {
    return null
  }
}

function failure(status: number, error: string, more: object = {}, headers: Record<string, string> = {}): Response {
  return Response.json({ error, ...more }, { status, headers })
}
