import { afterEach, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asMoment } from '../../src/cli/log.ts'
import { encodeLogRecord } from '../../src/clusterLog/codec.ts'
import { realClock } from '../../src/engine/clock.ts'
import type { ClusterLogMessage } from '../../src/wire/messages/clusterLog.ts'
import { LogNode } from '../clusterLog/support.ts'
import { afterThisTest, serveView, soundView, undoAll } from '../manage/support.ts'
import { temporaryFolder } from '../support/folders.ts'
import { rolecall } from './support.ts'

afterEach(undoAll)

/** A node that has recorded so much, by itself. */
async function recorded(count: number): Promise<LogNode> {
  const node = new LogNode(
    {
      name: 'n2',
      directory: temporaryFolder('cli-log'),
      clock: realClock,
      nodes: () => [{ name: 'n2', isUp: true, isMaster: true }],
      send: () => {},
    },
    1,
  )
  afterThisTest(() => node.kill())
  for (let index = 0; index < count; index++) node.record()
  await until(() => node.log.stats().recordCount === count)
  return node
}

async function until(isSo: () => boolean): Promise<void> {
  for (let count = 0; !isSo(); count++) {
    if (count > 1000) throw new Error('it never came to be')
    await Bun.sleep(10)
  }
}

const socketPath = () => join(temporaryFolder('cli-log'), 'control.sock')
const serve = (path: string, node: LogNode | null) =>
  serveView({ path, view: soundView, log: { node: 'n2', log: node?.log ?? null, nodes: () => ['n1', 'n2', 'n3'] } })
const handlersOf = ({ name, log }: LogNode) => ({ node: name, log, nodes: () => ['n1', 'n2', 'n3'] })
const idsIn = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id)

test('prints a line a record, oldest first, and says when there is more', async () => {
  const path = socketPath()
  await serve(path, await recorded(5))
  const text = await rolecall(['log', '--socket', path, '--limit', '3'])
  const lines = text.stdout.trim().split('\n')
  expect(lines.map((line) => line.split(/ {2,}/).slice(1))).toEqual(
    [3, 4, 5].map((count) => [
      `n2:1:${count}`,
      'lamp',
      `lamp.pressed (count ${count})`,
      `lit${count - 1} → lit${count}`,
    ]),
  )
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z {2}n2:1:3 /)
  expect([text.exitCode, text.stderr]).toEqual([0, 'rolecall: there are earlier records: --limit shows more\n'])
  const json = await rolecall(['log', '--socket', path, '--json'])
  expect(idsIn(json.stdout)).toEqual([1, 2, 3, 4, 5].map((sequence) => `n2:1:${sequence}`))
  expect(JSON.parse(json.stdout.split('\n')[0]!)).toMatchObject({
    node: 'n2',
    actor: 'lamp',
    kind: 'step',
    timeCount: 0,
    effects: [],
  })
})

test('what is asked for is what is shown', async () => {
  const path = socketPath()
  const node = await recorded(3)
  await serve(path, node)
  const shown = async (...words: string[]) => (await rolecall(['log', '--socket', path, ...words])).stdout
  expect(await shown('--node', 'n1')).toBe('')
  expect(await shown('--component', 'ledger')).toBe('')
  expect(await shown('--until', '1h')).toBe('')
  expect((await shown('--actor', 'lamp', '--node', 'n2', '--since', '1h')).trim().split('\n')).toHaveLength(3)
})

test('errors have their codes', async () => {
  const path = socketPath()
  await serve(path, await recorded(1))
  const run = async (...words: string[]) => {
    const { exitCode, stderr } = await rolecall(['log', '--socket', path, ...words])
    return { exitCode, stderr }
  }
  expect(await run('--node', 'n4')).toEqual({ exitCode: 105, stderr: expect.stringContaining("no node 'n4'") })
  expect(await run('--since', 'soon')).toEqual({ exitCode: 64, stderr: expect.stringContaining('expected a duration') })
  expect(await run('--limit', '0')).toMatchObject({ exitCode: 64 })
  const none = socketPath()
  expect(await rolecall(['log', '--socket', none])).toMatchObject({ exitCode: 69 })
  await serve(none, null)
  const off = await rolecall(['log', '--socket', none])
  expect(off).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('log.enabled is false') })
})

