import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseMessage } from '../../../src/agents/sdk/messages.ts'
import { invocation, peer, RawProgram, TestServer, token } from './support.ts'

test('what a program says is the same in many pieces and in one', async () => {
  const server = new TestServer()
  let life = 0
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('a', 'ä', '語', '🎛'), fc.nat(300)), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        async (texts, cuts) => {
          life += 1
          server.said.length = 0
          const program = await RawProgram.connect(server.path)
          program.socket.setNoDelay(true)
          const register = { type: 'register', protocol: 1, component: `n1/app-${life}`, incarnation: 1 }
          const reports = texts.map(([letter, count]) => ({
            type: 'error',
            code: 'some.code',
            detail: letter.repeat(count),
          }))
          const bytes = Buffer.from([register, ...reports].map((message) => `${JSON.stringify(message)}\n`).join(''))
          const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b)]
          for (const [index, start] of places.entries()) {
            program.socket.write(bytes.subarray(start, places[index + 1] ?? bytes.length))
            await new Promise(setImmediate)
          }
          await server.heard('errorReport', texts.length)
          expect(server.of('errorReport').map(({ detail }) => detail)).toEqual(reports.map(({ detail }) => detail))
          program.socket.destroy()
          await server.heard('disconnected')
        },
      ),
      { numRuns: 30 },
    )
  } finally {
    server.close()
  }
})

const token_ = fc.record({ epoch: fc.anything(), index: fc.anything() }, { requiredKeys: [] })
const fields = {
  type: fc.constantFrom(
    'register',
    'ready',
    'failed',
    'health',
    'error',
    'checkpoint',
    'accepted',
    'refused',
    'other',
    null,
  ),
  id: fc.oneof(fc.nat(5), fc.anything()),
  code: fc.oneof(fc.constant('a.code'), fc.anything()),
  detail: fc.anything(),
  state: fc.oneof(fc.constantFrom('healthy', 'failing'), fc.anything()),
  to: fc.oneof(fc.constant('n2/app'), fc.anything()),
  token: fc.oneof(fc.constant(token(7)), token_, fc.anything()),
  data: fc.anything(),
  component: fc.oneof(fc.constant('n1/app'), fc.anything()),
}

test('nothing that a program says makes the node throw', () => {
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record(fields, { requiredKeys: [] }).map((message) => {
      try {
        return JSON.stringify(message) ?? ''
      } catch {
        return '{}'
      }
    }),
  )
  fc.assert(
    fc.property(line, (text) => {
      const parsed = parseMessage(text)
      if (parsed.ok && parsed.message.type === 'checkpoint') expect(parsed.message.data).not.toContain('\n')
      if (!parsed.ok) expect(parsed.detail.length).toBeLessThanOrEqual(500)
    }),
    { numRuns: 2000 },
  )
  expect(
    parseMessage(`{"type":"checkpoint","id":1,"token":{"epoch":1,"index":1},"data":${'['.repeat(500_000)}`).ok,
  ).toBe(false)
})

test('a program that says anything disturbs no other', async () => {
  const server = new TestServer()
  try {
    const steady = await RawProgram.registered(server.path, 'n1/steady')
    const peers = [peer('n2/app', 'secondary', 7)]
    for (let round = 0; round < 5; round += 1) {
      const wild = await RawProgram.registered(server.path, `n1/wild-${round}`)
      server.server.invoke(invocation({ component: `n1/wild-${round}`, role: 'primary', peers }))
      const messages = fc.sample(fc.record(fields, { requiredKeys: ['type'] }), { numRuns: 80, seed: round })
      for (const message of messages) {
        try {
          wild.say(message)
        } catch {
          // Not every value can be written as JSON.
        }
      }
      wild.socket.end(Buffer.from([0xff, 0x0a, 0xff]))
      await server.heard('disconnected', round + 1)
    }
    server.server.invoke(invocation({ component: 'n1/steady', role: 'primary' }))
    const { id } = await steady.hears('role')
    steady.say({ type: 'ready', id })
    await server.heard('roleDone', server.of('roleDone').length + 1)
  } finally {
    server.close()
  }
})
