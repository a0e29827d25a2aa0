import { afterEach, expect, test } from 'bun:test'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { OperationCode } from '../../machines/model/operation.ts'
import { ControlError, connectControl } from '../../src/manage/controlClient.ts'
import { temporaryFolder } from '../support/folders.ts'
import { afterThisTest, damagedView, lonelyView, serveView, soundView, undoAll } from './support.ts'

afterEach(undoAll)

function socketPath(): string {
  return join(temporaryFolder('manage'), 'n2', 'control.sock')
}

function client(path: string, timeoutMs = 10_000) {
  return connectControl({ path, timeoutMs })
}

test('view, counters and one assignment come over the socket, which is for its owner alone', async () => {
  const path = socketPath()
  await serveView({ path, view: soundView })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(await client(path).view()).toEqual(soundView)
  expect(await client(path).counters()).toEqual({ datagramsRefused: 3 })
  expect(await client(path).assignment('ledger')).toEqual(soundView.assignments[0]!)
})

test('what is not there is refused with a suggestion', async () => {
  const path = socketPath()
  const { operations } = await serveView({ path, view: soundView })
  const failure = await client(path)
    .assignment('ledgr')
    .catch((error) => error)
  expect(failure).toBeInstanceOf(ControlError)
  expect(failure.answer).toEqual({
    ok: false,
    code: 'no-such',
    text: "no assignment 'ledgr'",
    suggestion: "did you mean 'ledger'?",
  })
  expect(await client(path).operate({ operation: 'switchover', assignment: 'leger' })).toMatchObject({
    ok: false,
    code: 'no-such',
  })
  expect(await client(path).operate({ operation: 'lock', component: 'n1/ledgr' })).toEqual({
    ok: false,
    code: 'no-such',
    text: "no component 'n1/ledgr'",
    suggestion: "did you mean 'n1/ledger'?",
  })
  expect(await client(path).operate({ operation: 'switchover', assignment: 'ledger', to: 'n9' })).toMatchObject({
    text: "no node 'n9'",
  })
  expect(operations).toEqual([])
})

test('operations reach the handler as the CRIM knows them, and its answer comes back', async () => {
  const path = socketPath()
  const { operations } = await serveView({ path, view: soundView })
  expect(await client(path).operate({ operation: 'switchover', assignment: 'ledger' })).toEqual({
    ok: true,
    text: 'done',
  })
  await client(path).operate({ operation: 'switchover', assignment: 'ledger', to: 'n2' })
  await client(path).operate({ operation: 'unlock', component: 'n3/ledger' })
  expect(operations).toEqual([
    { operation: 'switchover', assignment: 'ledger', to: null },
    { operation: 'switchover', assignment: 'ledger', to: 'n2' },
    { operation: 'unlock', target: { kind: 'component', component: 'n3/ledger' } },
  ])
})

test('operations of every kind are parsed; a lock that names a component alone is of that component', async () => {
  const path = socketPath()
  const { operations } = await serveView({ path, view: soundView })
  const asked = [
    { operation: 'lock', component: 'n1/ledger', isForced: true },
    { operation: 'shutdown', target: { kind: 'node', node: 'n1' }, isDryRun: true },
    { operation: 'maintenance', target: { kind: 'cluster' }, isOn: true },
    { operation: 'restart', target: { kind: 'group', group: 'shop' } },
    { operation: 'migrate', assignment: 'ledger', from: 'n1', to: 'n3' },
    { operation: 'selfTest', component: 'n3/ledger' },
  ] as const
  for (const each of asked) await client(path).operate(each)
  const [first, ...others] = asked
  const target = { kind: 'component', component: 'n1/ledger' } as const
  expect(operations).toEqual([{ operation: 'lock', target, isForced: first.isForced }, ...others])
})

test('a target there is not, or none, or two, is refused', async () => {
  const path = socketPath()
  const { operations } = await serveView({ path, view: soundView })
  const answerTo = async (request: object) => {
    const body = JSON.stringify(request)
    return (await fetch('http://rolecall/v1/operations', { unix: path, method: 'POST', body })).json()
  }
  const target = { kind: 'node', node: 'n9' }
  expect(await answerTo({ operation: 'shutdown', target })).toMatchObject({ code: 'no-such', text: "no node 'n9'" })
  expect(await answerTo({ operation: 'restart' })).toMatchObject({ text: 'malformed request: target: a target' })
  expect(await answerTo({ operation: 'restart', target, component: 'n1/ledger' })).toMatchObject({
    text: expect.stringContaining('either a target or a component'),
  })
  expect(operations).toEqual([])
})

const statuses: Record<OperationCode, number> = {
  'no-such': 404,
  'no-quorum': 503,
  'needs-force': 409,
  unavailable: 503,
  'timed-out': 504,
  refused: 409,
}

test('each refusal has its HTTP status', async () => {
  for (const [code, status] of Object.entries(statuses)) {
    const path = socketPath()
    await serveView({ path, view: soundView, answer: { ok: false, code: code as OperationCode, text: 'no' } })
    const body = JSON.stringify({ operation: 'lock', component: 'n1/ledger' })
    const response = await fetch('http://rolecall/v1/operations', { unix: path, method: 'POST', body })
    expect([response.status, await response.json()]).toEqual([status, { ok: false, code, text: 'no' }])
  }
})

