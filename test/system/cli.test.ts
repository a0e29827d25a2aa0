/** What an operator types, against a running cluster: what is printed, as text and as JSON, and the exit codes. */
import { afterAll, beforeAll, expect } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterView, ComponentView, NodeView, Problem } from '../../machines/model/view.ts'
import { isWhole } from '../../src/demo/localCluster.ts'
import {
  binary,
  cleanUp,
  eventually,
  nodeOf,
  rolecall,
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

slow('status: in the order in which an operator asks', async () => {
  const { exitCode, stdout, stderr } = await cluster.rolecall('status')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/^Master +n\d, vice n\d\nQuorum +yes: 3 of 3 voters alive, 2 needed\nCluster +/)
  const places = ['Master', 'Quorum', 'NODE', 'ASSIGNMENT', 'COMPONENT', 'Problems'].map((word) => stdout.indexOf(word))
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places).not.toContain(-1)
  expect(stdout).toContain('Problems  none')
  expect(stdout).not.toContain('\x1b')
})

slow('status --json: the whole view', async () => {
  const { exitCode, stdout } = await cluster.rolecall('status', '--json')
  expect(exitCode).toBe(0)
  const view = JSON.parse(stdout) as ClusterView
  expect(Object.keys(view).sort()).toEqual(
    [
      'arbiter',
      'assignments',
      'cluster',
      'components',
      'epoch',
      'master',
      'node',
      'nodes',
      'problems',
      'protocol',
      'quorum',
      'vice',
    ].sort(),
  )
  expect(view).toMatchObject({
    cluster: cluster.name,
    quorum: { isQuorate: true, voterCount: 3, aliveVoterCount: 3, neededCount: 2 },
    problems: [],
  })
  expect(isWhole(view)).toBe(true)
})

slow('members: every node with its links', async () => {
  const text = await cluster.rolecall('members')
  expect(text.exitCode).toBe(0)
  expect(text.stdout.split('\n')[0]).toMatch(/^NODE +HEALTH +MASTERSHIP +VOTE +RANK +LIFE +LINKS/)
  expect(text.stdout).toContain('2 of 2 up')
  const json = await cluster.rolecall('members', '--json')
  const nodes = JSON.parse(json.stdout) as NodeView[]
  expect(nodes.map(({ name, availability }) => ({ name, availability }))).toEqual(
    cluster.nodes.map((name) => ({ name, availability: 'alive' as const })),
  )
  expect(nodes.map(({ mastership }) => mastership).sort()).toEqual(['master', 'member', 'vice'])
  expect(nodes.every(({ links }) => links.length === 2 && links.every(({ isUp }) => isUp))).toBe(true)
})

slow('where: the endpoint, and nothing else', async () => {
  const text = await cluster.rolecall('where', 'ledger')
  expect(text).toMatchObject({ exitCode: 0, stderr: '' })
  expect(text.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
  const json = await cluster.rolecall('where', 'ledger', '--json')
  expect(JSON.parse(json.stdout)).toEqual({
    assignment: 'ledger',
    primary: await cluster.primaryOf('ledger'),
    endpoint: text.stdout.trim(),
  })
})

slow('every node gives the same answer about the roles', async () => {
  const views = await Promise.all(cluster.nodes.map((name) => cluster.rolecall('status', '--json', '--name', name)))
  const parsed = views.map(({ stdout }) => JSON.parse(stdout) as ClusterView)
  expect(parsed.map(({ node }) => node)).toEqual([...cluster.nodes])
  for (const { assignments, master, epoch } of parsed)
    expect({ assignments, master, epoch }).toEqual({
      assignments: parsed[0]!.assignments,
      master: parsed[0]!.master,
      epoch: parsed[0]!.epoch,
    })
})

slow('problems: 0 without any; lock is one, and unlock mends it; what is done is said', async () => {
  expect(await cluster.rolecall('problems')).toEqual({ exitCode: 0, stdout: 'nothing is wrong\n', stderr: '' })
  const { secondary } = await cluster.placesOf('ledger')
  const component = `${secondary}/ledger`
  const locked = await cluster.rolecall('lock', component)
  expect(locked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(component) })
  await cluster.until('it is locked', (view) => view.components.some((each) => each.isLocked))
  const problems = await cluster.rolecall('problems')
  expect(problems.exitCode).toBe(1)
  expect(problems.stdout).toContain(`next: rolecall unlock ${component}`)
  const json = await cluster.rolecall('problems', '--json')
  expect(json.exitCode).toBe(1)
  const found = (JSON.parse(json.stdout) as Problem[]).find(({ code }) => code === 'component.locked')
  expect(found).toMatchObject({ severity: 'warning', subject: component, next: `rolecall unlock ${component}` })
  const unlocked = await cluster.rolecall('unlock', component, '--json')
  expect(JSON.parse(unlocked.stdout)).toMatchObject({ ok: true })
  await cluster.until('it is whole again', isWhole)
})

