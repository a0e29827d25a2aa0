import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, writeFileSync } from 'node:fs'
import { createSdkServer } from '../../../src/agents/sdk/server.ts'
import { lineBytesMax } from '../../../src/sdk/protocol.ts'
import { invocation, peer, RawProgram, TestServer, token, until } from './support.ts'

let server: TestServer
afterEach(() => server.close())

describe('registering', () => {
  test('tells the node who came, and the program which version is spoken', async () => {
    server = new TestServer()
    const program = await RawProgram.connect(server.path)
    program.say({
      type: 'register',
      protocol: 9,
      component: 'n1/app',
      incarnation: 1,
      endpoint: 'http://127.0.0.1:80',
      release: '2.1',
      properties: { site: 'here' },
      later: 'versions may say more',
    })
    expect(await program.hears('registered')).toEqual({ type: 'registered', protocol: 3 })
    expect(server.said).toEqual([
      {
        name: 'registered',
        component: 'n1/app',
        incarnation: 1,
        endpoint: 'http://127.0.0.1:80',
        release: '2.1',
        properties: { site: 'here' },
      },
    ])
  })

  test.each([
    ['an earlier life', { incarnation: 0 }, 'not-expected'],
    ['an unknown component', { component: 'n2/app', incarnation: 2 }, 'not-expected'],
    ['a version before the first', { protocol: 0 }, 'protocol-unsupported'],
  ])('of %s is refused', async (_, wrong, code) => {
    server = new TestServer()
    const program = await RawProgram.connect(server.path)
    program.say({ type: 'register', protocol: 1, component: 'n1/app', incarnation: 1, ...wrong })
    expect(await program.hears('register.refused')).toMatchObject({ code })
    await program.closed()
    expect(server.said).toEqual([])
  })

  test('is refused twice at once, and allowed again afterwards', async () => {
    server = new TestServer()
    const first = await RawProgram.registered(server.path)
    const second = await RawProgram.connect(server.path)
    second.say({ type: 'register', protocol: 1, component: 'n1/app', incarnation: 1 })
    expect(await second.hears('register.refused')).toMatchObject({ code: 'already-registered' })
    first.socket.destroy()
    await server.heard('disconnected')
    await RawProgram.registered(server.path)
  })

  test('of a later life takes the place of an earlier one, which is heard no more', async () => {
    server = new TestServer({ isExpected: () => true })
    const first = await RawProgram.registered(server.path, 'n1/app', 1)
    server.server.invoke(invocation({ role: 'primary', incarnation: 2 }))
    const second = await RawProgram.registered(server.path, 'n1/app', 2)
    await first.closed()
    expect(await server.heard('disconnected')).toMatchObject({ incarnation: 1 })
    expect(await second.hears('role')).toMatchObject({ role: 'primary' })
    const third = await RawProgram.connect(server.path)
    third.say({ type: 'register', protocol: 1, component: 'n1/app', incarnation: 1 })
    expect(await third.hears('register.refused')).toMatchObject({ code: 'not-expected' })
  })

  test('has a time limit, and comes first', async () => {
    server = new TestServer({ limits: { registerTimeoutMs: 50 } })
    const silent = await RawProgram.connect(server.path)
    expect(await silent.hears('protocol.error')).toMatchObject({ code: 'not-registered' })
    await silent.closed()
    const rash = await RawProgram.connect(server.path)
    rash.say({ type: 'ready', id: 1 })
    expect(await rash.hears('protocol.error')).toMatchObject({ code: 'not-registered' })
    await rash.closed()
    const unknown = await RawProgram.connect(server.path)
    unknown.say({ type: 'hello' })
    expect(await unknown.hears('protocol.error')).toMatchObject({ code: 'not-registered' })
    await unknown.closed()
    expect(server.said).toEqual([])
  })
})

describe('role commands', () => {
  test('wait for the program, and are answered once', async () => {
    server = new TestServer()
    const peers = [peer('n2/app', 'secondary', 7)]
    server.server.invoke(invocation({ role: 'primary', peers }))
    const program = await RawProgram.registered(server.path)
    const role = await program.hears('role')
    expect(role).toEqual({
      type: 'role',
      id: 1,
      assignment: 'app',
      role: 'primary',
      level: 2,
      timeLimitMs: 30_000,
      token: token(7),
      peers,
    })
    program.say({ type: 'ready', id: 1 })
    program.say({ type: 'ready', id: 1 })
    program.say({ type: 'failed', id: 1, code: 'late', detail: '' })
    program.say({ type: 'error', code: 'end', detail: '' })
    await server.heard('errorReport')
    const done = { component: 'n1/app', incarnation: 1, role: 'primary', token: token(7) }
    expect(server.said.slice(1, -1)).toEqual([{ name: 'roleDone', ...done }])
  })

  test('that fail give the code of the program', async () => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    server.server.invoke(invocation({ role: 'secondary' }))
    const { id } = await program.hears('role')
    program.say({ type: 'failed', id, code: 'sync.failed', detail: 'no space' })
    expect(await server.heard('roleFailed')).toMatchObject({
      role: 'secondary',
      token: token(7),
      code: 'sync.failed',
      detail: 'no space',
    })
  })

  test('that are not answered in time fail, and a late answer is none', async () => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    server.server.invoke(invocation({ role: 'secondary', timeLimitMs: 30 }))
    const { id } = await program.hears('role')
    expect(await server.heard('roleFailed')).toMatchObject({ role: 'secondary', code: 'role.timedOut' })
    program.say({ type: 'ready', id })
    program.say({ type: 'error', code: 'end', detail: '' })
    await server.heard('errorReport')
    expect(server.of('roleDone')).toEqual([])
  })

  test('that come before the last is answered take its place', async () => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    server.server.invoke(invocation({ role: 'secondary', timeLimitMs: 30 }))
    server.server.invoke(invocation({ role: 'primary', token: token(8) }))
    await program.hears('role', 2)
    program.say({ type: 'failed', id: 1, code: 'interrupted', detail: '' })
    program.say({ type: 'ready', id: 2 })
    expect(await server.heard('roleDone')).toMatchObject({ role: 'primary', token: token(8) })
    await Bun.sleep(60)
    expect(server.of('roleFailed')).toEqual([])
  })

  test('to a program that never comes time out', async () => {
    server = new TestServer()
    server.server.invoke(invocation({ role: 'primary', timeLimitMs: 30 }))
    expect(await server.heard('roleFailed')).toMatchObject({ code: 'role.timedOut' })
  })

  test('are told with the latest peers when the program comes late', async () => {
    server = new TestServer()
    server.server.invoke(invocation({ role: 'primary', peers: [peer('n2/app', 'secondary', 7)] }))
    const { level: _, timeLimitMs: __, ...introduction } = invocation({ role: 'primary', peers: [] })
    server.server.introduce(introduction)
    const program = await RawProgram.registered(server.path)
    expect(await program.hears('role')).toMatchObject({ peers: [] })
  })
})

