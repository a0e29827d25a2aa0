import { afterEach, describe, expect, test } from 'bun:test'
import { undoAll } from '../support.ts'
import { record, startServer, token } from './support.ts'

afterEach(undoAll)

const bearer = { authorization: `Bearer ${token}` }

test('the view, the machines and the configuration', async () => {
  const server = startServer()
  expect(await (await server.get('/v1/view')).json()).toMatchObject({ cluster: 'demo', node: 'n2' })
  const { machines } = await (await server.get('/v1/machines')).json()
  const names = machines.map(({ name }: { name: string }) => name)
  expect(names).toEqual(expect.arrayContaining(['component', 'crim', 'membership', 'node', 'fencing']))
  expect(await (await server.get('/v1/configuration')).json()).toEqual({ cluster: 'demo', secret: '(not shown)' })
})

test('what came is asked for by span, node, actor and change', async () => {
  const server = startServer()
  server.history.add([
    record(1),
    record(2, { node: 'n3', actor: 'crim', state: 'standby', fromState: 'standby' }),
    record(3, { actor: 'membership' }),
  ])
  const ids = async (query: string) => {
    const { records } = await (await server.get(`/v1/records?${query}`)).json()
    return records.map(({ id }: { id: string }) => id)
  }
  expect(await ids('')).toEqual(['n1:1:1', 'n3:1:2', 'n1:1:3'])
  expect(await ids('fromUs=1001&toUs=2000')).toEqual(['n3:1:2'])
  expect(await ids('node=n1&actor=component')).toEqual(['n1:1:1'])
  expect(await ids('isChange=true')).toEqual(['n1:1:1', 'n1:1:3'])
})

describe('malformed requests are refused, and the text says where', () => {
  const paths = [
    '/v1/records?limit=0',
    '/v1/records?limit=5001',
    '/v1/records?fromUs=yesterday',
    '/v1/states?atUs=-1',
    '/v1/activity?fromUs=0',
    '/v1/activity?fromUs=2&toUs=1',
    '/v1/activity?fromUs=0&toUs=1&buckets=100000',
  ]
  for (const path of paths) {
    test(path, async () => {
      const answer = await startServer().get(path)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        ok: false,
        code: 'invalid',
        text: expect.stringMatching(/^malformed request: (limit|fromUs|atUs|toUs|buckets)/),
      })
    })
  }

  const bodies = [
    ['/v1/operations', { operation: 'explode' }],
    ['/v1/operations', { operation: 'lock' }],
    ['/v1/operations', 7],
    ['/v1/plan', { fail: 'node:n1' }],
    ['/v1/plan', { explode: [] }],
    // Without a key it would be the name of a file for `rolecall plan`.
    ['/v1/plan', { add: ['/etc/passwd'] }],
    ['/v1/plan', { add: ['=x'] }],
    ['/v1/plan', { fail: ['node:n1\0'] }],
    ['/v1/session', {}],
  ] as const
  for (const [path, body] of bodies) {
    test(`${path} ${JSON.stringify(body)}`, async () => {
      const answer = await startServer().post(path, body, bearer)
      expect([answer.status, (await answer.json()).code]).toEqual([400, 'invalid'])
    })
  }

  test('no JSON at all, and too much of it', async () => {
    const server = startServer()
    const headers = { 'content-type': 'application/json', ...bearer }
    const broken = await server.get('/v1/operations', { method: 'POST', body: '{', headers })
    expect([broken.status, (await broken.json()).code]).toEqual([400, 'invalid'])
    const large = await server.post('/v1/operations', { operation: 'x'.repeat(300_000) }, bearer)
    expect([large.status, (await large.json()).code]).toEqual([413, 'too-large'])
  })
})

test('operations are checked for names, with what was perhaps meant, and asked as the control socket asks them', async () => {
  const server = startServer()
  const unknown = await server.post('/v1/operations', { operation: 'switchover', assignment: 'ledgr' }, bearer)
  expect(unknown.status).toBe(404)
  expect(await unknown.json()).toMatchObject({ code: 'no-such', suggestion: expect.stringContaining('ledger') })
  const lock = { operation: 'lock', target: { kind: 'node', node: 'n1' }, isDryRun: true, isForced: true }
  expect((await server.post('/v1/operations', lock, bearer)).status).toBe(200)
  expect(server.operations).toEqual([lock] as never)
})

