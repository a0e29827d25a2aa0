import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { ClusterView } from '../../machines/model/view.ts'
import { administeredView, damagedView, lonelyView, serveView, soundView, undoAll } from '../manage/support.ts'
import { temporaryFolder } from '../support/folders.ts'
import { rolecall } from './support.ts'

afterEach(undoAll)

async function served(view: ClusterView): Promise<string> {
  const path = join(temporaryFolder('manage'), 'control.sock')
  await serveView({ path, view })
  return path
}

test('status of a sound cluster', async () => {
  const { exitCode, stdout, stderr } = await rolecall(['status', '--socket', await served(soundView)])
  expect(stdout).toMatchSnapshot()
  expect([exitCode, stderr]).toEqual([0, ''])
})

test('status of a damaged cluster: what failed stays listed, health and intent apart, what to type at the end', async () => {
  const { exitCode, stdout } = await rolecall(['status', '--socket', await served(damagedView)])
  expect(stdout).toMatchSnapshot()
  expect(exitCode).toBe(0)
})

test('status of what operators have set: nodes, assignments and components say so; several primaries and places are listed', async () => {
  const { exitCode, stdout } = await rolecall(['status', '--socket', await served(administeredView)])
  expect(stdout).toMatchSnapshot()
  expect(exitCode).toBe(0)
})

test('status without a quorum says why, and exits 106', async () => {
  const { exitCode, stdout } = await rolecall(['status', '--socket', await served(lonelyView)])
  expect(stdout).toMatchSnapshot()
  expect(exitCode).toBe(106)
})

test('members and problems are parts of it', async () => {
  const path = await served(damagedView)
  const members = await rolecall(['members', '--socket', path])
  const problems = await rolecall(['problems', '--socket', path])
  expect(members.stdout).toMatchSnapshot()
  expect(problems.stdout).toMatchSnapshot()
  expect([members.exitCode, problems.exitCode]).toEqual([0, 1])
  const nothing = await rolecall(['problems', '--socket', await served(soundView)])
  expect([nothing.exitCode, nothing.stdout]).toEqual([0, 'nothing is wrong\n'])
})

test('--json prints what was asked for and nothing else', async () => {
  const path = await served(damagedView)
  const json = async (command: string) => JSON.parse((await rolecall([command, '--socket', path, '--json'])).stdout)
  expect(await json('status')).toEqual(damagedView)
  expect(await json('members')).toEqual(damagedView.nodes)
  expect(await json('problems')).toEqual(damagedView.problems)
})

const introducer = '\x1b['

test('colour only on a terminal, and only where it is wanted', async () => {
  const words = ['status', '--socket', await served(damagedView)]
  const isColoured = async (env: Record<string, string>, isTTY: boolean) =>
    (await rolecall(words, { env, isTTY })).stdout.includes(introducer)
  expect(await isColoured({ TERM: 'xterm' }, true)).toBe(true)
  expect(await isColoured({ TERM: 'xterm' }, false)).toBe(false)
  expect(await isColoured({ TERM: 'xterm', NO_COLOR: '1' }, true)).toBe(false)
  expect(await isColoured({ TERM: 'dumb' }, true)).toBe(false)
})

test('colours take no room: the columns stay where they are', async () => {
  const words = ['status', '--socket', await served(damagedView)]
  const { stdout } = await rolecall(words, { env: { TERM: 'xterm' }, isTTY: true })
  expect(Bun.stripANSI(stdout)).toBe((await rolecall(words)).stdout)
})

test('what a program says cannot steer the terminal', async () => {
  const [first, ...rest] = soundView.components
  const failure = { code: 'role.failed', detail: '\x1b[2J\nboo' }
  const view = { ...soundView, components: [{ ...first!, failure }, ...rest] }
  const { stdout } = await rolecall(['status', '--socket', await served(view)])
  expect(stdout).not.toContain(introducer)
  expect(stdout).toContain('role.failed:  [2J boo')
})

test('--watch --json prints one line a change, and ends when nothing answers any more', async () => {
  const path = join(temporaryFolder('manage'), 'control.sock')
  const { change, server } = await serveView({ path, view: soundView })
  const stages = [() => change(damagedView), () => change(lonelyView), () => void server.stop()]
  const words = ['status', '--socket', path, '--watch', '--json', '--timeout', '300ms']
  const { exitCode, stdout, stderr } = await rolecall(words, { onOutput: () => stages.shift()?.() })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([soundView, damagedView, lonelyView])
  expect(stderr).toContain('the node has gone; looking for it')
  expect(exitCode).toBe(69)
})

test('--watch finds the node again when it comes back', async () => {
  const path = join(temporaryFolder('manage'), 'control.sock')
  const first = await serveView({ path, view: soundView })
  let second: Awaited<ReturnType<typeof serveView>> | undefined
  const stages = [
    async () => {
      await first.server.stop()
      second = await serveView({ path, view: damagedView })
    },
    () => second!.server.stop(),
  ]
  const words = ['members', '--socket', path, '--watch', '--json', '--timeout', '2s']
  const { stdout } = await rolecall(words, { onOutput: () => void stages.shift()?.() })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([soundView.nodes, damagedView.nodes])
})

test('--watch draws over itself on a terminal, and never more lines than there are', async () => {
  const path = join(temporaryFolder('manage'), 'control.sock')
  const { server } = await serveView({ path, view: damagedView })
  const { stdout } = await rolecall(['status', '--socket', path, '--watch', '--timeout', '100ms'], {
    isTTY: true,
    rows: 8,
    env: { TERM: 'xterm' },
    onOutput: () => void server.stop(),
  })
  expect(stdout).toStartWith('\x1b[2J\x1b[H')
  expect(stdout.split('\n').length).toBeLessThanOrEqual(8)
  expect(stdout).toContain('more lines')
})