slow('switchover: to the standby, or to the node that is named', async () => {
  const { primary, secondary, other } = await cluster.placesOf('ledger')
  expect(await cluster.rolecall('switchover', 'ledger')).toMatchObject({ exitCode: 0, stderr: '' })
  expect(nodeOf(await cluster.primaryOf('ledger'))).toBe(secondary)
  await cluster.until('whole', isWhole)
  for (const node of [other, primary]) {
    expect(await cluster.rolecall('switchover', 'ledger', '--to', node)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(nodeOf(await cluster.primaryOf('ledger'))).toBe(node)
    await cluster.until('whole', isWhole)
  }
})

slow('status --watch --json: a line now, and one at each change', async () => {
  const child = Bun.spawn([binary, 'status', '--watch', '--json', '--config', cluster.configurationFile], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: testTimeoutMs,
    killSignal: 'SIGKILL',
  })
  const lines: ClusterView[] = []
  const reading = (async () => {
    const decoder = new TextDecoder()
    let text = ''
    for await (const piece of child.stdout) {
      const parts = (text + decoder.decode(piece, { stream: true })).split('\n')
      text = parts.pop()!
      lines.push(...parts.map((line) => JSON.parse(line)))
    }
  })()
  try {
    await eventually('the first line', () => lines.length > 0)
    const [first] = lines
    const component = first!.assignments[0]!.secondaries[0]!
    const isLocked = ({ components }: ClusterView) =>
      components.some((each: ComponentView) => each.component === component && each.isLocked)
    expect(isLocked(first!)).toBe(false)
    expect((await cluster.rolecall('lock', component)).exitCode).toBe(0)
    await eventually('a line with the lock', () => isLocked(lines.at(-1)!))
    expect((await cluster.rolecall('unlock', component)).exitCode).toBe(0)
    await eventually('a line without it', () => isWhole(lines.at(-1)!))
    const texts = lines.map((line) => JSON.stringify(line))
    expect(texts.filter((text, index) => text === texts[index - 1])).toEqual([])
  } finally {
    child.kill('SIGINT')
    await child.exited
    await reading
  }
})

slow('105: no such assignment, component or node, with what was probably meant', async () => {
  const commands = [
    { words: ['where', 'legder'], meant: 'ledger' },
    { words: ['switchover', 'ledgr'], meant: 'ledger' },
    { words: ['switchover', 'ledger', '--to', 'n11'], meant: 'n1' },
    { words: ['lock', 'n1/ledgre'], meant: 'n1/ledger' },
    { words: ['unlock', 'n2/legder'], meant: 'n2/ledger' },
    { words: ['status', '--name', 'n33'], meant: 'n3' },
  ]
  for (const { words, meant } of commands) {
    const { exitCode, stdout, stderr } = await cluster.rolecall(...words)
    expect({ words, exitCode, stdout }).toEqual({ words, exitCode: 105, stdout: '' })
    expect(stderr).toContain(meant)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  }
})

slow('64: a wrong command line', async () => {
  for (const words of [
    ['stauts'],
    ['status', '--jsn'],
    ['where'],
    ['switchover', 'a', 'b'],
    ['node', '--log-level', 'loud'],
  ]) {
    const { exitCode, stdout, stderr } = await rolecall(words)
    expect({ words, exitCode, stdout }).toEqual({ words, exitCode: 64, stdout: '' })
    expect(stderr).not.toBe('')
  }
})

slow('78: a wrong configuration, with its places and what was probably meant', async () => {
  const file = join(temporaryDirectory(), 'rolecall.yaml')
  writeFileSync(
    file,
    `cluster: wrong
nodes:
  n1: { links: ["127.0.0.1:7101"] }
  n2: { lnks: ["127.0.0.1:7102"] }
typos: {}
`,
  )
  for (const words of [['node', '--name', 'n1'], ['status']]) {
    const { exitCode, stdout, stderr } = await rolecall([...words, '--config', file])
    expect({ words, exitCode, stdout }).toEqual({ words, exitCode: 78, stdout: '' })
    expect(stderr).toContain(`${file}:4:9:`)
    expect(stderr).toContain(`${file}:5:1:`)
    expect(stderr).toContain('links')
    expect(stderr).toContain('types')
  }
  const unknown = await cluster.rolecall('node', '--name', 'n4')
  expect(unknown.exitCode).toBe(78)
  expect(unknown.stderr).toContain("expected a node named 'n4'")
})

slow('69: nobody answers, or the node runs already', async () => {
  const nobody = await rolecall(['status', '--socket', join(temporaryDirectory(), 'control.sock')])
  expect(nobody).toMatchObject({ exitCode: 69, stdout: '' })
  const again = await cluster.rolecall('node', '--name', 'n1')
  expect(again.exitCode).toBe(69)
  expect(again.stderr).toContain('runs already')
  expect(isWhole((await cluster.view())!)).toBe(true)
})

slow('106: two of three nodes are gone; status says so, and what to do', async () => {
  const [survivor, ...others] = cluster.nodes
  for (const node of others) cluster.killNode(node)
  await cluster.until('there is no quorum', ({ quorum }) => !quorum.isQuorate, { of: [survivor!] })
  const status = await cluster.rolecall('status')
  expect(status.exitCode).toBe(106)
  expect(status.stdout).toContain('Quorum    no: 1 of 3 voters alive, 2 needed')
  expect(status.stdout).toMatch(/Next +rolecall node --name n2/)
  expect((await cluster.rolecall('where', 'ledger')).exitCode).toBe(106)
  expect((await cluster.rolecall('switchover', 'ledger')).exitCode).toBe(106)
  const problems = await cluster.rolecall('problems', '--json')
  expect((JSON.parse(problems.stdout) as Problem[])[0]).toMatchObject({ severity: 'critical', code: 'quorum.lost' })
  await cluster.until('it has stopped its own', ({ components }) =>
    components.filter(({ component }) => nodeOf(component) === survivor).every(({ role }) => role !== 'primary'),
  )
  for (const node of others) cluster.start(node)
  await cluster.until('it is whole again', isWhole)
})