describe('a registered program', () => {
  test('hears of its peers, and is asked to stop', async () => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    const peers = [peer('n2/app', 'primary', 9)]
    const introduction = {
      component: 'n1/app',
      incarnation: 1,
      assignment: 'app',
      role: 'secondary',
      token: token(9),
      peers,
    } as const
    server.server.introduce(introduction)
    expect(await program.hears('peers')).toEqual({ type: 'peers', assignment: 'app', token: token(9), peers })
    expect(server.server.stop({ component: 'n1/app', incarnation: 1, timeLimitMs: 500 })).toBe(true)
    expect(server.server.stop({ component: 'n1/app', incarnation: 2, timeLimitMs: 500 })).toBe(false)
    expect(await program.hears('stop')).toEqual({ type: 'stop', timeLimitMs: 500 })
  })

  test('reports errors and its health', async () => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    program.say({ type: 'health', state: 'healthy' })
    program.say({ type: 'health', state: 'failing', detail: 'queue full' })
    program.say({ type: 'error', code: 'disk.full', detail: 'x'.repeat(5000) })
    await server.heard('errorReport', 2)
    const [health, error] = server.of('errorReport')
    expect(health).toMatchObject({ component: 'n1/app', incarnation: 1, code: 'health.failing', detail: 'queue full' })
    expect(error!.code).toBe('disk.full')
    expect(String(error!.detail)).toHaveLength(1000)
  })

  test('is told what it said wrong, and goes on; too much of it ends the connection', async () => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    program.say({ type: 'of a later version' })
    program.say({ type: 'ready', id: 'one' })
    program.say({ type: 'error', code: 'not a code', detail: '' })
    program.say({ type: 'checkpoint', id: 1, token: token(1) })
    program.say({ type: 'register', protocol: 1, component: 'n1/app', incarnation: 1 })
    await program.hears('protocol.error', 5)
    expect(program.of('protocol.error').map(({ code }) => code)).toEqual([
      'unknown-type',
      'invalid',
      'invalid',
      'invalid',
      'invalid',
    ])
    expect(program.isClosed).toBe(false)
    for (let count = 0; count < 100; count += 1) program.say({ type: '?' })
    await program.closed()
    expect(program.of('protocol.error').at(-1)).toMatchObject({ code: 'too-many-errors' })
  })

  test.each([
    ['no JSON', '{"type":\n', 'not-json'],
    ['no object', '[1]\n', 'not-json'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a]), 'not-json'],
    ['a line without end', 'x'.repeat(lineBytesMax), 'line-too-long'],
  ])('that sends %s is disconnected', async (_, bytes, code) => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    program.socket.write(bytes)
    expect(await program.hears('protocol.error')).toMatchObject({ code })
    await server.heard('disconnected')
  })

  test('that does not read is disconnected when the backlog is full', async () => {
    server = new TestServer({ limits: { backlogBytesMax: 100_000 } })
    const program = await RawProgram.registered(server.path)
    program.socket.pause()
    const peers = Array.from({ length: 100 }, (_, index) => peer(`n${index}/app`, 'secondary', 1))
    const { level: _, timeLimitMs: __, ...introduction } = invocation({ role: 'primary', peers })
    for (let count = 0; count < 100; count += 1) server.server.introduce(introduction)
    await server.heard('disconnected')
    program.socket.resume()
    await program.closed()
  })

  test('that goes without a word is noticed', async () => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    program.socket.write('{"type":"err')
    program.socket.destroy()
    expect(await server.heard('disconnected')).toMatchObject({ component: 'n1/app', incarnation: 1 })
  })
})

describe('the socket', () => {
  test('replaces what an earlier life left, and nothing else', async () => {
    server = new TestServer()
    const path = `${server.path}2`
    const callbacks = {} as never
    const left = Bun.spawnSync([
      process.execPath,
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ])
    expect(left.signalCode).toBe('SIGKILL')
    expect(existsSync(path)).toBe(true)
    const second = createSdkServer({ path, callbacks, isExpected: () => true })
    await RawProgram.connect(path)
    second.close()
    await until(() => !existsSync(path))
    writeFileSync(path, 'mine')
    expect(() => createSdkServer({ path, callbacks, isExpected: () => true })).toThrow()
  })

  test('closes connections beyond the bound', async () => {
    server = new TestServer({ limits: { connectionCountMax: 1 } })
    await RawProgram.registered(server.path)
    const second = await RawProgram.connect(server.path)
    await second.closed()
  })
})