test('malformed requests are refused and do nothing', async () => {
  const path = socketPath()
  const { operations } = await serveView({ path, view: soundView })
  const post = async (body: string) => {
    const response = await fetch('http://rolecall/v1/operations', { unix: path, method: 'POST', body })
    return [response.status, response.status === 413 ? null : ((await response.json()) as { text: string }).text]
  }
  expect(await post('{')).toEqual([400, expect.stringContaining('malformed request')])
  expect(await post('{"operation": "explode"}')).toEqual([
    400,
    expect.stringContaining(
      'one of switchover, migrate, selfTest, lock, unlock, shutdown, restart, maintenance and fence',
    ),
  ])
  expect(await post('{"operation": "lock", "component": 3}')).toEqual([400, 'malformed request: component: a name'])
  expect(await post('{"operation": "lock", "component": "n1/ledger", "force": true}')).toEqual([
    400,
    expect.stringContaining('force'),
  ])
  expect(await post(`{"operation": "lock", "component": "${'x'.repeat(300_000)}"}`)).toEqual([413, null])
  const elsewhere = await fetch('http://rolecall/v2/nothing', { unix: path })
  expect([elsewhere.status, await elsewhere.json()]).toEqual([
    404,
    { ok: false, code: 'no-such', text: 'nothing at GET /v2/nothing' },
  ])
  expect(operations).toEqual([])
})

test('one who watches sees the view now and each change once, and costs nothing after', async () => {
  const path = socketPath()
  const { change, listeners, server } = await serveView({ path, view: soundView })
  const seen: unknown[] = []
  for await (const view of client(path).watch()) {
    seen.push([view.epoch, view.quorum.isQuorate])
    if (seen.length === 1) {
      change(soundView)
      change(damagedView)
    } else if (seen.length === 2) change(lonelyView)
    else break
  }
  expect(seen).toEqual([
    [4, true],
    [5, true],
    [4, false],
  ])
  while (listeners.size > 0) await Bun.sleep(5)
  await server.stop()
})

test('watching ends with the node, and when it is told to', async () => {
  const path = socketPath()
  const { server } = await serveView({ path, view: soundView })
  const end = new AbortController()
  for await (const _ of client(path).watch(end.signal)) end.abort()
  let count = 0
  const failure = await (async () => {
    for await (const _ of client(path).watch()) {
      count += 1
      void server.stop()
    }
  })().catch((error) => error)
  expect(count).toBe(1)
  if (failure !== undefined) expect(failure).toBeInstanceOf(ControlError)
})

test('only so many may watch', async () => {
  const path = socketPath()
  await serveView({ path, view: soundView })
  const end = new AbortController()
  afterThisTest(() => end.abort())
  const streams = await Promise.all(
    Array.from({ length: 33 }, () => fetch('http://rolecall/v1/watch', { unix: path, signal: end.signal })),
  )
  expect(streams.map(({ status }) => status).sort()).toEqual([...Array(32).fill(200), 503])
})

test('a watcher that does not read is not written to without end', async () => {
  const path = socketPath()
  const { change, listeners } = await serveView({ path, view: soundView })
  const idle = connect(path)
  afterThisTest(() => idle.destroy())
  idle.pause()
  idle.write('GET /v1/watch HTTP/1.1\r\nHost: rolecall\r\n\r\n')
  while (listeners.size === 0) await Bun.sleep(5)
  let viewCount = 0
  const counted = new Proxy(soundView, {
    get(view, key) {
      if (key === 'toJSON') {
        viewCount += 1
        return () => ({ ...view, epoch: viewCount, padding: 'x'.repeat(1_000_000) })
      }
      return Reflect.get(view, key)
    },
  })
  for (let round = 0; round < 40; round += 1) {
    change(counted)
    await Bun.sleep(25)
  }
  expect(viewCount).toBeLessThan(10)
})

test('the socket of a process that has ended is replaced; a live one, or a file, is not', async () => {
  const path = socketPath()
  const { server } = await serveView({ path, view: soundView })
  expect(serveView({ path, view: soundView })).rejects.toThrow(/another process listens/)
  await server.stop()
  expect(existsSync(path)).toBe(false)

  const leave = `const server = require('node:net').createServer(); server.listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await Bun.spawn([process.execPath, '-e', leave], { stdio: ['ignore', 'ignore', 'inherit'] }).exited
  expect(existsSync(path)).toBe(true)
  const again = await serveView({ path, view: soundView })
  expect((await client(path).view()).cluster).toBe('demo')
  await again.server.stop()

  writeFileSync(path, 'not a socket')
  expect(serveView({ path, view: soundView })).rejects.toThrow(/is no socket/)
})

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const failure = await promise.then(
    () => null,
    (error) => error,
  )
  expect(failure).toBeInstanceOf(ControlError)
  return failure.code
}

test('nobody there, no answer, and a broken connection are told apart', async () => {
  const path = socketPath()
  expect(await codeOf(client(path).view())).toBe('unreachable')
  expect(await codeOf(client(path).operate({ operation: 'lock', component: 'n1/ledger' }))).toBe('unreachable')

  await serveView({ path, view: soundView, delayMs: 5000 })
  expect(await codeOf(client(path, 50).operate({ operation: 'lock', component: 'n1/ledger' }))).toBe('timed-out')

  const breaking = join(temporaryFolder('manage'), 'breaking.sock')
  const breaker = createServer((socket) => socket.once('data', () => socket.destroy()))
  await new Promise<void>((resolve) => breaker.listen(breaking, resolve))
  afterThisTest(() => breaker.close())
  expect(await codeOf(client(breaking).operate({ operation: 'lock', component: 'n1/ledger' }))).toBe('indeterminate')
  expect(await codeOf(client(breaking).view())).toBe('unreachable')
})
