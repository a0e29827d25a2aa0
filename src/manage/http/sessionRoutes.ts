/** Who asks, whom, and signing in and out of the page. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Backend } from './backend.ts'
import { type SessionView, sessionSchema } from './contract.ts'
import { type Gate, refuseSignIn } from './gate.ts'
import { json, refusals, router } from './routing.ts'

const path = '/v1/session'

const routes = {
  get: createRoute({
    method: 'get',
    path,
    summary: 'Who asks, whom, and what may be done',
    responses: { 200: json(sessionSchema, 'The session'), ...refusals(403) },
  }),
  begin: createRoute({
    method: 'post',
    path,
    summary: 'Sign in for the page: the session is kept in a cookie that no script can read',
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: z.strictObject({ token: z.string().max(1024) }) } },
      },
    },
    responses: { 200: json(sessionSchema, 'Signed in'), ...refusals(400, 401, 403, 429) },
  }),
  end: createRoute({
    method: 'delete',
    path,
    summary: 'Sign out',
    responses: { 200: json(sessionSchema, 'Signed out'), ...refusals(403) },
  }),
}

export function sessionRoutes(backend: Backend, gate: Gate) {
  function sessionOf(isSignedIn: boolean): SessionView {
    const { cluster, node, live, version } = backend
    const { readOnlyReason } = gate.options
    return { cluster, node, mode: live ? 'live' : 'recording', version, isSignedIn, readOnlyReason }
  }
  const noStore = (c: Context) => c.header('cache-control', 'no-store')
  return router()
    .openapi(routes.get, (c) => {
      noStore(c)
      return c.json(sessionOf(gate.signInOf(c) === 'right'), 200)
    })
    .openapi(routes.begin, (c) => {
      noStore(c)
      const signIn = gate.signIn(c, c.req.valid('json').token)
      return signIn === 'right' ? c.json(sessionOf(true), 200) : (refuseSignIn(c, gate, signIn) as never)
    })
    .openapi(routes.end, (c) => {
      noStore(c)
      gate.signOut(c)
      return c.json(sessionOf(false), 200)
    })
}
