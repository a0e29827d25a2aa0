import { afterEach, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterThisTest, lonelyView, serveView, soundView, undoAll } from '../manage/support.ts'
import { temporaryFolder } from '../support/folders.ts'
import { rolecall } from './support.ts'

afterEach(undoAll)

/** A configuration whose sockets are in a folder of this test. */
function cluster(): { file: string; socketOf: (node: string) => string } {
  const folder = temporaryFolder('manage')
  const file = join(folder, 'rolecall.yaml')
  const nodes = [1, 2, 3].map((n) => `  n${n}: { links: [127.0.0.1:71${n}1] }\n`)
  writeFileSync(file, `cluster: demo\nruntimeDirectory: run\nsecretFile: not-for-operators\nnodes:\n${nodes.join('')}`)
  return { file, socketOf: (node) => join(folder, 'run', node, 'control.sock') }
}

/** Accepts and never answers. */
async function listenDeaf(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  const deaf = createServer(() => {})
  await new Promise<void>((resolve) => deaf.listen(path, resolve))
  afterThisTest(() => deaf.close())
}

test('without a name the first node of the file that answers is asked', async () => {
  const { file, socketOf } = cluster()
  await serveView({ path: socketOf('n2'), view: soundView })
  await serveView({ path: socketOf('n3'), view: lonelyView })
  const seenBy = async (words: string[], env = {}) =>
    JSON.parse((await rolecall(['status', '--json', ...words], { env })).stdout).node
  expect(await seenBy(['--config', file])).toBe('n2')
  expect(await seenBy(['--config', file, '--name', 'n3'])).toBe('n3')
  expect(await seenBy([], { ROLECALL_CONFIG: file, ROLECALL_NAME: 'n3' })).toBe('n3')
  expect(await seenBy(['--name', 'n2'], { ROLECALL_CONFIG: file, ROLECALL_NAME: 'n3' })).toBe('n2')
  expect(await seenBy(['--name', 'n2'], { ROLECALL_CONFIG: file, ROLECALL_CONTROL_SOCKET: socketOf('n3') })).toBe('n2')
  expect(await seenBy([], { ROLECALL_CONTROL_SOCKET: socketOf('n3') })).toBe('n3')
})

test('a node that hangs does not keep the next from being asked', async () => {
  const { file, socketOf } = cluster()
  await listenDeaf(socketOf('n1'))
  await serveView({ path: socketOf('n2'), view: soundView })
  const { exitCode, stdout } = await rolecall(['status', '--json', '--config', file, '--timeout', '400ms'])
  expect([exitCode, JSON.parse(stdout).node]).toEqual([0, 'n2'])
})

test('nobody there: 69, and what to try', async () => {
  const { file, socketOf } = cluster()
  const { exitCode, stdout, stderr } = await rolecall(['status', '--config', file])
  expect([exitCode, stdout]).toEqual([69, ''])
  expect(stderr).toContain(`no node answers at ${socketOf('n1')} (ENOENT)`)
  expect(stderr).toContain(`start one: rolecall node --config ${file} --name n1`)
  const named = await rolecall(['members', '--config', file, '--name', 'n2'])
  expect(named.exitCode).toBe(69)
  expect(named.stderr).toContain('start it with: rolecall node --name NAME')
})

test('a node that is not in the file: 105, with a suggestion', async () => {
  const { exitCode, stderr } = await rolecall(['status', '--config', cluster().file, '--name', 'n4'])
  expect(exitCode).toBe(105)
  expect(stderr).toContain("no node 'n4'")
  expect(stderr).toContain("did you mean 'n1'?")
})

test('a node that does not answer: 124', async () => {
  const path = join(temporaryFolder('manage'), 'control.sock')
  await listenDeaf(path)
  const { exitCode, stderr } = await rolecall(['status', '--socket', path, '--timeout', '100ms'])
  expect(exitCode).toBe(124)
  expect(stderr).toContain('no answer from')
})

test('a wrong configuration: 78, with the place', async () => {
  const { file } = cluster()
  writeFileSync(file, 'cluster: demo\nnods: {}\n')
  const { exitCode, stderr } = await rolecall(['status', '--config', file])
  expect(exitCode).toBe(78)
  expect(stderr).toContain(
    `${file}:2:1: nods: unknown key 'nods'; did you mean 'nodes'?\n    2 | nods: {}\n      | ^\n`,
  )
})
