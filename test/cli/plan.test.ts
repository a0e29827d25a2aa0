/** `rolecall plan`: what is printed, and what it exits with. */
import { afterEach, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { planSchema } from '../../src/plan/planSchema.ts'
import { surveySchema } from '../../src/plan/surveySchema.ts'
import { undoAll } from '../manage/support.ts'
import { fileOf, threeNodes } from '../plan/support.ts'
import { temporaryFolder } from '../support/folders.ts'
import { type Outcome, rolecall } from './support.ts'

afterEach(undoAll)

const file = fileOf(threeNodes)
const plan = (...words: string[]): Promise<Outcome> => rolecall(['plan', '--config', file, ...words])

const silent = ['--fail', 'node:n1']

describe('for people', () => {
  test.each([
    ['the first start', []],
    ['a node falls silent', silent],
    ['a component fails', ['--fail', 'n1/ledger']],
    ['a node is known to have ended', ['--end', 'node:n2']],
    ['a switch-over', ['--switchover', 'ledger=n3']],
    ['why here, and why not there', ['--end', 'node:n2', '--lock', 'n1/web', '--why']],
    ['why the others have not', ['--fail', 'n2/ledger', '--why']],
    ['a lock of all that could serve', ['--lock', 'n1/web', '--lock', 'n2/web']],
    ['the quorum is lost', [...silent, '--fail', 'node:n2']],
    [
      'something is added',
      [
        '--add',
        'components/idle={type: web, nodes: [n3]}',
        '--add',
        'assignments/idle={component: idle, redundancy: none}',
      ],
    ],
    ['the survey', ['--survey']],
  ])('%s', async (_, words) => {
    const { stdout, stderr, exitCode } = await plan(...words)
    expect(stderr).toBe('')
    expect(`exit ${exitCode}\n${stdout}`).toMatchSnapshot()
  })

  test('wide clusters are lists of what changes', async () => {
    const names = Array.from({ length: 9 }, (_, place) => `n${place + 1}`)
    const nodes = names.map((name, place) => `  ${name}: { links: [10.0.0.${place + 1}:7101], eligible: ${place < 3} }`)
    const wide = fileOf(threeNodes.replace(/nodes:\n(?: {2}n.*\n)+/, `nodes:\n${nodes.join('\n')}\n`), 'wide.yaml')
    const { stdout } = await rolecall(['plan', '--config', wide, ...silent])
    expect(stdout).toMatchSnapshot()
  })

  test('colours only on a terminal, and they take no room', async () => {
    const words = ['plan', '--config', file, ...silent]
    const coloured = await rolecall(words, { env: { TERM: 'xterm' }, isTTY: true })
    expect(coloured.stdout).toContain('\x1b[')
    expect(Bun.stripANSI(coloured.stdout)).toBe((await rolecall(words)).stdout)
  })
})

describe('for programs', () => {
  test('--json is the document of the schema, and nothing else', async () => {
    const { stdout, exitCode } = await plan(...silent, '--json')
    const document = planSchema.parse(JSON.parse(stdout))
    expect(document).toMatchObject({
      version: 1,
      events: ['n1 falls silent'],
      verdict: 'whole',
      lost: [],
      moveCount: 2,
    })
    expect(document.steps.map(({ place, to }) => `${place} ${to}`)).toEqual([
      'n2/ledger primary',
      'n3/ledger secondary',
    ])
    expect(exitCode).toBe(0)
  })

  test('--survey --json has every case', async () => {
    const { stdout, exitCode } = await plan('--survey', '--json')
    expect(surveySchema.parse(JSON.parse(stdout)).cases).toHaveLength(6)
    expect(exitCode).toBe(0)
  })

  test('--dot is a digraph', async () => {
    expect((await plan(...silent, '--dot')).stdout).toStartWith('digraph "demo" {\n')
  })

  test('--schema prints JSON Schemas, without any configuration', async () => {
    for (const name of ['observed', 'plan', 'survey']) {
      const { stdout, exitCode } = await rolecall(['plan', '--schema', name])
      const schema = JSON.parse(stdout)
      expect([schema.type, schema.properties.version, exitCode]).toEqual([
        'object',
        expect.objectContaining({ const: 1 }),
        0,
      ])
    }
    expect((await rolecall(['plan', '--schema', 'plans'])).exitCode).toBe(64)
  })

  test('progress is for terminals, and on stderr', async () => {
    const { stdout, stderr } = await rolecall(['plan', '--config', file, '--survey', '--json'], { isTTY: true })
    expect(stderr).toContain('0 of 6 cases')
    expect(() => JSON.parse(stdout)).not.toThrow()
  })
})

describe('where it begins', () => {
  test('what was observed is written, read again, and planned from', async () => {
    const saved = join(temporaryFolder('plan'), 'observed.yaml')
    await plan('--end', 'node:n3', '--save-observed', saved)
    writeFileSync(saved, readFileSync(saved, 'utf8').replace('n1: alive', 'n1: ended'))
    const { stdout } = await plan('--observed', saved, '--json')
    const { steps, before } = planSchema.parse(JSON.parse(stdout))
    expect(before.nodes.map(({ name, availability }) => `${name} ${availability}`)).toEqual([
      'n1 ended',
      'n2 alive',
      'n3 alive',
    ])
    expect(steps[0]).toMatchObject({ place: 'n2/ledger', from: 'secondary', to: 'primary' })
  })

  test('a file of additions has keys or sections', async () => {
    const added = fileOf(
      'configuration/components/idle: { type: web, nodes: [n3] }\nassignments:\n  idle: { component: idle, redundancy: none }\n  web: null\ncomponents: { web: null }\n',
      'added.yaml',
    )
    const { stdout } = await plan('--add', added, '--json')
    const { after } = planSchema.parse(JSON.parse(stdout))
    expect(after.assignments.map(({ name, health }) => `${name} ${health}`)).toEqual(['idle served', 'ledger served'])
  })
})

describe('exit codes', () => {
  const saying = async (words: string[]): Promise<[number, string]> => {
    const { exitCode, stderr } = await plan(...words)
    return [exitCode, stderr]
  }

  test('113: something that is required is not served', async () => {
    expect((await plan('--lock', 'n1/web', '--lock', 'n2/web')).exitCode).toBe(113)
    const single = fileOf(threeNodes.replace('nodes: [n2, n1]', 'nodes: [n2]'), 'single.yaml')
    expect((await rolecall(['plan', '--config', single, '--survey'])).exitCode).toBe(113)
  })

  test('105: no such thing, with what was meant', async () => {
    expect(await saying(['--fail', 'node:n4'])).toEqual([105, "rolecall: no node 'n4'; did you mean 'n1'?\n"])
    expect(await saying(['--lock', 'n1/ledgr'])).toEqual([
      105,
      "rolecall: no component 'n1/ledgr'; did you mean 'n1/ledger'?\n",
    ])
    expect(await saying(['--switchover', 'web=n9'])).toEqual([105, "rolecall: no node 'n9'; did you mean 'n1'?\n"])
  })

  test('78: a wrong file, with the place', async () => {
    const observed = fileOf('version: 1\nnodes: { n4: ended }\n', 'observed.yaml')
    const [exitCode, text] = await saying(['--observed', observed])
    expect([exitCode, text]).toEqual([
      78,
      expect.stringContaining("observed.yaml:2:10: nodes.n4: no node 'n4'; did you mean 'n1'?"),
    ])
    expect(await saying(['--add', 'assignments/web={component: wep}'])).toEqual([
      78,
      expect.stringContaining(
        "configuration/assignments/web: component: expected the name of a component, found 'wep'; did you mean 'web'?",
      ),
    ])
    expect((await saying(['--observed', '/nowhere']))[0]).toBe(78)
  })

  test('the others', async () => {
    expect((await saying(['--switchover', 'ledger=n1']))[0]).toBe(1)
    expect((await saying(['--fail', 'shelf:a']))[0]).toBe(64)
    expect((await saying(['--dot', '--survey']))[0]).toBe(64)
    expect((await saying(['--add', 'assignments/web={']))[0]).toBe(65)
    expect((await saying(['--running']))[0]).toBe(69)
  })
})
