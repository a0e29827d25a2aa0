/** What is asked of the cluster, or what if: operations, plans, and files that are dropped on the page. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { OperationResult } from '../../../machines/model/operation.ts'
import { suggestionFor } from '../../configuration/nearest.ts'
import { operationOf, operationSchema } from '../controlProtocol.ts'
import { unknownName } from '../operationNames.ts'
import type { Backend } from './backend.ts'
import { doneSchema, planRequestSchema } from './contract.ts'
import { guardedRefusals, json, type RefusalCode, readers, refuse, router } from './routing.ts'

const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: { 'application/json': { schema } } })

/** A black box of the default size has sixteen segments of 16 MiB; one of them, or a bundle of several small ones. */
export const recordingBytesMax = 128 * 1024 * 1024

const routes = {
  plan: createRoute({
    method: 'post',
    path: '/v1/plan',
    security: readers,
    summary: 'What would happen, if: nothing is done',
    request: { body: body(planRequestSchema) },
    responses: {
      200: json(doneSchema, 'Its plan is the document of docs/plan.md'),
      ...guardedRefusals(400, 404, 409, 504),
    },
  }),
  operate: createRoute({
    method: 'post',
    path: '/v1/operations',
    security: [{ token: [] }, { session: [] }],
    summary: 'Has an operation carried out, or says what it would do',
    request: { body: body(operationSchema) },
    responses: { 200: json(doneSchema, 'Done'), ...guardedRefusals(400, 404, 409, 504) },
  }),
  recordings: createRoute({
    method: 'post',
    path: '/v1/recordings',
    security: readers,
    summary: 'Adds a black-box segment or a bundle to what is shown (rolecall console only)',
    request: {
      query: z.object({ name: z.string().max(300).default('dropped.rcbb') }),
      body: {
        required: true,
        content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
      },
    },
    responses: { 200: json(doneSchema, 'It is shown now'), ...guardedRefusals(400, 404, 413) },
  }),
}

const noCluster = 'there is no cluster here, but recordings'

export function changeRoutes({ live, addRecording, redact }: Backend) {
  return router()
    .openapi(routes.plan, async (c) => {
      if (!live) return refuse(c, 'no-such', noCluster) as never
      return answer(c, redact(await live.plan(c.req.valid('json')))) as never
    })
    .openapi(routes.operate, async (c) => {
      if (!live) return refuse(c, 'no-such', noCluster) as never
      const operation = operationOf(c.req.valid('json'))
      const unknown = unknownName(live.view(), operation)
      if (unknown) {
        const { what, name, names } = unknown
        return refuse(c, 'no-such', `no ${what} '${name}'`, suggestionFor(name, names)) as never
      }
      return answer(c, redact(await live.operate(operation))) as never
    })
    .openapi(routes.recordings, async (c) => {
      if (!addRecording) return refuse(c, 'no-such', 'only rolecall console takes recordings') as never
      const bytes = await c.req.arrayBuffer()
      try {
        await addRecording({ name: c.req.valid('query').name, bytes: new Uint8Array(bytes) })
      } catch (error) {
        return refuse(c, 'invalid', `cannot be shown: ${(error as Error).message}`) as never
      }
      return c.json({ ok: true as const, text: 'shown' }, 200)
    })
}

function answer(c: Context, result: OperationResult & { suggestion?: string | null }) {
  if (result.ok) return c.json(result, 200)
  return refuse(c, result.code as RefusalCode, result.text, result.suggestion)
}
