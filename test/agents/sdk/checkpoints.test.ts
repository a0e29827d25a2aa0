import { afterEach, describe, expect, test } from 'bun:test'
import type { Checkpoint, CheckpointResult } from '../../../src/agents/sdk/server.ts'
import { openCheckpointCountMax } from '../../../src/sdk/protocol.ts'
import { invocation, peer, RawProgram, TestServer, token } from './support.ts'

let server: TestServer
afterEach(() => server.close())

const secondary = peer('n2/app', 'secondary', 7)

/** A primary with token 7 and what it sends. */
async function primary(options: ConstructorParameters<typeof TestServer>[0] = {}): Promise<RawProgram> {
  server = new TestServer(options)
  const program = await RawProgram.registered(server.path)
  server.server.invoke(invocation({ role: 'primary', peers: [secondary] }))
  await program.hears('role')
  return program
}

function checkpoint(of: object = {}): object {
  return { type: 'checkpoint', id: 1, token: token(7), data: { n: 1 }, ...of }
}

describe('a primary', () => {
  test('sends to every secondary, or to the one it names, and is answered once', async () => {
    const program = await primary()
    const carried: Checkpoint[] = []
    server.carry = async (sent) => {
      carried.push(sent)
      return { ok: true }
    }
    server.server.invoke(
      invocation({ role: 'primary', peers: [secondary, peer('n3/app', 'secondary', 7), peer('n4/app', 'spare', 7)] }),
    )
    await program.hears('role', 2)
    program.say(checkpoint())
    expect(await program.hears('checkpoint.done')).toEqual({ type: 'checkpoint.done', id: 1, to: null })
    program.say(checkpoint({ id: 2, to: 'n4/app' }))
    expect(await program.hears('checkpoint.done', 2)).toEqual({ type: 'checkpoint.done', id: 2, to: 'n4/app' })
    expect(carried).toEqual(
      ['n2/app', 'n3/app', 'n4/app'].map(
        (to) => ({ from: 'n1/app', to, token: token(7), data: '{"n":1}' }) as Checkpoint,
      ),
    )
  })

  test('without secondaries has nobody to wait for', async () => {
    const program = await primary()
    server.server.invoke(invocation({ role: 'primary' }))
    program.say(checkpoint())
    expect(await program.hears('checkpoint.done')).toMatchObject({ id: 1 })
  })

  test.each<[string, CheckpointResult | 'throws', object]>([
    ['does not answer the node', { ok: false, code: 'unreachable' }, { code: 'unreachable' }],
    ['has a later primary', { ok: false, code: 'stale-token' }, { code: 'stale-token' }],
    ['refuses', { ok: false, code: 'refused.gap' }, { code: 'refused', reason: 'gap' }],
    ['is lost in the node', 'throws', { code: 'unreachable' }],
  ])('whose peer %s is told so', async (_, result, expected) => {
    const program = await primary()
    server.carry = () => (result === 'throws' ? Promise.reject(new Error('lost')) : Promise.resolve(result))
    program.say(checkpoint())
    expect(await program.hears('checkpoint.failed')).toEqual({
      type: 'checkpoint.failed',
      id: 1,
      to: 'n2/app',
      ...expected,
    })
  })

  test('does not wait for ever', async () => {
    const program = await primary({ limits: { checkpointTimeoutMs: 30 } })
    server.carry = () => new Promise(() => {})
    program.say(checkpoint())
    program.say(checkpoint())
    expect(await program.hears('protocol.error')).toMatchObject({ code: 'invalid' })
    expect(await program.hears('checkpoint.failed')).toMatchObject({ id: 1, to: 'n2/app', code: 'timed-out' })
  })

  test('sends to nobody it was not told of, nor more than fits, nor more than can be waited for', async () => {
    const program = await primary()
    program.say(checkpoint({ to: 'n9/app' }))
    expect(await program.hears('checkpoint.failed')).toMatchObject({ to: 'n9/app', code: 'no-such-peer' })
    program.say(checkpoint({ id: 2, data: 'x'.repeat(1024 * 1024 - 1000) }))
    expect(await program.hears('checkpoint.failed', 2)).toMatchObject({ id: 2, code: 'too-large' })
    server.carry = () => new Promise(() => {})
    for (let id = 0; id <= openCheckpointCountMax; id += 1) program.say(checkpoint({ id: 10 + id }))
    expect(await program.hears('checkpoint.failed', 3)).toMatchObject({
      id: 10 + openCheckpointCountMax,
      code: 'overloaded',
    })
  })

  test('keeps its token while it hands over, and loses it with the role', async () => {
    const program = await primary()
    server.server.invoke(invocation({ role: 'quiescing', token: token(8), peers: [secondary] }))
    program.say(checkpoint())
    await program.hears('checkpoint.done')
    server.server.invoke(invocation({ role: 'spare', token: token(8) }))
    program.say(checkpoint({ id: 2 }))
    expect(await program.hears('checkpoint.failed')).toMatchObject({ id: 2, code: 'stale-token' })
  })

  test('of which there is a later one sends nothing', async () => {
    const program = await primary()
    const {
      level: _,
      timeLimitMs: __,
      ...told
    } = invocation({ role: 'primary', peers: [peer('n2/app', 'primary', 9)] })
    server.server.introduce(told)
    program.say(checkpoint({ to: 'n2/app' }))
    expect(await program.hears('checkpoint.failed')).toMatchObject({ code: 'stale-token' })
  })

  test.each([
    ['a secondary', 'secondary', token(7)],
    ['one with a token it was not given', 'primary', token(8)],
  ] as const)('is not %s', async (_, role, claimed) => {
    server = new TestServer()
    const program = await RawProgram.registered(server.path)
    server.server.invoke(invocation({ role, peers: [secondary] }))
    program.say(checkpoint({ token: claimed }))
    expect(await program.hears('checkpoint.failed')).toMatchObject({ code: 'stale-token' })
  })
})

