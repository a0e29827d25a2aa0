/** The configuration repository of a running cluster, as operators use it (SPEC D5): the compiled binary, three nodes. */
import { afterAll, beforeAll, expect } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isWhole } from '../../src/demo/localCluster.ts'
import {
  binary,
  cleanUp,
  eventually,
  type Outcome,
  type SystemCluster,
  slow,
  startLedger,
  temporaryDirectory,
  testTimeoutMs,
} from '../support/system.ts'

/** One cluster for all tests of this file; each leaves it whole. */
let cluster: SystemCluster

beforeAll(async () => {
  cluster = await startLedger()
}, testTimeoutMs)
afterAll(cleanUp)

const config = (node: string, ...words: string[]): Promise<Outcome> =>
  cluster.rolecall('config', ...words, '--name', node)

interface Entry {
  readonly key: string
  readonly value: unknown
  readonly revision: number
}

const entryAt = async (node: string, key: string) =>
  JSON.parse((await config(node, 'get', key, '--json')).stdout) as Entry

slow('what is set on one node is read on another at once', async () => {
  for (const [place, writer] of cluster.nodes.entries()) {
    expect(await config(writer, 'set', 'services/db', `{port: ${place}}`)).toMatchObject({ exitCode: 0, stderr: '' })
    for (const reader of cluster.nodes) expect((await entryAt(reader, 'services/db')).value).toEqual({ port: place })
  }
  expect((await config('n1', 'get', 'services/bd')).exitCode).toBe(105)
})

slow('of two who saw the same revision one wins, the other exits 103', async () => {
  await config('n1', 'set', 'counter', '0')
  const { revision } = await entryAt('n2', 'counter')
  const outcomes = await Promise.all(
    cluster.nodes.map((node) => config(node, 'set', 'counter', node, '--if-revision', String(revision))),
  )
  expect(outcomes.map(({ exitCode }) => exitCode).sort((a, b) => a - b)).toEqual([0, 103, 103])
  const winner = cluster.nodes[outcomes.findIndex(({ exitCode }) => exitCode === 0)]
  expect((await entryAt('n3', 'counter')).value).toBe(winner!)
})

slow('export and import', async () => {
  const file = join(temporaryDirectory(), 'keys.yaml')
  writeFileSync(file, 'app/name: "5"\napp/list: [1, {a: b}]\napp/bytes: !!binary AAECAw==\n')
  expect(await config('n1', 'import', file)).toMatchObject({ exitCode: 0 })
  const exported = await config('n2', 'export', 'app')
  writeFileSync(file, exported.stdout)
  expect(await config('n3', 'import', file)).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: expect.stringContaining('nothing'),
  })
  writeFileSync(file, 'app/name: new\n')
  expect(await config('n3', 'import', file, '--prefix', 'app', '--replace')).toMatchObject({ exitCode: 0 })
  expect((await config('n1', 'export', 'app', '--output', file)).exitCode).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe('app/name: new\n')
})

slow('a watch goes on where it was, over the end of the node it asked and of the master', async () => {
  await config('n1', 'set', 'seen/0', '0')
  const { revision } = await entryAt('n1', 'seen/0')
  const words = ['config', 'watch', 'seen', '--json', '--timeout', '20s', '--from-revision', String(revision)]
  const child = Bun.spawn([binary, ...words, '--config', cluster.configurationFile], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
    timeout: testTimeoutMs,
    killSignal: 'SIGKILL',
  })
  const lines: { revision: number; changes: Entry[] }[] = []
  const reading = (async () => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const piece of child.stdout) {
      const parts = (text + decoder.decode(piece, { stream: true })).split('\n')
      text = parts.pop()!
      lines.push(...parts.map((line) => JSON.parse(line)))
    }
  })()
  try {
    expect((await config('n2', 'set', 'seen/1', '1')).exitCode).toBe(0)
    await eventually('the first change', () => lines.length === 1)
    cluster.killNode('n1')
    await eventually('a change without n1', async () => (await config('n2', 'set', 'seen/2', '2')).exitCode === 0)
    await eventually('the change after it', () => lines.some(({ changes }) => changes.some(({ value }) => value === 2)))
    cluster.start('n1')
    await cluster.until('it is whole again', isWhole)
    expect((await config('n1', 'set', 'seen/3', '3')).exitCode).toBe(0)
    await eventually('the last change', () => lines.some(({ changes }) => changes.some(({ value }) => value === 3)))
    const revisions = lines.map((line) => line.revision)
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
    const values = lines.flatMap(({ changes }) => changes.map(({ value }) => value))
    expect([...new Set(values)]).toEqual([1, 2, 3])
  } finally {
    child.kill('SIGINT')
    await child.exited
    await reading
  }
})

slow('without quorum: 106, but for what is read as the node has it', async () => {
  await config('n1', 'set', 'kept', 'yes')
  await eventually('n1 has it', async () => (await config('n1', 'get', 'kept', '--stale')).exitCode === 0)
  for (const node of ['n2', 'n3']) cluster.killNode(node)
  await cluster.until('there is no quorum', ({ quorum }) => !quorum.isQuorate, { of: ['n1'] })
  expect((await config('n1', 'set', 'kept', 'no')).exitCode).toBe(106)
  expect((await config('n1', 'get', 'kept')).exitCode).toBe(106)
  expect(await config('n1', 'get', 'kept', '--stale')).toMatchObject({ exitCode: 0, stdout: 'yes\n' })
  for (const node of ['n2', 'n3']) cluster.start(node)
  await cluster.until('it is whole again', isWhole)
  expect((await config('n3', 'get', 'kept')).stdout).toBe('yes\n')
})
