/** `rolecall replay` from its command line to its exit code. */
import { afterAll, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApplication, run } from '@stricli/core'
import type { CliContext } from '../../src/cli/context.ts'
import { exitCodeOfStricli, exitCodes } from '../../src/cli/exitCodes.ts'
import { exitCodeOf, textOf } from '../../src/cli/failure.ts'
import { makeReplayCommand } from '../../src/cli/replay.ts'
import {
  bytesOf,
  catalogue,
  changedCatalogue,
  makeDirectory,
  removeDirectories,
  segmentPaths,
  startLamp,
  startNode,
} from './support.ts'

afterAll(removeDirectories)

const directory = makeDirectory()
for (const name of ['n1', 'n2']) {
  const node = startNode(join(directory, name), { node: name })
  startLamp(node, 'lamp/a')
  startLamp(node, 'lamp/b')
  for (let index = 0; index < 5; index += 1) node.engine.send('lamp/a', { type: 'lamp.press' })
}

async function replay(words: string[], { machines = catalogue, isTerminal = false, env = {} } = {}) {
  const said = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof said) => ({
    isTTY: isTerminal,
    write: (text: string) => {
      said[name] += text
    },
  })
  const process: CliContext['process'] = { stdout: stream('stdout'), stderr: stream('stderr'), env }
  const application = buildApplication(
    makeReplayCommand(async () => machines),
    { name: 'replay', determineExitCode: exitCodeOf, scanner: { caseStyle: 'allow-kebab-for-camel' } },
  )
  await run(application, words, { process } as never)
  return { ...said, exitCode: exitCodeOfStricli(Number(process.exitCode ?? 0)) }
}

test('prints the merged timeline, the last lines of it', async () => {
  const all = await replay([directory])
  expect(all.exitCode).toBe(exitCodes.ok)
  expect(all.stdout.split('\n')).toHaveLength(14 + 1)
  expect(all.stderr).toBe('')
  const last = await replay([directory, '--limit', '3'])
  expect(last.stdout).toBe(all.stdout.split('\n').slice(-4).join('\n'))
  expect(last.stderr).toContain('11 earlier steps left out')
  const json = JSON.parse((await replay([directory, '--json', '--limit', '5'])).stdout)
  expect(json).toMatchObject({ leftOutCount: 9, damages: [] })
  expect(json.entries).toHaveLength(5)
})

test('is coloured on a terminal, unless NO_COLOR', async () => {
  expect((await replay([directory])).stdout).not.toContain('\x1b')
  expect((await replay([directory], { isTerminal: true })).stdout).toContain('\x1b[')
  expect((await replay([directory], { isTerminal: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\x1b')
})

test('shows one actor, or says which there are', async () => {
  const one = await replay([directory, '--actor', 'lamp/b'])
  expect(one.stdout.trim().split('\n')).toHaveLength(2)
  const none = await replay([directory, '--actor', 'lamp/z'])
  expect(none.exitCode).toBe(exitCodes.noSuch)
  expect(none.stderr).toContain('lamp/a, lamp/b')
})

test('verifies: 0 when exact, 1 when not', async () => {
  const exact = await replay([directory, '--verify'])
  expect(exact.exitCode).toBe(exitCodes.ok)
  expect(exact.stdout).toContain('exact: 14 events of 2 nodes in 2 segments')
  const changed = await replay([directory, '--verify'], { machines: changedCatalogue })
  expect(changed.exitCode).toBe(exitCodes.failed)
  expect(changed.stdout).toContain('mismatch: n1:1:3  lamp/a (lamp)  lamp.press')
  const json = JSON.parse((await replay([directory, '--verify', '--json'])).stdout)
  expect(json).toMatchObject({ eventCount: 14, mismatchCount: 0, isExact: true })
})

test('says what is damaged and where, exits 1; a torn tail is none', async () => {
  const damaged = makeDirectory()
  const node = startNode(damaged)
  startLamp(node)
  node.engine.send('lamp/a', { type: 'lamp.press' })
  const [path] = segmentPaths(damaged)
  const intact = bytesOf(path!)
  const torn = intact.slice()
  torn[torn.length - 1] = 1
  writeFileSync(path!, torn)
  const verified = await replay([damaged, '--verify'])
  expect(verified.exitCode).toBe(exitCodes.ok)
  expect(verified.stdout).toContain(`torn tail: ${path}`)
  const broken = intact.slice()
  broken[5]! ^= 1
  writeFileSync(path!, broken)
  const refused = await replay([damaged, '--verify'])
  expect(refused.exitCode).toBe(exitCodes.failed)
  expect(refused.stdout).toContain(`damaged header: ${path} at byte 0`)
})

test('explains a step, or says that there is none', async () => {
  const explained = await replay([directory, '--explain', 'n2:1:4'])
  expect(explained.exitCode).toBe(exitCodes.ok)
  expect(explained.stdout).toContain('lamp.press ◀')
  expect(JSON.parse((await replay([directory, '--explain', 'n2:1:4', '--json'])).stdout).rootId).toBe('n2:1:4')
  const none = await replay([directory, '--explain', 'n2:1:99'])
  expect(none.exitCode).toBe(exitCodes.noSuch)
  expect(none.stderr).toContain("there is no step 'n2:1:99'")
})

test.each([
  [[]],
  [[directory, '--limit', '0']],
  [[directory, '--limit', 'many']],
  [[directory, '--verify', '--explain', 'n1:1:1']],
  [[directory, '--verify', '--actor', 'lamp/a']],
  [[directory, '--nonsense']],
])('refuses a wrong command line: %j', async (words) => {
  const { exitCode, stdout, stderr } = await replay(words)
  expect(exitCode).toBe(exitCodes.usage)
  expect(stdout).toBe('')
  expect(stderr).not.toBe('')
})

test('there is no incident of what nothing is called', async () => {
  expect(await replay([directory, '--explain', 'nonsense'])).toMatchObject({ exitCode: exitCodes.noSuch, stdout: '' })
})

test('says when there is no black box', async () => {
  const missing = await replay([join(directory, 'missing')])
  expect(missing.exitCode).toBe(exitCodes.noSuch)
  expect(missing.stderr).toContain('there is no directory')
  const empty = await replay([makeDirectory(), '--verify'])
  expect(empty.exitCode).toBe(exitCodes.noSuch)
  expect(textOf(new Error('x'))).toContain('x')
})
