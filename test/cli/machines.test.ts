import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogue } from '../../machines/index.ts'
import { rolecall } from './support.ts'

test('without a name: all of them, for people and for programs', async () => {
  const { exitCode, stdout } = await rolecall(['machines'])
  expect(exitCode).toBe(0)
  for (const name of Object.keys(catalogue)) expect(stdout).toMatch(new RegExp(`^${name} +\\d+ +\\d+ +\\S`, 'm'))
  for (const words of [['--json'], ['--format', 'json']]) {
    const { machines } = JSON.parse((await rolecall(['machines', ...words])).stdout)
    expect(machines.map(({ name }: { name: string }) => name)).toEqual(Object.keys(catalogue))
    expect(machines[0]).toMatchObject({
      version: catalogue.component.version,
      initial: 'offline',
      states: expect.arrayContaining(['primary.ready']),
    })
  }
})

test('one of them, in each format', async () => {
  const text = (await rolecall(['machines', 'fencing'])).stdout
  expect(text).toContain(
    'fence.failed [isPresentAttempt and isLastAttempt] -> failed / noteFailure, giveUp, answer(not ok, could not be fenced)',
  )
  expect((await rolecall(['machines', 'fencing', '--format', 'svg'])).stdout).toStartWith('<svg xmlns=')
  expect((await rolecall(['machines', 'fencing', '--format', 'mermaid'])).stdout).toStartWith('stateDiagram-v2\n')
  const chart = JSON.parse((await rolecall(['machines', 'fencing', '--json'])).stdout)
  expect(chart).toMatchObject({ name: 'fencing', initial: 'idle', layout: { boxes: expect.any(Array) } })
})

test('a state is lit, in text and in the drawing', async () => {
  const { stdout } = await rolecall(['machines', 'component', '--state', 'primary.ready'])
  expect(stdout).toContain('component, version')
  expect(stdout.split('\n').filter((line) => line.startsWith('*'))).toEqual([
    expect.stringMatching(/^\* primary/),
    expect.stringMatching(/^\* {5}ready/),
  ])
  const svg = (await rolecall(['machines', 'component', '--state', 'primary.ready', '--format', 'svg'])).stdout
  expect(svg).toContain('class="c-state c-role c-primary c-lit" data-state="primary.ready"')
})

test('into a file, and nothing to the screen', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rolecall-machines-')), 'node.svg')
  expect(await rolecall(['machines', 'node', '--format', 'svg', '--output', file])).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: '',
  })
  expect(readFileSync(file, 'utf8')).toStartWith('<svg')
  expect(await rolecall(['machines', 'node', '--output', '/nowhere/at/all.svg'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('cannot write /nowhere/at/all.svg'),
  })
})

test('what is not there: 105, with a suggestion; what does not go together: 64', async () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['machines nod', 105, "there is no machine 'nod'; did you mean 'node'?"],
    [
      'machines component --state primary.redy',
      105,
      "component has no state 'primary.redy'; did you mean 'primary.ready'?",
    ],
    ['machines component --state primary.ready --format json', 64, '--state and --format json do not go together'],
    ['machines component --json --format svg', 64, '--json and --format svg do not go together'],
    ['machines --state primary', 64, '--state needs the name of a machine'],
    ['machines --format svg', 64, '--format svg needs the name of a machine'],
    ['machines node --format png', 64, 'png'],
  ]
  for (const [words, exitCode, text] of cases) {
    expect(await rolecall(words.split(' '))).toMatchObject({
      exitCode,
      stdout: '',
      stderr: expect.stringContaining(text),
    })
  }
})
