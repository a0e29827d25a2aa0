import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { CheckpointResult } from '../../src/agents/sdk/server.ts'
import type { NodeMessage } from '../../src/sdk/protocol.ts'
import { RawProgram, TestServer, until } from '../agents/sdk/support.ts'

const text = readFileSync(join(import.meta.dir, '../../docs/sdk-protocol.md'), 'utf8')

function linesOf(name: string): string[] {
  const fence = '```'
  const begin = `<!-- ${name} -->\n${fence}\n`
  const start = text.indexOf(begin) + begin.length
  return text
    .slice(start, text.indexOf(fence, start))
    .split('\n')
    .filter((line) => line !== '')
}

test('the conversation in docs/sdk-protocol.md is what is said', async () => {
  const { server, program } = await converse(linesOf('transcript'), 'n1/ledger')
  expect(server.of('roleDone').map((done) => done.role)).toEqual(['primary', 'quiescing', 'spare', 'secondary'])
  expect(server.of('errorReport')).toMatchObject([{ code: 'disk.slow' }])
  expect(program.isClosed).toBe(false)
})

test('so is the one of a program with several assignments', async () => {
  const { server } = await converse(linesOf('transcript of several assignments'), 'n1/pool')
  expect(server.of('roleDone').map(({ component, role }) => [component, role])).toEqual([
    ['n1/pool/web2', 'secondary'],
    ['n1/pool/web1', 'primary'],
    ['n1/pool/web2', 'offline'],
  ])
  expect(server.of('registered')).toMatchObject([{ release: '2.1' }])
  expect(server.of('load')).toMatchObject([{ component: 'n1/pool', loadPercent: 40 }])
  expect(server.of('errorReport')).toMatchObject([{ component: 'n1/pool/web2', code: 'cache.corrupt' }])
})

test('so is the one with records', async () => {
  const lines = linesOf('transcript of records').map((line) =>
    line.replace('… more than 4096 bytes …', 'x'.repeat(5000)),
  )
  const { server } = await converse(lines, 'n1/ledger')
  expect(server.of('record')).toMatchObject([
    { component: 'n1/ledger', incarnation: 3, of: 'journal.loaded', data: { entries: 1207, cutByteCount: 0 } },
  ])
})

async function converse(lines: readonly string[], component: ComponentId) {
  const program_ = { component, incarnation: 3 } as const
  const isShared = component === 'n1/pool'
  const placeOf = (assignment: string): ComponentId => (isShared ? `${component}/${assignment}` : component)
  const server = new TestServer({
    isExpected: (of, incarnation) => of === component && incarnation === 3,
    isShared: () => isShared,
  })
  const results: CheckpointResult[] = lines.flatMap((line): CheckpointResult[] => {
    const { type, code } = JSON.parse(line.slice(2))
    return type === 'checkpoint.done' ? [{ ok: true }] : type === 'checkpoint.failed' ? [{ ok: false, code }] : []
  })
  server.carry = async () => results.shift()!
  const program = await RawProgram.connect(server.path)
  const errands = new Set<number>()
  let heardCount = 0
  let role: 'primary' | 'secondary' = 'primary'
  try {
    for (const line of lines) {
      const message = JSON.parse(line.slice(2))
      if (line.startsWith('→')) {
        const doneCount = server.of('roleDone').length
        program.say(message)
        if (message.type === 'ready' && !errands.delete(message.id)) await server.heard('roleDone', doneCount + 1)
        continue
      }
      if (message.type === 'role') role = message.role
      bringAbout(message)
      await until(() => program.received.length > heardCount, line)
      expect(program.received[heardCount]).toEqual(message)
      heardCount += 1
    }
    expect(program.received).toHaveLength(heardCount)
    return { server, program }
  } finally {
    server.close()
  }

  /** Lets the node have a reason to say this; what answers the program comes by itself. */
  function bringAbout(message: NodeMessage): void {
    if (message.type === 'role')
      server.server.invoke({ ...program_, component: placeOf(message.assignment), ...message })
    if (message.type === 'peers')
      server.server.introduce({ ...program_, component: placeOf(message.assignment), role, ...message })
    if (message.type === 'reset') {
      errands.add(message.id)
      void server.server.run({ ...program_, kind: 'reset', timeLimitMs: message.timeLimitMs })
    }
    if (message.type === 'stop') server.server.stop({ ...program_, ...message })
    if (message.type === 'checkpoint') {
      const { assignment = '', from, token, data } = message
      void server.server.deliverCheckpoint({ from, to: placeOf(assignment), token, data: JSON.stringify(data) })
    }
  }
}
