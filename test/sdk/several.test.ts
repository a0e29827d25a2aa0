import { afterEach, describe, expect, test } from 'bun:test'
import { type CheckpointError, connect, type Handlers, type Rolecall, RolecallError } from '../../src/sdk/index.ts'
import { invocation, peer, RawProgram, TestServer, token, until } from '../agents/sdk/support.ts'

let server: TestServer
const programs: Rolecall[] = []
afterEach(() => {
  for (const program of programs.splice(0)) program.close()
  server.close()
})

async function start(handlers: Handlers, isShared = true): Promise<Rolecall> {
  server = new TestServer({ isShared: () => isShared })
  const program = await connect({ socket: server.path, component: 'n1/pool', incarnation: 1, release: '2.1' }, handlers)
  programs.push(program)
  return program
}

const of = (assignment: string) => ({ component: `n1/pool/${assignment}` as const, assignment })

describe('a program with several assignments', () => {
  test('has a role for each, with its own token and peers', async () => {
    const program = await start({ onRole() {} })
    const peers = [peer('n2/pool/web1', 'secondary', 7)]
    server.server.invoke(invocation({ ...of('web1'), role: 'primary', peers }))
    server.server.invoke(invocation({ ...of('web2'), role: 'secondary', token: token(9) }))
    await server.heard('roleDone', 2)
    expect(server.of('roleDone').map(({ component }) => component)).toEqual(['n1/pool/web1', 'n1/pool/web2'])
    expect(
      [...program.held.values()].map(({ assignment, role, token: { index } }) => [assignment, role, index]),
    ).toEqual([
      ['web1', 'primary', 7],
      ['web2', 'secondary', 9],
    ])
    server.server.introduce({ ...invocation({ ...of('web2'), role: 'secondary', token: token(9) }), peers })
    await until(() => program.held.get('web2')!.peers.length === 1, 'the peers')
  })

  test('is interrupted by a command for the same assignment only', async () => {
    const aborted: string[] = []
    await start({
      onRole: ({ assignment, role, signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => aborted.push(`${assignment} ${role}`))
          if (role === 'primary') resolve()
        }),
    })
    server.server.invoke(invocation({ ...of('web1'), role: 'secondary' }))
    server.server.invoke(invocation({ ...of('web2'), role: 'secondary' }))
    server.server.invoke(invocation({ ...of('web2'), role: 'primary', token: token(8) }))
    expect(await server.heard('roleDone')).toMatchObject({ component: 'n1/pool/web2', role: 'primary' })
    expect(aborted).toEqual(['web2 secondary'])
  })

  test('says for which a checkpoint is, and is told for which it is', async () => {
    const received: unknown[] = []
    const carried: unknown[] = []
    const program = await start({ onRole() {}, onCheckpoint: (checkpoint) => void received.push(checkpoint) })
    server.carry = async ({ from, to }) => {
      carried.push([from, to])
      return { ok: true }
    }
    const peers = [peer('n2/pool/web1', 'secondary', 7)]
    server.server.invoke(invocation({ ...of('web1'), role: 'primary', peers }))
    server.server.invoke(invocation({ ...of('web2'), role: 'secondary', peers: [peer('n2/pool/web2', 'primary', 7)] }))
    await server.heard('roleDone', 2)
    await program.checkpoint({ assignment: 'web1', data: 1 })
    expect(carried).toEqual([['n1/pool/web1', 'n2/pool/web1']])
    const codeOf = (sending: Promise<void>) =>
      sending.then(
        () => null,
        ({ code }: CheckpointError) => code,
      )
    expect(await codeOf(program.checkpoint({ data: 1 }))).toBe('no-assignment')
    expect(await codeOf(program.checkpoint({ assignment: 'web2', data: 1 }))).toBe('not-primary')
    expect(await codeOf(program.checkpoint({ assignment: 'web3', data: 1 }))).toBe('not-primary')
    const checkpoint = { from: 'n2/pool/web2', to: 'n1/pool/web2', token: token(7) } as const
    expect(await server.server.deliverCheckpoint({ ...checkpoint, data: '5' })).toEqual({ ok: true })
    expect(received).toEqual([{ assignment: 'web2', from: 'n2/pool/web2', token: token(7), data: 5 }])
    expect(await server.server.deliverCheckpoint({ ...checkpoint, token: token(6), data: '5' })).toMatchObject({
      code: 'stale-token',
    })
  })

  test('must speak version 2, and name the assignment of a checkpoint', async () => {
    server = new TestServer({ isShared: () => true })
    const old = await RawProgram.connect(server.path)
    old.say({ type: 'register', protocol: 1, component: 'n1/pool', incarnation: 1 })
    expect(await old.hears('register.refused')).toMatchObject({ code: 'protocol-unsupported' })
    const program = await RawProgram.connect(server.path)
    program.say({ type: 'register', protocol: 2, component: 'n1/pool', incarnation: 1 })
    await program.hears('registered')
    server.server.invoke(invocation({ ...of('web1'), role: 'primary' }))
    await program.hears('role')
    program.say({ type: 'checkpoint', id: 1, token: token(7), data: 1 })
    expect(await program.hears('protocol.error')).toMatchObject({ code: 'invalid' })
    program.say({ type: 'checkpoint', id: 1, assignment: 'web2', token: token(7), data: 1 })
    expect(await program.hears('checkpoint.failed')).toMatchObject({ code: 'stale-token' })
  })

  test('reports what concerns one of them, or all', async () => {
    const program = await start({ onRole() {} })
    server.server.invoke(invocation({ ...of('web1'), role: 'primary' }))
    await server.heard('roleDone')
    program.reportError({ code: 'cache.bad', detail: '', assignment: 'web1' })
    program.reportError({ code: 'disk.bad', detail: '' })
    program.reportLoad({ percent: 41.6 })
    program.reportLoad({ percent: 7, assignment: 'web1' })
    expect(program.requestSelfTest()).toBe(true)
    program.announceRole({ assignment: 'web1', role: 'secondary' })
    await server.heard('announced')
    expect(server.of('selfTestAsked')).toMatchObject([{ component: 'n1/pool', incarnation: 1 }])
    expect(server.of('errorReport').map(({ component, code }) => [component, code])).toEqual([
      ['n1/pool/web1', 'cache.bad'],
      ['n1/pool', 'disk.bad'],
    ])
    expect(server.of('load').map(({ component, loadPercent }) => [component, loadPercent])).toEqual([
      ['n1/pool', 42],
      ['n1/pool/web1', 7],
    ])
    expect(server.of('announced')).toMatchObject([{ component: 'n1/pool/web1', role: 'secondary' }])
    expect(server.of('registered')).toMatchObject([{ release: '2.1' }])
  })
})

