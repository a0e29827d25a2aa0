import { afterEach, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { isThisMachine } from '../../../src/manage/http/gate.ts'
import { digestOf, FailedSignIns, isKnown, Sessions } from '../../../src/manage/http/tokens.ts'
import { undoAll } from '../support.ts'
import { startServer, token } from './support.ts'

afterEach(undoAll)

const bearer = { authorization: `Bearer ${token}` }
const switchover = { operation: 'switchover', assignment: 'ledger' }

test('on loopback everybody reads, and nobody changes anything without a token', async () => {
  const server = startServer()
  for (const path of ['/v1/view', '/v1/records', '/v1/configuration', '/metrics', '/v1/session', '/'])
    expect([path, (await server.get(path)).status]).toEqual([path, 200])
  const refused = await server.post('/v1/operations', switchover)
  expect(refused.status).toBe(401)
  expect(await refused.json()).toMatchObject({ ok: false, code: 'unauthorized' })
  expect((await server.post('/v1/operations', switchover, { authorization: 'Bearer wrong' })).status).toBe(401)
  expect(server.operations).toEqual([])
  const done = await server.post('/v1/operations', switchover, bearer)
  expect([done.status, await done.json()]).toEqual([200, { ok: true, text: 'done' }])
  expect(server.operations).toEqual([{ operation: 'switchover', assignment: 'ledger', to: null }])
})

test('elsewhere a token is needed for reading, too, but not for probes, role endpoints and the page', async () => {
  const server = startServer({ host: '0.0.0.0' })
  const at = (path: string) => `http://127.0.0.1:${server.port}${path}`
  const readers = ['/v1/view', '/v1/records', '/v1/states', '/v1/stream', '/v1/configuration', '/metrics']
  for (const path of readers) expect([path, (await fetch(at(path))).status]).toEqual([path, 401])
  expect((await fetch(at('/v1/plan'), { method: 'POST', body: '{}' })).status).toBe(401)
  expect((await fetch(at('/v1/view'), { headers: bearer })).status).toBe(200)
  const open = ['/', '/livez', '/readyz', '/primary/ledger', '/v1/session', '/v1/openapi.json']
  for (const path of open) expect([path, (await fetch(at(path))).status]).toEqual([path, 200])
})

test('closed, loopback is as elsewhere, by whatever name a proxy is asked', async () => {
  const server = startServer({ isClosed: true })
  const headers = { host: 'console.example' }
  expect((await server.get('/v1/view', { headers })).status).toBe(401)
  expect((await server.get('/v1/view', { headers: { ...headers, ...bearer } })).status).toBe(200)
  expect((await server.get('/', { headers })).status).toBe(200)
  const signedIn = await server.post('/v1/session', { token }, { ...headers, origin: 'https://console.example' })
  expect(signedIn.status).toBe(200)
})

test('a probe that names no host is answered, and what is no host is refused without a word of the program', async () => {
  const server = startServer()
  expect(await raw(server.port, 'GET /primary/ledger HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.\d 200 /)
  expect(await raw(server.port, 'GET /v1/view HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.\d 200 /)
  for (const host of ['[', 'a b c', '127.0.0.1:99999999']) {
    const answer = await raw(server.port, `GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain('stack')
  }
})

test('readyz says why only to whoever may read', async () => {
  const server = startServer({ host: '0.0.0.0', live: { unready: () => ['n2/ledger is offline'] } })
  const at = (headers?: Record<string, string>) =>
    fetch(`http://127.0.0.1:${server.port}/readyz?verbose`, headers ? { headers } : {})
  expect(await (await at()).json()).toEqual({ isReady: false, reasons: [] })
  expect(await (await at(bearer)).json()).toEqual({ isReady: false, reasons: ['n2/ledger is offline'] })
})

test('the page signs in for a session that no script sees, and out of it', async () => {
  const server = startServer()
  const wrong = await server.post('/v1/session', { token: 'wrong' })
  expect(wrong.status).toBe(401)
  expect(wrong.headers.get('set-cookie')).toBeNull()
  const right = await server.post('/v1/session', { token })
  expect(await right.json()).toMatchObject({ cluster: 'demo', node: 'n2', isSignedIn: true, mode: 'live' })
  const set = right.headers.get('set-cookie')!
  expect(set).toContain('HttpOnly')
  expect(set).toContain('SameSite=Strict')
  expect(set).not.toContain(token)
  const cookie = set.split(';')[0]!
  expect((await server.post('/v1/operations', switchover, { cookie })).status).toBe(200)
  expect(await (await server.get('/v1/session', { headers: { cookie } })).json()).toMatchObject({ isSignedIn: true })
  expect((await server.get('/v1/session', { method: 'DELETE', headers: { cookie } })).status).toBe(200)
  expect((await server.post('/v1/operations', switchover, { cookie })).status).toBe(401)
})

describe('pages of others', () => {
  const foreign = [
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'null' },
  ]
  for (const headers of foreign) {
    test(`are refused, even signed in: ${JSON.stringify(headers)}`, async () => {
      const server = startServer()
      const cookie = (await server.post('/v1/session', { token })).headers.get('set-cookie')!.split(';')[0]!
      for (const path of ['/v1/operations', '/v1/session', '/v1/plan'])
        expect((await server.post(path, switchover, { ...headers, cookie })).status).toBe(403)
      expect(server.operations).toEqual([])
    })
  }

  test('the page itself is not one of them', async () => {
    const server = startServer()
    const own = { origin: server.url.slice(0, -1), 'sec-fetch-site': 'same-origin', ...bearer }
    expect((await server.post('/v1/operations', switchover, own)).status).toBe(200)
  })

  test('a form cannot send what is JSON', async () => {
    const server = startServer()
    const headers = { 'content-type': 'text/plain', ...bearer }
    expect((await server.post('/v1/operations', switchover, headers)).status).toBe(400)
    expect(server.operations).toEqual([])
  })

  test('a name that was bound to loopback is not this machine', async () => {
    const server = startServer()
    const answer = await server.get('/v1/view', { headers: { host: `evil.example:${server.port}` } })
    expect(answer.status).toBe(403)
    expect(['localhost:1', '127.0.0.1', '127.9.9.9:80', '[::1]:7180', undefined].every(isThisMachine)).toBe(true)
    expect(['127.0.0.1.evil.example', 'localhost.evil.example', '', '10.0.0.1'].some(isThisMachine)).toBe(false)
  })

  test('take none of its time or its places either, but may lead to it', async () => {
    const server = startServer()
    const foreign = { 'sec-fetch-site': 'cross-site' }
    for (const path of ['/v1/records', '/v1/stream', '/metrics'])
      expect((await server.get(path, { headers: { ...foreign, 'sec-fetch-mode': 'no-cors' } })).status).toBe(403)
    const navigation = { headers: { ...foreign, 'sec-fetch-mode': 'navigate' } }
    for (const path of ['/', '/v1/openapi.json']) expect((await server.get(path, navigation)).status).toBe(200)
  })

  test('are never answered across origins, and the page is framed by nobody', async () => {
    const server = startServer()
    for (const path of ['/', '/v1/view', '/nothing']) {
      const { headers } = await server.get(path, { headers: { origin: 'http://evil.example' } })
      expect(headers.get('access-control-allow-origin')).toBeNull()
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
    }
  })
})

test('after ten wrong tokens none is looked at any more, the right one neither, until the minute is over', async () => {
  let nowMs = 0
  const options = { tokenDigests: [digestOf(token)], readOnlyReason: null, nowMs: () => nowMs }
  const server = startServer({ gate: options })
  for (let count = 0; count < 10; count++)
    expect((await server.post('/v1/session', { token: 'wrong' })).status).toBe(401)
  const limited = await server.post('/v1/session', { token })
  expect(limited.status).toBe(429)
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await server.post('/v1/operations', switchover, bearer)).status).toBe(429)
  // Reading needs no token here, so it goes on for whoever shows none.
  expect((await server.get('/v1/view')).status).toBe(200)
  nowMs += 60_001
  expect((await server.post('/v1/session', { token })).status).toBe(200)
})

test('of version 6 all addresses of one machine are one', () => {
  const guesses = new FailedSignIns(() => 0)
  for (let count = 0; count < 10; count++) guesses.failed(`2001:db8:1:2:${count}:6:7:8`)
  const isLimited = (address: string) => guesses.waitSeconds(address) !== null
  expect(['2001:db8:1:2::1', '2001:db8:1:2:9:9:9:9'].map(isLimited)).toEqual([true, true])
  expect(['2001:db8:1:3::1', '::1', '10.0.0.1', '::ffff:10.0.0.1'].some(isLimited)).toBe(false)
  for (let count = 0; count < 10; count++) guesses.failed('::ffff:10.0.0.1')
  expect(['10.0.0.1', '::ffff:10.0.0.1', '::ffff:10.0.0.2'].map(isLimited)).toEqual([true, true, false])
})

test('sessions end by time, and the oldest makes room', () => {
  let nowMs = 0
  const sessions = new Sessions(() => nowMs)
  const first = sessions.begin()
  expect(sessions.has(first)).toBe(true)
  const others = Array.from({ length: 256 }, () => sessions.begin())
  expect(sessions.has(first)).toBe(false)
  expect(others.every((secret) => sessions.has(secret))).toBe(true)
  nowMs += 12 * 3_600_000
  expect(others.some((secret) => sessions.has(secret))).toBe(false)
})

test('failures are counted by address, of so many addresses', () => {
  const failures = new FailedSignIns(() => 0)
  for (let count = 0; count < 10; count++) failures.failed('10.0.0.1')
  expect(failures.waitSeconds('10.0.0.1')).toBe(60)
  expect(failures.waitSeconds('10.0.0.2')).toBeNull()
  for (let count = 0; count < 2000; count++) failures.failed(`10.1.${count >> 8}.${count & 255}`)
  expect(failures.waitSeconds('10.0.0.1')).toBeNull()
})

test('any of several tokens counts, and no other', () => {
  const digests = ['one', 'two'].map(digestOf)
  expect(['one', 'two', 'three', ''].map((each) => isKnown(each, digests))).toEqual([true, true, false, false])
  expect(isKnown('one', [])).toBe(false)
})

/** What is answered to these very bytes. */
function raw(port: number, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1', () => socket.write(text))
  socket.once('data', (chunk) => {
    resolve(chunk.toString())
    socket.destroy()
  })
  socket.once('close', () => resolve(''))
  return promise
}
