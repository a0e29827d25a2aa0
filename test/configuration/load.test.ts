import { expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { ConfigurationError, loadConfiguration } from '../../src/configuration/load.ts'
import { linesOf, problemsIn, smallest, writeConfiguration } from './support.ts'

const ledger = `${smallest}types:
  ledger:
    aware: true
    command: [./bin/ledger, --quiet]
    environment: { MODE: fast }
    start: { timeout: 20s }
    stop: { signal: SIGINT, timeout: 1.5s }
    probe: { http: "http://127.0.0.1:8101/health", failures: 5 }
    hooks: { onPrimary: [announce] }
    recovery: { restarts: 1, window: 5m }
  cron: { command: [cron], probe: { tcp: "[::1]:25" } }
components:
  ledger:
    type: ledger
    nodes: [n2, n1]
    instances: { n2: { environment: { PORT: "8102" }, endpoint: "http://127.0.0.1:8102" } }
  cron: { type: cron, nodes: [n3] }
assignments:
  ledger: { component: ledger }
  cron: { component: cron, redundancy: none }
`

const manyNodes = (count: number, more: (n: number) => string) =>
  Array.from(
    { length: count },
    (_, place) => `  n${place + 1}: { links: [127.0.0.1:${2 * place + 1}]${more(place + 1)} }\n`,
  ).join('')

test('a configuration comes out with every default, path and unit filled in', () => {
  const file = writeConfiguration(ledger)
  const configuration = loadConfiguration(file)
  expect(configuration.types.ledger).toEqual({
    agent: 'process',
    aware: true,
    standby: 'hot',
    exclusive: true,
    command: [join(dirname(file), 'bin/ledger'), '--quiet'],
    workingDirectory: dirname(file),
    environment: { MODE: 'fast' },
    startTimeoutMs: 20_000,
    stopSignal: 'SIGINT',
    stopTimeoutMs: 1500,
    roleTimeoutMs: 5000,
    probe: { kind: 'http', url: 'http://127.0.0.1:8101/health', intervalMs: 1000, timeoutMs: 500, failuresMax: 5 },
    hooks: { onPrimary: ['announce'] },
    recovery: { restartLimit: 1, restartWindowMs: 300_000 },
  })
  expect(configuration.types.cron).toMatchObject({
    standby: 'cold',
    command: ['cron'],
    probe: { kind: 'tcp', host: '::1', port: 25 },
  })
  expect(configuration.components.ledger).toEqual({
    type: 'ledger',
    nodes: ['n2', 'n1'],
    instances: { n2: { environment: { PORT: '8102' }, endpoint: 'http://127.0.0.1:8102' } },
  })
  expect(configuration.assignments).toEqual({
    ledger: { component: 'ledger', redundancy: '2N' },
    cron: { component: 'cron', redundancy: 'none' },
  })
  expect(configuration).toMatchObject({
    cluster: 'demo',
    secret: null,
    stateDirectory: '/var/lib/rolecall',
    runtimeDirectory: '/run/rolecall',
    recorder: { segmentSizeBytes: 16 * 1024 ** 2, segmentCountMax: 16 },
  })
})

test('the timings have the documented defaults', () => {
  expect(loadConfiguration(writeConfiguration(smallest)).timing).toEqual({
    heartbeatIntervalMs: 20,
    suspectAfterMs: 100,
    confirmAfterMs: 20,
    leaderLeaseMs: 130,
    nodeLeaseMs: 400,
    selfStopMs: 500,
    takeOverMarginMs: 250,
    electionTimeoutMs: 100,
    endedGraceMs: 5,
    hungAfterMs: 1500,
    surveyTimeoutMs: 300,
  })
})

test('ranks follow the order of the file, also where JavaScript would sort the names', () => {
  const nodes = loadConfiguration(
    writeConfiguration(
      'cluster: demo\nnodes:\n  10: { links: [127.0.0.1:1] }\n  9: { links: [127.0.0.1:3], rank: 7 }\n  a: { links: [127.0.0.1:5] }\n',
    ),
  ).nodes
  expect(Object.fromEntries(Object.entries(nodes).map(([name, { rank }]) => [name, rank]))).toEqual({
    '10': 1,
    '9': 7,
    a: 3,
  })
})

test('relative paths start at the folder of the file', () => {
  const file = writeConfiguration(`${smallest}stateDirectory: state\nruntimeDirectory: ../run\n`)
  const { stateDirectory, runtimeDirectory } = loadConfiguration(file)
  expect(stateDirectory).toBe(join(dirname(file), 'state'))
  expect(runtimeDirectory).toBe(join(dirname(file), '..', 'run'))
})

test('a secret file is read, and left alone by those who do not need it', () => {
  const file = writeConfiguration(`${smallest}secretFile: key\n`, { key: 'correct horse battery\n' })
  expect(loadConfiguration(file).secret).toBe('correct horse battery')
  expect(loadConfiguration(file, { isSecretNeeded: false }).secret).toBeNull()
  const missing = writeConfiguration(`${smallest}secretFile: key\n`)
  expect(() => loadConfiguration(missing)).toThrow(/secretFile: expected a file that can be read/)
  expect(loadConfiguration(missing, { isSecretNeeded: false }).secret).toBeNull()
})

test('a secret never gets into a message', () => {
  const [problem] = problemsIn(`${smallest}secret: abc123\n`)
  expect(problem).toMatchObject({
    path: 'secret',
    message: 'expected text of at least 8 characters, found 6 characters',
    excerpt: '',
  })
})

test('every problem is found at once, in the order of the file, whatever else is wrong', () => {
  const problems = problemsIn(`cluster: Demo
timing: { hartbeatInterval: 20ms, suspectAfter: 10ms, leaderLease: 5x }
nodes:
  n1: { links: [127.0.0.1:7101, 127.0.0.2:7101] }
  n1: { links: [127.0.0.1:7102] }
  N_2: { links: [localhost:7102], rank: high }
types:
  ledger:
    aware: yes
    standby: hott
    command: ./ledger --port 1
    stop: { signal: TERM, timeout: 5 s }
    hooks: { onPrimry: [a] }
    environment: { PORT: 8101, ROLECALL_X: "1" }
components:
  ledger: { type: leger, nodes: [n1, n2, n1], instances: { n3: {} } }
asignments: {}
assignments:
  ledger: { component: ledgr, redundancy: 3N }
`)
  expect(linesOf(problems)).toMatchSnapshot()
})

const cases: Record<string, { text: string; found: string[] }> = {
  'an empty file': { text: '', found: ['1:1 : expected a mapping, found nothing'] },
  'a list': { text: '- n1\n', found: ['1:1 : expected a mapping, found a list'] },
  'a tab': { text: 'cluster: demo\nnodes:\n\tn1: {}\n', found: ['3:1 : a tab as indentation; indent with spaces'] },
  'a second document': { text: `${smallest}---\na: 1\n`, found: ["6:1 : a second document begins; remove the '---'"] },
  'an open quote': { text: 'cluster: "demo\n', found: ['2:1 : Missing closing "quote'] },
  'an alias of nothing': {
    text: 'cluster: *demo\n',
    found: ['1:1 : Unresolved alias (the anchor must be set before the alias): demo'],
  },
  'a tag': { text: `${smallest}secret: !vault abcdefghij\n`, found: ['6:9 : Unresolved tag: !vault'] },
  'no nodes': {
    text: 'cluster: demo\nnodes: {}\n',
    found: ['2:8 nodes: expected at least one node, found an empty mapping'],
  },
  'a missing key': {
    text: 'nodes: { n1: { links: [127.0.0.1:1] } }\n',
    found: ['1:1 cluster: missing; expected the name of the cluster'],
  },
  'a missing command': {
    text: `${smallest}types:\n  a: { aware: true }\n`,
    found: ['7:3 types.a.command: missing; expected a list: a program and its arguments'],
  },
  'an empty command': {
    text: `${smallest}types:\n  a: { command: [] }\n`,
    found: ['7:17 types.a.command: expected a list: a program and its arguments, found an empty list'],
  },
  'an empty hook': {
    text: `${smallest}types:\n  a: { command: [a], hooks: { onPeers: [] } }\n`,
    found: ['7:40 types.a.hooks.onPeers: expected a list: a program and its arguments, found an empty list'],
  },
  'too many nodes': {
    text: `cluster: demo\nnodes:\n${manyNodes(65, (n) => (n > 7 ? ', eligible: false' : ''))}`,
    found: ['67:3 nodes.n65: expected at most 64 nodes, found 65'],
  },
  'too many voters': {
    text: `cluster: demo\nnodes:\n${manyNodes(9, (n) => (n === 2 ? ', eligible: false' : ''))}`,
    found: ['11:3 nodes.n9: expected at most 7 nodes that are eligible, found 8; write eligible: false'],
  },
  'another number of links': {
    text: 'cluster: demo\nnodes:\n  a: { links: [127.0.0.1:1, 127.0.0.2:1] }\n  b: { links: [127.0.0.1:3] }\n',
    found: ['4:15 nodes.b.links: expected 2 links, as a has, found 1; every node has one address on each link'],
  },
  'an address twice': {
    text: 'cluster: demo\nnodes:\n  a: { links: [127.0.0.1:1] }\n  b: { links: [127.0.0.1:1] }\n',
    found: ['4:16 nodes.b.links[0]: expected an address of its own, found 127.0.0.1:1, which a has already'],
  },
  'heartbeats that need the port of another link': {
    text: 'cluster: demo\nnodes:\n  a: { links: [127.0.0.1:2] }\n  b: { links: [127.0.0.1:1] }\n',
    found: [
      '4:16 nodes.b.links[0]: expected an address of its own, found 127.0.0.1:1, whose heartbeats need port 2, which a has already',
    ],
  },
  'an address that is none': {
    text: 'cluster: demo\nnodes:\n  a: { links: [0.0.0.0:1, n1.example:2, 127.0.0.1:99999] }\n',
    found: [
      "3:16 nodes.a.links[0]: expected an IP address and a port such as 10.0.0.1:7101 or [fd00::1]:7101, found '0.0.0.0:1'",
      "3:27 nodes.a.links[1]: expected an IP address and a port such as 10.0.0.1:7101 or [fd00::1]:7101, found 'n1.example:2'",
      "3:41 nodes.a.links[2]: expected an IP address and a port such as 10.0.0.1:7101 or [fd00::1]:7101, found '127.0.0.1:99999'",
    ],
  },
  'timings that do not fit': {
    text: `${smallest}timing:\n  heartbeatInterval: 50ms\n`,
    found: [
      '6:1 timing.suspectAfter: expected at least 150ms (3 × heartbeatInterval), found 100ms: two heartbeats may be lost on the way before a peer is suspected; write suspectAfter: 150ms',
    ],
  },
  'a node lease shorter than a change of master': {
    text: `${smallest}timing: { nodeLease: 200 }\n`,
    found: [
      '6:22 timing.nodeLease: expected at least 230ms (max(suspectAfter + confirmAfter, leaderLease) + electionTimeout), found 200ms: a change of master must fit in, or it stops every primary of the cluster; write nodeLease: 230ms',
    ],
  },
  'two secrets': {
    text: `${smallest}secret: "12345678"\nsecretFile: key\n`,
    found: [
      '7:1 secretFile: expected one of secret and secretFile, found both; keep secretFile',
      "7:13 secretFile: expected a file that can be read: ENOENT: no such file or directory, stat 'KEY'",
    ],
  },
  'an aware cold standby': {
    text: `${smallest}types:\n  a: { aware: true, standby: cold, command: [a] }\n`,
    found: [
      "7:30 types.a.standby: expected hot or warm, found 'cold', which an aware program cannot be: it must run to be told its role; leave it out, or write aware: false",
    ],
  },
  'a running secondary that nobody can promote': {
    text: `${smallest}types:\n  a: { standby: warm, command: [a] }\n`,
    found: [
      "7:17 types.a.standby: 'warm' without a way to tell a running secondary that it is primary; add hooks.onPrimary, or aware: true if it speaks the SDK protocol",
    ],
  },
  'a probe of two kinds': {
    text: `${smallest}types:\n  a: { command: [a], probe: { exec: [b], tcp: "h:1" } }\n`,
    found: ['7:22 types.a.probe: expected exactly one of exec, http and tcp, found exec and tcp'],
  },
  'a component for two assignments': {
    text: `${smallest}types: { t: { command: [a] } }\ncomponents: { c: { type: t, nodes: [n1, n2] } }\nassignments:\n  a: { component: c }\n  b: { component: c }\n`,
    found: [
      "10:19 assignments.b.component: expected a component of its own, found 'c', which serves 'a' already; add serves to types.t, if one of its programs can serve several",
    ],
  },
  'redundancy on one node': {
    text: `${smallest}types: { t: { command: [a] } }\ncomponents: { c: { type: t, nodes: [n1] } }\nassignments: { a: { component: c, redundancy: 2N } }\n`,
    found: [
      '8:47 assignments.a.redundancy: 2N needs a component on two nodes, found one: n1; add a node to components.c.nodes, or write none',
    ],
  },
  'names that objects have by themselves': {
    text: `${smallest}types: {}\ncomponents: { c: { type: constructor, nodes: [valueof, constructor] } }\n`,
    found: [
      "7:26 components.c.type: expected the name of a type, found 'constructor'",
      "7:47 components.c.nodes[0]: expected the name of a node, found 'valueof'; there is n1, n2, n3",
      "7:56 components.c.nodes[1]: expected the name of a node, found 'constructor'; there is n1, n2, n3",
    ],
  },
  'a path too long for sockets': {
    text: `${smallest}runtimeDirectory: /${'r'.repeat(90)}\n`,
    found: [
      '6:19 runtimeDirectory: expected a path short enough for Unix sockets: with the name of a node, 83 bytes; found 94; a shorter path, such as /run/rolecall',
    ],
  },
}

for (const [name, { text, found }] of Object.entries(cases)) {
  test(`refused: ${name}`, () => {
    expect(linesOf(problemsIn(text)).map((line) => line.replace(/stat '.*key'/, "stat 'KEY'"))).toEqual(found)
  })
}

test('a file that is not there, and one that is far too long', () => {
  expect(() => loadConfiguration('/nonexistent/rolecall.yaml')).toThrow(
    '/nonexistent/rolecall.yaml: no such file; name the file with --config FILE or ROLECALL_CONFIG',
  )
  expect(() => loadConfiguration(writeConfiguration('#'.repeat(2 ** 20 + 1)))).toThrow(
    /expected at most 1048576 bytes, found 1048577/,
  )
})

test('refused: an entry that the repository would not keep', () => {
  const lines = Array.from({ length: 9 }, (_, index) => `      A${index}: ${'x'.repeat(3000)}`)
  const found = problemsIn(
    `${smallest}types:\n  ledger:\n    command: [ledger]\n    environment:\n${lines.join('\n')}\n`,
  )
  expect(found.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    expect.stringMatching(/^types\.ledger: expected at most 24576 bytes, as the repository keeps it, found 27\d\d\d$/),
  ])
})

test('a file made to break parsers is refused like any other', () => {
  expect(problemsIn('['.repeat(100_000)).length).toBeGreaterThan(0)
  const bomb = Array.from(
    { length: 12 },
    (_, n) =>
      `a${n}: &a${n} [${
        n === 0
          ? 'x'
          : Array(9)
              .fill(`*a${n - 1}`)
              .join(', ')
      }]`,
  )
  expect(linesOf(problemsIn(bomb.join('\n')))).toEqual([
    '1:1 : Excessive alias count indicates a resource exhaustion attack',
  ])
})

test('the message shows place, line and caret', () => {
  const file = writeConfiguration(`${smallest}timing:\n  hartbeatInterval: 20ms\n`)
  const error = (() => {
    try {
      return loadConfiguration(file)
    } catch (caught) {
      return caught as ConfigurationError
    }
  })()
  expect(error).toBeInstanceOf(ConfigurationError)
  expect((error as ConfigurationError).message).toBe(
    `${file}:7:3: timing.hartbeatInterval: unknown key 'hartbeatInterval'; did you mean 'heartbeatInterval'?
    7 |   hartbeatInterval: 20ms
      |   ^`,
  )
})
