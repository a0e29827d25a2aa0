import { afterEach, describe, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type CheckpointError, connect, type Handlers, type Rolecall, RolecallError } from '../../src/sdk/index.ts'
import { invocation, peer, TestServer, temporaryDirectory, token, until } from '../agents/sdk/support.ts'

let server: TestServer
const programs: Rolecall[] = []
afterEach(() => {
  for (const program of programs.splice(0)) program.close()
  server.close()
})

async function start(handlers: Handlers, options: ConstructorParameters<typeof TestServer>[0] = {}): Promise<Rolecall> {
  server = new TestServer(options)
  const program = await connect({ socket: server.path, component: 'n1/app', incarnation: 1 }, handlers)
  programs.push(program)
  return program
}

const secondary = peer('n2/app', 'secondary', 7)

describe('connect', () => {
  test('takes what it is not given from the environment', async () => {
    server = new TestServer()
    await expect(connect({ socket: server.path }, { onRole() {} })).rejects.toMatchObject({ code: 'no-environment' })
    const environment = { ROLECALL_SOCKET: server.path, ROLECALL_COMPONENT: 'n1/app', ROLECALL_INCARNATION: '1' }
    Object.assign(process.env, environment)
    try {
      programs.push(await connect({ endpoint: 'http://127.0.0.1:1' }, { onRole() {} }))
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name]
    }
    expect(await server.heard('registered')).toMatchObject({ component: 'n1/app', endpoint: 'http://127.0.0.1:1' })
  })

  test('is refused with the code of the node, and reaches nobody where there is none', async () => {
    server = new TestServer()
    const options = { socket: server.path, component: 'n1/app', incarnation: 0 } as const
    let disconnectedCount = 0
    const handlers = { onRole() {}, onDisconnected: () => void (disconnectedCount += 1) }
    await expect(connect(options, handlers)).rejects.toMatchObject({ code: 'not-expected' })
    await expect(connect({ ...options, socket: `${server.path}-not` }, handlers)).rejects.toMatchObject({
      code: 'unreachable',
    })
    expect(disconnectedCount).toBe(0)
  })

  test('gives the program its client before the first command comes', async () => {
    server = new TestServer()
    server.server.invoke(invocation({ role: 'primary' }))
    const roles: unknown[] = []
    const program: Rolecall = await connect(
      { socket: server.path, component: 'n1/app', incarnation: 1 },
      { onRole: () => void roles.push(program.role) },
    )
    programs.push(program)
    await server.heard('roleDone')
    expect(roles).toEqual(['primary'])
  })
})

describe('a role command', () => {
  test('is done when its handler is, failed when that throws', async () => {
    const program = await start({
      async onRole({ role }) {
        await Promise.resolve()
        if (role === 'secondary') throw new RolecallError('sync.failed', 'no primary')
        if (role === 'spare') throw new TypeError('oh')
      },
    })
    expect([program.role, program.token, program.peers]).toEqual(['offline', null, []])
    server.server.invoke(invocation({ role: 'primary', peers: [secondary] }))
    expect(await server.heard('roleDone')).toMatchObject({ role: 'primary' })
    expect([program.role, program.token, program.peers]).toEqual(['primary', token(7), [secondary]])
    server.server.invoke(invocation({ role: 'secondary' }))
    expect(await server.heard('roleFailed')).toMatchObject({ code: 'sync.failed', detail: 'no primary' })
    server.server.invoke(invocation({ role: 'spare' }))
    expect(await server.heard('roleFailed', 2)).toMatchObject({ code: 'role.failed', detail: 'oh' })
  })

  test('interrupts the one before it, which is answered no more', async () => {
    const ends: string[] = []
    await start({
      onRole({ role, signal }) {
        if (role === 'primary') return
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            ends.push(role)
            reject(new Error('interrupted'))
          })
        })
      },
    })
    server.server.invoke(invocation({ role: 'secondary' }))
    server.server.invoke(invocation({ role: 'primary', token: token(8) }))
    await server.heard('roleDone')
    expect(ends).toEqual(['secondary'])
    expect(server.of('roleFailed')).toEqual([])
  })

  test('is followed by what changes: peers, and the wish that it ends', async () => {
    const heard: unknown[] = []
    const program = await start({
      onRole() {},
      onPeers: (change) => void heard.push(change),
      onStop: (stop) => void heard.push(stop),
    })
    const { level: _, timeLimitMs: __, ...told } = invocation({ role: 'primary', peers: [secondary] })
    server.server.introduce(told)
    server.server.stop({ component: 'n1/app', incarnation: 1, timeLimitMs: 100 })
    await until(() => heard.length === 2)
    expect(heard).toEqual([{ assignment: 'app', token: token(7), peers: [secondary] }, { timeLimitMs: 100 }])
    expect(program.peers).toEqual([secondary])
  })
})

