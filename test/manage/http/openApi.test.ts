import { afterEach, expect, test } from 'bun:test'
import { createApp } from '../../../src/manage/http/app.ts'
import { Gate } from '../../../src/manage/http/gate.ts'
import { recordingBackend } from '../../../src/manage/http/recordingBackend.ts'
import { undoAll } from '../support.ts'
import { startServer } from './support.ts'

afterEach(undoAll)

interface Operation {
  readonly summary?: string
  readonly security?: readonly object[]
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[]
  readonly requestBody?: { content: Record<string, { schema: object }> }
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head']

test('the description is OpenAPI 3.1, and has every route with all that it needs', async () => {
  const server = startServer()
  const document = await (await server.get('/v1/openapi.json')).json()
  expect(document.openapi).toMatch(/^3\.1\.\d+$/)
  expect(document.info).toMatchObject({ title: 'rolecall', version: '1' })
  const operations: [string, string, Operation][] = Object.entries(document.paths as object).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]): [string, string, Operation] => [
      path,
      method,
      operation,
    ]),
  )
  for (const [path, method, { summary, security, parameters = [], responses }] of operations) {
    expect(methods).toContain(method)
    expect([path, (summary?.length ?? 0) > 0]).toEqual([path, true])
    expect(Object.keys(responses).every((status) => /^[1-5]\d\d$/.test(status))).toBe(true)
    expect(Object.values(responses).every(({ description }) => description.length > 0)).toBe(true)
    const refused = security ? ['401', '403', '429', '503'] : ['403']
    expect([path, refused.filter((status) => !(status in responses))]).toEqual([path, []])
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
    const inPath = parameters.filter((parameter) => parameter.in === 'path')
    expect(inPath.map(({ name }) => name)).toEqual(named)
    expect(inPath.every(({ required }) => required === true)).toBe(true)
    expect(parameters.every(({ schema }) => typeof schema === 'object')).toBe(true)
  }
  expect(document.components.securitySchemes).toMatchObject({ token: { type: 'http', scheme: 'bearer' } })
  expect(document.paths['/v1/operations'].post.security).toEqual([{ token: [] }, { session: [] }])
  const described = new Set(operations.map(([path, method]) => `${method} ${path}`))
  expect([...(await routesOf())].filter((route) => !described.has(route))).toEqual([])
  expect(operations.length).toBeGreaterThanOrEqual(20)
  expect(referencesIn(document).filter((reference) => !isThere(document, reference))).toEqual([])
})

/** As the router has them, without what is there for all, the page and the description itself. */
async function routesOf(): Promise<Set<string>> {
  const backend = await recordingBackend({ paths: [], version: '', nowUs: () => 0 })
  const options = { tokenDigests: [], isOpen: true, isSecure: false, cookieName: 'x', readOnlyReason: null }
  const { routes } = createApp({ backend, gate: new Gate(options) })
  const own = routes.filter(({ method, path }) => method !== 'ALL' && !path.includes('*') && !path.includes('/:file'))
  const names = own.map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`)
  return new Set(names.filter((route) => route !== 'get /v1/openapi.json'))
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  )
}

function isThere(document: unknown, reference: string): boolean {
  let at = document as Record<string, unknown> | undefined
  for (const part of reference.replace(/^#\//, '').split('/')) at = at?.[part] as typeof at
  return at !== undefined
}