test('what the node refuses is refused with its code and status', async () => {
  const refusal = { ok: false, code: 'needs-force', text: 'it would not be served' } as const
  const server = startServer({ live: { operate: async () => refusal } })
  const answer = await server.post('/v1/operations', { operation: 'switchover', assignment: 'ledger' }, bearer)
  expect([answer.status, await answer.json()]).toEqual([409, refusal])
})

test('a plan is answered, and asked for with what was given', async () => {
  const asked: unknown[] = []
  const server = startServer({
    live: {
      plan: async (request) => {
        asked.push(request)
        return { ok: true, text: 'nothing was done', plan: { verdict: 'lost' } }
      },
    },
  })
  const answer = await server.post('/v1/plan', { fail: ['node:n1'], switchover: ['ledger=n2'] })
  expect(await answer.json()).toMatchObject({ ok: true, plan: { verdict: 'lost' } })
  expect(asked).toEqual([{ fail: ['node:n1'], switchover: ['ledger=n2'] }])
})

test('a node takes no recordings', async () => {
  const answer = await startServer().get('/v1/recordings', { method: 'POST', body: 'x' })
  expect(answer.status).toBe(404)
})

describe('probes and roles', () => {
  test('live, ready and why not, HEAD as well as GET', async () => {
    const ready = startServer()
    const unready = startServer({ live: { unready: () => ['no quorum'] } })
    for (const method of ['GET', 'HEAD']) {
      expect((await ready.get('/livez', { method })).status).toBe(200)
      expect((await ready.get('/readyz', { method })).status).toBe(200)
      expect((await unready.get('/livez', { method })).status).toBe(200)
      expect((await unready.get('/readyz', { method })).status).toBe(503)
    }
    expect(await (await unready.get('/readyz')).json()).toEqual({ isReady: false, reasons: [] })
    expect(await (await unready.get('/readyz?verbose')).json()).toEqual({ isReady: false, reasons: ['no quorum'] })
  })

  test('200 where it is served, 503 where not, 404 for what is not there', async () => {
    const server = startServer()
    const answer = async (path: string, method = 'GET') => {
      const response = await server.get(path, { method })
      return [response.status, method === 'HEAD' ? null : await response.json()]
    }
    const primary = { assignment: 'ledger', node: 'n2', role: 'primary' }
    expect(await answer('/primary/ledger')).toEqual([200, primary])
    expect(await answer('/primary/ledger', 'HEAD')).toEqual([200, null])
    expect(await answer('/secondary/ledger')).toEqual([503, { ...primary, role: null }])
    expect(await answer('/secondary/ledger', 'HEAD')).toEqual([503, null])
    expect(await answer('/role/ledger')).toEqual([200, primary])
    expect((await answer('/role/other'))[0]).toBe(404)
  })
})

describe('the page', () => {
  test('is at the root and at every address within it, with its files', async () => {
    const server = startServer()
    const root = await server.get('/')
    expect(root.headers.get('content-type')).toContain('text/html')
    const html = await root.text()
    for (const path of ['/machines/n1/component%2Fn1%2Fledger', '/incidents/n1:1:4'])
      expect(await (await server.get(path)).text()).toBe(html)
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file!)
    for (const file of files) {
      const answer = await server.get(file)
      expect([file, answer.status]).toEqual([file, 200])
      expect(answer.headers.get('cache-control')).toContain('immutable')
    }
    const etag = root.headers.get('etag')
    if (etag) expect((await server.get('/', { headers: { 'if-none-match': etag } })).status).toBe(304)
  })

  test('asks nothing of any other place', async () => {
    const html = await (await startServer().get('/')).text()
    expect([...html.matchAll(/(?:src|href)="(https?:)?\/\/[^"]*"/g)]).toEqual([])
  })

  test('a browser finds it at an address of its own; a program is told that nothing is there', async () => {
    const server = startServer()
    const browser = await server.get('/timeline', { headers: { accept: 'text/html,*/*' } })
    expect([browser.status, browser.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
    expect((await server.get('/timeline', { headers: { accept: 'application/json' } })).status).toBe(404)
    expect((await server.get('/v1/nothing', { headers: { accept: 'text/html' } })).status).toBe(404)
    expect((await server.get('/../../etc/passwd.js')).status).toBe(404)
  })
})