describe('errands', () => {
  const life = { component: 'n1/pool', incarnation: 1, timeLimitMs: 5000 } as const

  test('are done, or fail with the code of the program; what it does not know is unsupported', async () => {
    await start({
      onRole() {},
      onReset() {},
      onSelfTest() {
        throw new RolecallError('disk.bad', 'sector 7')
      },
    })
    expect(await server.server.run({ ...life, kind: 'reset' })).toBeNull()
    expect(await server.server.run({ ...life, kind: 'selfTest' })).toEqual({ code: 'disk.bad', detail: 'sector 7' })
    programs.pop()!.close()
    await server.heard('disconnected')
    expect(await server.server.run({ ...life, kind: 'reset' })).toMatchObject({ code: 'sdk.disconnected' })
    server.close()
    await start({ onRole() {} })
    expect(await server.server.run({ ...life, kind: 'reset' })).toMatchObject({ code: 'unsupported' })
  })

  test('end with their time, and with the connection; a program of version 1 is not asked', async () => {
    const program = await start({ onRole() {}, onReset: () => new Promise(() => {}) })
    expect(await server.server.run({ ...life, kind: 'reset', timeLimitMs: 30 })).toMatchObject({
      code: 'reset.timedOut',
    })
    const open = server.server.run({ ...life, kind: 'reset' })
    program.close()
    expect(await open).toMatchObject({ code: 'sdk.disconnected' })
    server.close()
    server = new TestServer()
    const old = await RawProgram.registered(server.path)
    expect(await server.server.run({ ...life, component: 'n1/app', kind: 'reset' })).toMatchObject({
      code: 'unsupported',
    })
    expect(old.of('reset')).toEqual([])
  })
})

test('a proxy is told the roles of what it speaks for by its name, beside its own', async () => {
  const told: unknown[] = []
  const program: Rolecall = await start(
    {
      onRole: ({ component, assignment, role }) => void told.push([component, assignment, role]),
      onProxiedStart: ({ component }) => program.proxied({ component, state: 'ready', endpoint: 'card:1' }),
    },
    false,
  )
  const via = { component: 'n1/pool', incarnation: 1 } as const
  server.server.invoke(invocation({ component: 'n1/pool', assignment: 'gateways', role: 'primary' }))
  server.server.startProxied({ via, component: 'n1/card', assignment: 'line', timeLimitMs: 100 })
  expect(await server.heard('proxied')).toMatchObject({ by: via, component: 'n1/card', word: { state: 'ready' } })
  server.server.invoke(invocation({ component: 'n1/card', incarnation: 7, assignment: 'line', role: 'secondary', via }))
  await server.heard('roleDone', 2)
  expect(server.of('roleDone')[1]).toMatchObject({ component: 'n1/card', incarnation: 7, role: 'secondary' })
  expect(told).toEqual([
    [undefined, 'gateways', 'primary'],
    ['n1/card', 'line', 'secondary'],
  ])
  expect(program.role).toBe('primary')
  expect(program.held.get('n1/card')).toMatchObject({ role: 'secondary' })
  await program.checkpoint({ data: 1 })
})
