/**
 * What machines ask: probes, load balancers, Prometheus. `/livez` asks nobody; a role endpoint answers 200 only on the node that
 * serves, and only while it may. Without a token they say yes or no, and little more.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Backend } from './backend.ts'
import { readySchema } from './contract.ts'
import type { Gate } from './gate.ts'
import { guardedRefusals, json, readers, refusals, refuse, router } from './routing.ts'

const assignment = z.object({
  assignment: z
    .string()
    .max(200)
    .openapi({ param: { name: 'assignment', in: 'path' }, example: 'ledger' }),
})
const text = { 'text/plain': { schema: z.string() } }
const roleSchema = z.object({ assignment: z.string(), node: z.string(), role: z.string().nullable() })

const routes = {
  livez: createRoute({
    method: 'get',
    path: '/livez',
    summary: 'Whether this process turns; asks no peer',
    responses: { 200: { description: 'It does', content: text }, ...refusals(403) },
  }),
  readyz: createRoute({
    method: 'get',
    path: '/readyz',
    summary: 'Whether this node does its part; ?verbose says what keeps it from it',
    request: { query: z.object({ verbose: z.string().max(10).optional() }) },
    responses: {
      200: json(readySchema, 'It does'),
      503: json(readySchema, 'It does not'),
      ...refusals(403),
    },
  }),
  metrics: createRoute({
    method: 'get',
    path: '/metrics',
    security: readers,
    summary: 'Metrics in the text format of Prometheus',
    responses: { 200: { description: 'The metrics', content: text }, ...guardedRefusals(404) },
  }),
  primary: createRoute({
    method: 'get',
    path: '/primary/{assignment}',
    summary: 'Whether this node is primary for the assignment, at this moment',
    request: { params: assignment },
    responses: { 200: json(roleSchema, 'It is'), ...refusals(403, 404), 503: json(roleSchema, 'It is not') },
  }),
  secondary: createRoute({
    method: 'get',
    path: '/secondary/{assignment}',
    summary: 'Whether this node is secondary for the assignment, at this moment',
    request: { params: assignment },
    responses: { 200: json(roleSchema, 'It is'), ...refusals(403, 404), 503: json(roleSchema, 'It is not') },
  }),
  role: createRoute({
    method: 'get',
    path: '/role/{assignment}',
    summary: 'Whether this node serves the assignment in any role, and in which',
    request: { params: assignment },
    responses: { 200: json(roleSchema, 'It does'), ...refusals(403, 404), 503: json(roleSchema, 'It does not') },
  }),
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8'
const noCluster = 'there is no cluster here, but recordings'

export function probeRoutes({ live, node }: Backend, gate: Gate) {
  function answerRole(c: Context, assignment: string, wanted: readonly ('primary' | 'secondary')[]) {
    c.header('cache-control', 'no-store')
    if (!live) return refuse(c, 'no-such', noCluster) as never
    const roles = wanted.map((role) => ({ role, isServed: live.serves(assignment, role) }))
    if (roles.some(({ isServed }) => isServed === null))
      return refuse(c, 'no-such', `no assignment '${assignment}'`) as never
    const role = roles.find(({ isServed }) => isServed)?.role ?? null
    return c.json({ assignment, node: node!, role }, role === null ? 503 : 200) as never
  }
  return router()
    .openapi(routes.livez, (c) => c.text('ok\n', 200))
    .openapi(routes.readyz, (c) => {
      c.header('cache-control', 'no-store')
      const all = live?.unready() ?? []
      const isVerbose = c.req.valid('query').verbose !== undefined && gate.mayRead(c)
      const body = { isReady: all.length === 0, reasons: isVerbose ? [...all] : [] }
      return c.json(body, all.length === 0 ? 200 : 503)
    })
    .openapi(routes.metrics, (c) => {
      if (!live) return refuse(c, 'no-such', noCluster) as never
      return c.body(live.metrics(), 200, { 'content-type': metricsType }) as never
    })
    .openapi(routes.primary, (c) => answerRole(c, c.req.valid('param').assignment, ['primary']))
    .openapi(routes.secondary, (c) => answerRole(c, c.req.valid('param').assignment, ['secondary']))
    .openapi(routes.role, (c) => answerRole(c, c.req.valid('param').assignment, ['primary', 'secondary']))
}