describe('checkpoints', () => {
  test('go to the secondaries under the token of the primary role, quiescing included', async () => {
    const program = await start({ onRole() {} })
    const carried: unknown[] = []
    server.carry = async ({ to, token: sent, data }) => {
      carried.push([to, sent.index, data])
      return { ok: true }
    }
    await expect(program.checkpoint({ data: 0 })).rejects.toMatchObject({ code: 'not-primary' })
    server.server.invoke(invocation({ role: 'primary', peers: [secondary] }))
    await server.heard('roleDone')
    await program.checkpoint({ data: { n: 1 } })
    server.server.invoke(invocation({ role: 'quiescing', token: token(8), peers: [secondary] }))
    await server.heard('roleDone', 2)
    await program.checkpoint({ to: 'n2/app', data: 2 })
    expect(carried).toEqual([
      ['n2/app', 7, '{"n":1}'],
      ['n2/app', 7, '2'],
    ])
  })

  test('fail with a code', async () => {
    const program = await start({ onRole() {} })
    server.server.invoke(invocation({ role: 'primary', peers: [secondary] }))
    await server.heard('roleDone')
    server.carry = async () => ({ ok: false, code: 'refused.gap' })
    const refused: CheckpointError = await program.checkpoint({ data: 1 }).catch((error) => error)
    expect([refused.code, refused.reason, refused.to]).toEqual(['refused', 'gap', 'n2/app'])
    await expect(program.checkpoint({ to: 'n3/app', data: 1 })).rejects.toMatchObject({ code: 'no-such-peer' })
    await expect(program.checkpoint({ data: 'x'.repeat(1 << 20) })).rejects.toMatchObject({ code: 'too-large' })
    server.carry = () => new Promise(() => {})
    const last = program.checkpoint({ data: 1 })
    server.server.close()
    await expect(last).rejects.toMatchObject({ code: 'disconnected' })
    await expect(program.checkpoint({ data: 1 })).rejects.toMatchObject({ code: 'disconnected' })
  })

  test('are taken in order, or refused with the code of what is thrown', async () => {
    const taken: unknown[] = []
    await start({
      onRole() {},
      onCheckpoint({ data }) {
        taken.push(data)
        if (data === 2) throw new RolecallError('gap', 'missing one')
        if (data === 3) throw new Error('oh')
      },
    })
    const sent = { from: 'n2/app', to: 'n1/app', token: token(7) } as const
    const answers = ['1', '2', '3'].map((data) => server.server.deliverCheckpoint({ ...sent, data }))
    expect(await Promise.all(answers)).toEqual([
      { ok: true },
      { ok: false, code: 'refused.gap' },
      { ok: false, code: 'refused.failed' },
    ])
    expect(taken).toEqual([1, 2, 3])
  })

  test('are refused by a program that takes none', async () => {
    await start({ onRole() {} })
    const sent = { from: 'n2/app', to: 'n1/app', token: token(7), data: '1' } as const
    expect(await server.server.deliverCheckpoint(sent)).toEqual({ ok: false, code: 'refused.no-checkpoints' })
  })
})

