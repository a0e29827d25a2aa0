/** The HTTP interface put together from its routes. Whoever asks has passed the gate by then (`gate.ts`). */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { logger } from '../../log/log.ts'
import type { Backend } from './backend.ts'
import { changeRoutes } from './changeRoutes.ts'
import { clusterRoutes } from './clusterRoutes.ts'
import { type Gate, guarded } from './gate.ts'
import { securityHeaders } from './headers.ts'
import { historyRoutes } from './historyRoutes.ts'
import { BusyError } from './paced.ts'
import { pageRoutes } from './pageRoutes.ts'
import { probeRoutes } from './probeRoutes.ts'
import { refuse } from './routing.ts'
import { sessionRoutes } from './sessionRoutes.ts'
import { StreamHub } from './stream.ts'
import { budgeted, refuseBusy, WorkBudget } from './workBudget.ts'

const log = logger('http')

export interface App {
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>
  readonly hub: StreamHub
  readonly routes: readonly { readonly method: string; readonly path: string }[]
}

export const requestBytesMax = 262_144

export function createApp({
  backend,
  gate,
  hub = new StreamHub(backend),
}: {
  backend: Backend
  gate: Gate
  hub?: StreamHub
}): App {
  const app = new OpenAPIHono()
  app.use(securityHeaders)
  app.use(guarded(gate))
  // Recordings take nobody's time but that of who asks.
  if (backend.live) app.use(budgeted(new WorkBudget()))
  app.use((c, next) => (c.req.path === '/v1/recordings' ? next() : bounded(c, next)))
  app.route('/', sessionRoutes(backend, gate))
  app.route('/', clusterRoutes(backend, hub, gate))
  app.route('/', historyRoutes(backend))
  app.route('/', changeRoutes(backend))
  app.route('/', probeRoutes(backend, gate))
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  const cookie = { type: 'apiKey', in: 'cookie', name: gate.options.cookieName } as const
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', cookie)
  // Making it takes ten times as long as any other answer, and everybody may ask for it.
  let description: object | null = null
  app.get('/v1/openapi.json', (c) => {
    description ??= app.getOpenAPI31Document({ openapi: '3.1.0', info: infoOf(backend) })
    return c.json(description)
  })
  app.route('/', pageRoutes())
  app.notFound((c) => refuse(c, 'no-such', `nothing at ${c.req.method} ${c.req.path}`))
  app.onError((error, c) => {
    // What the body's parser throws: no JSON, for instance.
    if (error instanceof HTTPException && error.status < 500) return refuse(c, 'invalid', error.message)
    if (error instanceof BusyError) return refuseBusy(c)
    log.error('{method} {path} failed: {error}', { method: c.req.method, path: c.req.path, error: String(error.stack) })
    return refuse(c, 'unavailable', `the node failed to answer: ${error.message}`)
  })
  return { fetch: (request, env) => app.fetch(request, env), hub, routes: app.routes }
}

function infoOf({ version }: Backend) {
  const description = `The HTTP interface of a node, and of recordings (rolecall ${version}). docs/http.md says more.`
  return { title: 'rolecall', version: '1', description }
}

/** Bodies are JSON, and say so: then no form of another page is ever taken for one. */
const bounded: MiddlewareHandler = (c, next) => {
  const isJson = /^application\/json *(;|$)/i.test(c.req.header('content-type') ?? '')
  if (c.req.method === 'POST' && !isJson)
    return Promise.resolve(refuse(c, 'invalid', 'the body is to be JSON: content-type application/json'))
  return limit(c, next)
}

const limit = bodyLimit({
  maxSize: requestBytesMax,
  onError: (c) => refuse(c, 'too-large', `more than ${requestBytesMax} bytes`),
})
