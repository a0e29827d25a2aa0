/** What happened: records, states at a moment, activity over a span, incidents, explanations, snapshots. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Backend } from './backend.ts'
import {
  activitySchema,
  explanationSchema,
  incidentsSchema,
  recordsSchema,
  snapshotSchema,
  statesSchema,
} from './contract.ts'
import { guardedRefusals, json, readers, refuse, router } from './routing.ts'

const us = (description: string) => z.coerce.number().int().min(0).openapi({ description })
const name = (description: string) => z.string().min(1).max(200).optional().openapi({ description })
const flag = z.enum(['true', 'false']).optional()

const which = {
  node: name('Only of this node'),
  actor: name('Only of this actor, or of those below it: component/n1/ledger, component'),
}

const limitMax = 5000
const bucketCountMax = 4000
const timeMaxUs = Number.MAX_SAFE_INTEGER - 1

const span = {
  fromUs: us('Microseconds since 1970').default(0),
  toUs: us('Microseconds since 1970, within').default(timeMaxUs),
}

const idParam = z.object({
  id: z
    .string()
    .max(300)
    .openapi({ param: { name: 'id', in: 'path' }, example: 'n1:3:42' }),
})

const routes = {
  records: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/records',
    summary: 'Records within a span, oldest first; of too many, the last',
    request: {
      query: z.object({
        ...span,
        ...which,
        limit: z.coerce.number().int().min(1).max(limitMax).default(1000),
        isChange: flag.openapi({ description: 'Only steps into another state, starts, ends and notes' }),
      }),
    },
    responses: { 200: json(recordsSchema, 'The records'), ...guardedRefusals(400) },
  }),
  states: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/states',
    summary: 'What every machine was in at a moment',
    request: { query: z.object({ atUs: us('Microseconds since 1970').default(timeMaxUs) }) },
    responses: { 200: json(statesSchema, 'The states'), ...guardedRefusals(400) },
  }),
  activity: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/activity',
    summary: 'How much happened in each equal part of a span',
    request: {
      query: z.object({
        fromUs: us('Microseconds since 1970'),
        toUs: us('Microseconds since 1970, within'),
        ...which,
        buckets: z.coerce.number().int().min(1).max(bucketCountMax).default(200),
      }),
    },
    responses: { 200: json(activitySchema, 'The activity'), ...guardedRefusals(400) },
  }),
  incidents: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/incidents',
    summary: 'Causes and all that came of them, that touch a span',
    request: { query: z.object(span) },
    responses: { 200: json(incidentsSchema, 'The incidents, oldest first'), ...guardedRefusals(400) },
  }),
  explain: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/explain/{id}',
    summary: 'The causal chain of a record or an incident',
    request: { params: idParam },
    responses: { 200: json(explanationSchema, 'The chain'), ...guardedRefusals(400, 404) },
  }),
  snapshot: createRoute({
    method: 'get',
    security: readers,
    path: '/v1/snapshots/{id}',
    summary: "A machine's whole state after one step, run again from the black box",
    request: { params: idParam },
    responses: { 200: json(snapshotSchema, 'The state'), ...guardedRefusals(400, 404) },
  }),
}

export function historyRoutes({ history, redact }: Backend) {
  return router()
    .openapi(routes.records, async (c) => {
      const { isChange, ...query } = c.req.valid('query')
      return c.json(redact(await history.records({ ...query, isChange: isChange === 'true' })), 200)
    })
    .openapi(routes.states, async (c) => c.json(await history.states(c.req.valid('query').atUs), 200))
    .openapi(routes.activity, async (c) => {
      const { buckets: bucketCount, ...query } = c.req.valid('query')
      if (query.toUs < query.fromUs) return refuse(c, 'invalid', 'malformed request: toUs: before fromUs') as never
      return c.json(await history.activity({ ...query, bucketCount }), 200)
    })
    .openapi(routes.incidents, async (c) => {
      return c.json({ incidents: [...redact(await history.incidents(c.req.valid('query')))] }, 200)
    })
    .openapi(routes.explain, async (c) => {
      const { id } = c.req.valid('param')
      const explanation = await history.explain(id)
      return explanation
        ? c.json(redact(explanation), 200)
        : (refuse(c, 'no-such', `nothing is known of '${id}'`) as never)
    })
    .openapi(routes.snapshot, async (c) => {
      const { id } = c.req.valid('param')
      const snapshot = await history.snapshot(id)
      return snapshot
        ? c.json(redact(snapshot), 200)
        : (refuse(c, 'no-such', `no state is known after '${id}'`) as never)
    })
}