describe('the connection', () => {
  test('carries reports', async () => {
    const program = await start({ onRole() {} })
    program.health('healthy')
    program.health('failing', { detail: 'slow' })
    program.reportError({ code: 'disk.full', detail: '/var' })
    await server.heard('errorReport', 2)
    expect(server.of('errorReport')).toMatchObject([{ code: 'health.failing', detail: 'slow' }, { code: 'disk.full' }])
  })

  test('that ends makes the program stop acting: it hears so once, and its command is aborted', async () => {
    let disconnectedCount = 0
    let signal: AbortSignal | undefined
    const program = await start({
      onRole(command) {
        signal = command.signal
        return new Promise(() => {})
      },
      onDisconnected: () => void (disconnectedCount += 1),
    })
    server.server.invoke(invocation({ role: 'secondary' }))
    await until(() => signal !== undefined)
    server.server.close()
    await until(() => disconnectedCount > 0)
    expect([program.isConnected, signal!.aborted, disconnectedCount]).toEqual([false, true, 1])
  })

  test('that the program ends itself is no loss', async () => {
    let disconnectedCount = 0
    const program = await start({ onRole() {}, onDisconnected: () => void (disconnectedCount += 1) })
    program.close()
    await server.heard('disconnected')
    expect([program.isConnected, disconnectedCount]).toEqual([false, 0])
  })

  test('may say what a later version says', async () => {
    server = new TestServer()
    const directory = temporaryDirectory()
    const path = join(directory.path, 'later.sock')
    const answers: string[] = []
    const later = createServer((socket) => {
      socket.on('data', (bytes) => answers.push(...String(bytes).trim().split('\n')))
      const role = {
        type: 'role',
        id: 4,
        role: 'spare',
        assignment: 'app',
        level: 1,
        timeLimitMs: 9,
        token: token(1),
        peers: [],
        hue: 'red',
      }
      for (const message of [{ type: 'registered', protocol: 1 }, { type: 'weather' }, role]) {
        socket.write(`${JSON.stringify(message)}\n`)
      }
    }).listen(path)
    programs.push(await connect({ socket: path, component: 'n1/app', incarnation: 1 }, { onRole() {} }))
    await until(() => answers.length === 2)
    expect(JSON.parse(answers[1]!)).toEqual({ type: 'ready', id: 4 })
    later.close()
    directory.remove()
  })
})

const node = Bun.which('node')
test.skipIf(node === null)('the client runs in Node too (skipped without one)', async () => {
  server = new TestServer()
  const directory = temporaryDirectory()
  const outdir = join(directory.path, 'sdk')
  mkdirSync(outdir)
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, '../../src/sdk/index.ts')],
    target: 'node',
    outdir,
    naming: 'sdk.mjs',
  })
  expect(built.success).toBe(true)
  const script = `
    import { connect } from '${outdir}/sdk.mjs'
    const rolecall = await connect({}, {
      async onRole() { await rolecall.checkpoint({ data: 'from node' }) },
      onDisconnected() { process.exit(7) },
    })`
  const child = Bun.spawn([node!, '--input-type=module', '-e', script], {
    env: { ROLECALL_SOCKET: server.path, ROLECALL_COMPONENT: 'n1/app', ROLECALL_INCARNATION: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const carried: unknown[] = []
  server.carry = async ({ data }) => {
    carried.push(data)
    return { ok: true }
  }
  server.server.invoke(invocation({ role: 'primary', peers: [secondary] }))
  await server.heard('roleDone')
  expect(carried).toEqual(['"from node"'])
  server.server.close()
  expect(await child.exited).toBe(7)
  directory.remove()
})

test('a program may act while the lease of its node lasts: one that comes late counts for nothing', async () => {
  let renewedCount = 0
  const program = await start({ onRole() {}, onLease: () => void (renewedCount += 1) })
  expect(program.mayAct).toBe(true)
  server.server.lease(-1)
  await until(() => renewedCount === 1, 'the lease')
  expect(program.mayAct).toBe(false)
  server.server.lease(60_000)
  await until(() => renewedCount === 2, 'its renewal')
  expect(program.mayAct).toBe(true)
  server.server.lease(null)
  await until(() => renewedCount === 3, 'a lease for ever')
  expect(program.mayAct).toBe(true)
})

test('a wall clock that is set back does not bring back a lease that is over', async () => {
  let toldCount = 0
  const program = await start({ onRole() {}, onLease: () => void (toldCount += 1) })
  server.server.lease(-1)
  await until(() => toldCount === 1, 'the lease')
  const now = Date.now
  try {
    Date.now = () => now() - 3_600_000
    expect(program.mayAct).toBe(false)
  } finally {
    Date.now = now
  }
})