test('--follow goes on over the end of the node, each record once, until nobody answers', async () => {
  const path = socketPath()
  const node = await recorded(2)
  const first = await serve(path, node)
  let shown = ''
  const following = rolecall(['log', '--socket', path, '--follow', '--json', '--timeout', '2s'], {
    onOutput: (stdout) => {
      shown = stdout
    },
  })
  await until(() => shown.includes('n2:1:2'))
  node.record()
  await until(() => shown.includes('n2:1:3'))
  await first.server.stop()
  node.record()
  const second = await serve(path, node)
  await until(() => shown.includes('n2:1:4'))
  node.record()
  await until(() => shown.includes('n2:1:5'))
  await second.server.stop()
  const { exitCode, stdout, stderr } = await following
  expect(idsIn(stdout)).toEqual([1, 2, 3, 4, 5].map((sequence) => `n2:1:${sequence}`))
  expect(stderr).toContain('rolecall: the node has gone; looking for it\n')
  expect(exitCode).toBe(69)
}, 30_000)

test('--follow goes on with another node of the machine, and tells nothing twice', async () => {
  const folder = temporaryFolder('cli-log')
  const file = join(folder, 'rolecall.yaml')
  const nodes = ['n1', 'n2'].map((name, index) => `  ${name}: { links: ["127.0.0.1:${7101 + 2 * index}"] }\n`).join('')
  writeFileSync(file, `cluster: demo\nruntimeDirectory: run\nnodes:\n${nodes}`)
  const pathOf = (name: string) => join(folder, 'run', name, 'control.sock')
  const one = await recorded(2)
  const other = new LogNode(
    {
      name: 'n1',
      directory: folder,
      clock: realClock,
      nodes: () => ['n1', 'n2'].map((name) => ({ name, isUp: true, isMaster: false })),
      send: (_, to, message) => void (to === 'n2' && answerFor(message)),
    },
    1,
  )
  afterThisTest(() => other.kill())
  // It has what n2 recorded, as a keeper has.
  async function answerFor(message: ClusterLogMessage): Promise<void> {
    if (message.type !== 'log.want') return
    await Bun.sleep(100)
    const records = (await one.records()).map((record) => encodeLogRecord(record) as Uint8Array<ArrayBuffer>)
    const upTo = { incarnation: 1, sequence: records.length }
    const after = { incarnation: 0, sequence: 0 }
    other.log.receive('n2', { type: 'log.records', origin: 'n2', after, upTo, completeUs: 1, gapTo: null, records })
  }
  const first = await serveView({ path: pathOf('n1'), view: soundView, log: handlersOf(other) })
  await until(() => other.log.stats().recordCount === 2)
  let shown = ''
  const following = rolecall(['log', '--config', file, '--follow', '--json', '--timeout', '2s'], {
    onOutput: (stdout) => {
      shown = stdout
    },
  })
  await until(() => shown.includes('n2:1:2'))
  const second = await serveView({ path: pathOf('n2'), view: soundView, log: handlersOf(one) })
  await first.server.stop()
  one.record()
  await until(() => shown.includes('n2:1:3'))
  await second.server.stop()
  const { exitCode, stdout } = await following
  expect(idsIn(stdout)).toEqual([1, 2, 3].map((sequence) => `n2:1:${sequence}`))
  expect(exitCode).toBe(69)
}, 30_000)

test('moments are durations before now, or times', () => {
  const nowMs = Date.parse('2026-01-31T12:00:00Z')
  expect(asMoment('10m', nowMs)).toBe(nowMs - 600_000)
  expect(asMoment('2d', nowMs)).toBe(nowMs - 172_800_000)
  expect(asMoment('2026-01-31T11:00:00Z', nowMs)).toBe(nowMs - 3_600_000)
  for (const wrong of ['yesterday', '10', '2026', '12:00']) expect(() => asMoment(wrong, nowMs)).toThrow()
})