describe('a secondary', () => {
  const from = 'n2/app'
  const to = 'n1/app'

  async function standby(options: ConstructorParameters<typeof TestServer>[0] = {}): Promise<RawProgram> {
    server = new TestServer(options)
    const program = await RawProgram.registered(server.path)
    server.server.invoke(invocation({ role: 'secondary', peers: [peer('n2/app', 'primary', 7)] }))
    await program.hears('role')
    return program
  }

  test('is given checkpoints in order, and its answers travel back', async () => {
    const program = await standby()
    const data = ['{"a":[1,"\\u2028\\ud800"],"__proto__":{}}', '"two"', 'null']
    const answers = data.map((text) => server.server.deliverCheckpoint({ from, to, token: token(7), data: text }))
    await program.hears('checkpoint', 3)
    const given = program.of('checkpoint')
    expect(given.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(given.map((message) => JSON.stringify(message.data))).toEqual([
      '{"a":[1,"\u2028\\ud800"],"__proto__":{}}',
      '"two"',
      'null',
    ])
    expect(given[0]).toMatchObject({ from, token: token(7) })
    program.say({ type: 'accepted', id: 2 })
    program.say({ type: 'refused', id: 1, code: 'gap' })
    program.say({ type: 'accepted', id: 1 })
    program.say({ type: 'accepted', id: 3 })
    expect(await Promise.all(answers)).toEqual([{ ok: false, code: 'refused.gap' }, { ok: true }, { ok: true }])
  })

  test('sees nothing of a primary with a lower token', async () => {
    const program = await standby()
    const stale = { from, to, token: token(6), data: '1' } as const
    expect(await server.server.deliverCheckpoint(stale)).toEqual({ ok: false, code: 'stale-token' })
    void server.server.deliverCheckpoint({ ...stale, token: token(0, 2) })
    await program.hears('checkpoint')
    expect(await server.server.deliverCheckpoint({ ...stale, token: token(7) })).toEqual({
      ok: false,
      code: 'stale-token',
    })
    expect(program.of('checkpoint')).toHaveLength(1)
  })

  test('that became primary refuses the former one, though nobody told it of another', async () => {
    const program = await standby()
    server.server.invoke(invocation({ role: 'primary', token: token(8) }))
    await program.hears('role', 2)
    const stale = { from, to, token: token(7), data: '1' } as const
    expect(await server.server.deliverCheckpoint(stale)).toEqual({ ok: false, code: 'stale-token' })
  })

  test('that is not there, goes, or is silent costs its primary no more than a time limit', async () => {
    const program = await standby({ limits: { deliveryTimeoutMs: 30 } })
    const sent = { from, to, token: token(7), data: '1' } as const
    expect(await server.server.deliverCheckpoint({ ...sent, to: 'n1/other' })).toEqual({
      ok: false,
      code: 'no-such-peer',
    })
    expect(await server.server.deliverCheckpoint(sent)).toEqual({ ok: false, code: 'timed-out' })
    const last = server.server.deliverCheckpoint(sent)
    program.socket.destroy()
    expect(await last).toEqual({ ok: false, code: 'unreachable' })
    await server.heard('disconnected')
    expect(await server.server.deliverCheckpoint(sent)).toEqual({ ok: false, code: 'unreachable' })
  })

  test('is given nothing that could break a line, nor more than it can answer', async () => {
    const program = await standby()
    const sent = { from, to, token: token(7) } as const
    for (const data of [{ a: 1 }, '1\n{}', undefined]) {
      expect(await server.server.deliverCheckpoint({ ...sent, data })).toEqual({ ok: false, code: 'refused.not-json' })
    }
    for (let count = 0; count < openCheckpointCountMax; count += 1)
      void server.server.deliverCheckpoint({ ...sent, data: '1' })
    expect(await server.server.deliverCheckpoint({ ...sent, data: '1' })).toEqual({ ok: false, code: 'overloaded' })
    await program.hears('checkpoint', openCheckpointCountMax)
  })

  test('gets large ones whole', async () => {
    const program = await standby()
    const text = JSON.stringify('ä'.repeat(400_000))
    const answers = Array.from({ length: 5 }, () =>
      server.server.deliverCheckpoint({ from, to, token: token(7), data: text }),
    )
    await program.hears('checkpoint', 5)
    for (const { id, data } of program.of('checkpoint')) {
      expect(JSON.stringify(data) === text).toBe(true)
      program.say({ type: 'accepted', id })
    }
    expect(await Promise.all(answers)).toEqual(answers.map(() => ({ ok: true })))
  })
})
