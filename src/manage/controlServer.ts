/** Serves the control interface of one node. What is asked for comes from `handlers`; this checks, names and bounds. */
import { existsSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { AnyOperation, OperationResult } from '../../machines/model/operation.ts'
import type { ClusterView } from '../../machines/model/view.ts'
import { suggestionFor } from '../configuration/nearest.ts'
import { httpStatuses, type OperationAnswer, operationOf, operationSchema } from './controlProtocol.ts'
import { type LogHandlers, logRoutes, noLog } from './logRoutes.ts'
import { type UnknownName, unknownName } from './operationNames.ts'
import { type RepositoryHandlers, repositoryRoutes } from './repositoryRoutes.ts'
import { watchStream } from './watchStream.ts'

export interface ControlHandlers {
  view(): ClusterView
  counters(): object
  operate(operation: AnyOperation): Promise<OperationResult>
  /** Calls back at each change of the view. Returns what ends it. */
  changes(listener: () => void): () => void
  readonly repository: RepositoryHandlers
  /** Left out: there is none. */
  readonly log?: LogHandlers
}

export interface ControlServer {
  readonly path: string
  /** Ends all connections and removes the socket. */
  stop(): Promise<void>
}

/** A transaction is smaller than 32 KiB as msgpack; as JSON some texts take six times as much. */
const requestSizeMaxBytes = 262_144
const watcherCountMax = 32
/** Longer than any operation's own time limit. */
const operationTimeoutSeconds = 120

/**
 * Listens on `path`, with mode 0600. The socket of a process that has ended is replaced. Throws when a live process
 * listens there, or when something else than a socket is in its place.
 */
export async function serveControl(options: { path: string; handlers: ControlHandlers }): Promise<ControlServer> {
  const { path, handlers } = options
  mkdirSync(dirname(path), { recursive: true })
  await clearStale(path)
  let watcherCount = 0

  const server = listenPrivately(() =>
    Bun.serve({
      unix: path,
      maxRequestBodySize: requestSizeMaxBytes,
      routes: {
        '/v1/view': { GET: () => Response.json(handlers.view()) },
        '/v1/counters': { GET: () => Response.json(handlers.counters()) },
        '/v1/assignments/:name': { GET: (request) => assignmentNamed(handlers.view(), request.params.name) },
        '/v1/observed': {
          GET: (request, server) => {
            server.timeout(request, operationTimeoutSeconds)
            return observed(handlers)
          },
        },
        '/v1/watch': {
          GET: (request, server) => {
            if (watcherCount >= watcherCountMax)
              return refusal('unavailable', `more than ${watcherCountMax} are watching already`)
            watcherCount += 1
            server.timeout(request, 0)
            const stream = watchStream(handlers, () => {
              watcherCount -= 1
            })
            return new Response(stream, { headers: { 'content-type': 'application/jsonl' } })
          },
        },
        ...repositoryRoutes(handlers.repository),
        ...logRoutes(handlers.log ?? noLog),
        '/v1/operations': {
          POST: (request, server) => {
            server.timeout(request, operationTimeoutSeconds)
            return operate(request, handlers)
          },
        },
      },
      fetch: (request) => refusal('no-such', `nothing at ${request.method} ${new URL(request.url).pathname}`),
      error: (error) => refusal('unavailable', `the node failed to answer: ${error.message}`),
    }),
  )
  return {
    path,
    async stop() {
      await server.stop(true)
      if (existsSync(path)) unlinkSync(path)
    },
  }
}

/** So that the socket never is anybody else's, not even between its making and a chmod. */
function listenPrivately<T>(listen: () => T): T {
  const umask = process.umask(0o177)
  try {
    return listen()
  } finally {
    process.umask(umask)
  }
}

function refusal(
  code: keyof typeof httpStatuses,
  text: string,
  more: { suggestion?: string | null; status?: number } = {},
): Response {
  const { suggestion = null, status = httpStatuses[code] } = more
  const answer: OperationAnswer = { ok: false, code, text, ...(suggestion === null ? {} : { suggestion }) }
  return Response.json(answer, { status })
}

function assignmentNamed(view: ClusterView, name: string): Response {
  const found = view.assignments.find((assignment) => assignment.name === name)
  return found
    ? Response.json(found)
    : refuseNoSuch({ what: 'assignment', name, names: view.assignments.map((each) => each.name) })
}

/** It is the master that knows. */
async function observed(handlers: ControlHandlers): Promise<Response> {
  const result = await handlers.operate({ operation: 'observe' })
  return result.ok ? Response.json(result.plan) : Response.json(result, { status: httpStatuses[result.code] })
}

async function operate(request: Request, handlers: ControlHandlers): Promise<Response> {
  const parsed = operationSchema.safeParse(await request.json().catch(() => null))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const at = issue!.path.length === 0 ? 'an operation' : issue!.path.join('.')
    return refusal('refused', `malformed request: ${at}: ${issue!.message}`, { status: 400 })
  }
  const operation = operationOf(parsed.data)
  const unknown = unknownName(handlers.view(), operation)
  if (unknown) return refuseNoSuch(unknown)
  const result = await handlers.operate(operation)
  return Response.json(result, { status: result.ok ? 200 : httpStatuses[result.code] })
}

function refuseNoSuch({ what, name, names }: UnknownName): Response {
  return refusal('no-such', `no ${what} '${name}'`, { suggestion: suggestionFor(name, names) })
}

async function clearStale(path: string): Promise<void> {
  const existing = lstatSync(path, { throwIfNoEntry: false })
  if (!existing) return
  if (!existing.isSocket()) throw new Error(`${path} is there and is no socket`)
  if (await isAnswered(path)) throw new Error(`another process listens on ${path}`)
  unlinkSync(path)
}

/** A listener accepts at once, even when it is too busy to answer. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
