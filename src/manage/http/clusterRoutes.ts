/** The cluster now: its view, its machines, its configuration, and the stream of what changes. */
import { createRoute, z } from '@hono/zod-openapi'
import { catalogue } from '../../../machines/index.ts'
import { drawnMachine } from '../../charts/index.ts'
import type { Backend } from './backend.ts'
import { machinesSchema } from './contract.ts'
import type { Gate } from './gate.ts'
import { guardedRefusals, json, readers, refuse, router } from './routing.ts'
import type { StreamHub } from './stream.ts'

const object = z.looseObject({})

const routes = {
  view: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/view',
    summary: 'The cluster as this node can tell it',
    responses: {
      200: json(object, 'The view: what `rolecall status --json` prints'),
      ...guardedRefusals(404),
    },
  }),
  machines: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/machines',
    summary: 'The catalogue of machines, with their charts',
    responses: { 200: json(machinesSchema, 'The machines'), ...guardedRefusals() },
  }),
  configuration: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/configuration',
    summary: 'The configuration that counts now, without secrets',
    responses: { 200: json(object, 'The configuration'), ...guardedRefusals(404) },
  }),
  stream: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/stream',
    summary: 'Server-sent events: hello, reset, view, records, alive',
    request: {
      headers: z.object({ 'last-event-id': z.string().max(300).optional() }),
      query: z.object({
        lastEventId: z.string().max(300).optional().openapi({ description: 'Where headers cannot be set' }),
      }),
    },
    responses: {
      200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
      ...guardedRefusals(400),
    },
  }),
}

const noCluster = 'there is no cluster here, but recordings'

export function clusterRoutes({ live }: Backend, hub: StreamHub, gate: Gate) {
  return router()
    .openapi(routes.view, (c) => {
      if (!live) return refuse(c, 'no-such', noCluster) as never
      return c.json(live.view() as never, 200)
    })
    .openapi(routes.machines, (c) => {
      const machines = Object.entries(catalogue).map(([name, { version }]) => {
        const drawn = drawnMachine(name)
        return { name, version, ...drawn } as { name: string; version: number }
      })
      return c.json({ machines }, 200)
    })
    .openapi(routes.configuration, (c) => {
      if (!live) return refuse(c, 'no-such', noCluster) as never
      return c.json(live.configuration() as never, 200)
    })
    .openapi(routes.stream, (c) => {
      const lastEventId = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').lastEventId ?? null
      const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
      // Nobody would ever read it.
      if (c.req.method === 'HEAD') return c.body(null, 200, headers) as never
      const stream = hub.open(lastEventId, () => gate.mayStay(c))
      if (!stream) return refuse(c, 'too-many', 'as many are watching as may be') as never
      return c.body(stream, 200, headers) as never
    })
}
