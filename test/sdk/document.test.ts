import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckpointResult } from '../../src/agents/sdk/server.ts'
import type { NodeMessage } from '../../src/sdk/protocol.ts'
import { RawProgram, TestServer, until } from '../agents/sdk/support.ts'

const text = readFileSync(join(import.meta.dir, '../../docs/sdk-protocol.md'), 'utf8')
const [, transcript] = /<!-- transcript -->\n```\n([\s\S]*?)```/.exec(text)!
const lines = transcript!.split('\n').filter((line) => line !== '')

test('the conversation in docs/sdk-protocol.md is what is said', async () => {
  const program_ = { component: 'n1/ledger', incarnation: 3 } as const
  const server = new TestServer({
    isExpected: (component, incarnation) => component === program_.component && incarnation === 3,
  })
  const results: CheckpointResult[] = lines.flatMap((line): CheckpointResult[] => {
    const { type, code } = JSON.parse(line.slice(2))
    return type === 'checkpoint.done' ? [{ ok: true }] : type === 'checkpoint.failed' ? [{ ok: false, code }] : []
  })
  server.carry = async () => results.shift()!
  const program = await RawProgram.connect(server.path)
  let heardCount = 0
  let role: 'primary' | 'secondary' = 'primary'
  try {
    for (const line of lines) {
      const message = JSON.parse(line.slice(2))
      if (line.startsWith('→')) {
        const doneCount = server.of('roleDone').length
        program.say(message)
        if (message.type === 'ready') await server.heard('roleDone', doneCount + 1)
        continue
      }
      if (message.type === 'role') role = message.role
      bringAbout(message)
      await until(() => program.received.length > heardCount, line)
      expect(program.received[heardCount]).toEqual(message)
      heardCount += 1
    }
    expect(server.of('roleDone').map((done) => done.role)).toEqual(['primary', 'quiescing', 'spare', 'secondary'])
    expect(server.of('errorReport')).toMatchObject([{ code: 'disk.slow' }])
    expect(program.received).toHaveLength(heardCount)
  } finally {
    server.close()
  }

  /** Lets the node have a reason to say this; what answers the program comes by itself. */
  function bringAbout(message: NodeMessage): void {
    if (message.type === 'role') server.server.invoke({ ...program_, ...message })
    if (message.type === 'peers') server.server.introduce({ ...program_, role, ...message })
    if (message.type === 'stop') server.server.stop({ ...program_, ...message })
    if (message.type === 'checkpoint') {
      const { from, token, data } = message
      void server.server.deliverCheckpoint({ from, to: program_.component, token, data: JSON.stringify(data) })
    }
  }
})
