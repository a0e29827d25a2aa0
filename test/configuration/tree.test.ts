import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { diff } from '../../src/configuration/diff.ts'
import {
  type ConfigurationEntry,
  changedBy,
  completeKey,
  differingKeys,
  entriesOf,
  type FileConfiguration,
  rawOf,
  validateChange,
  validateTree,
} from '../../src/configuration/tree.ts'

const node = (port: number, more = {}) => ({ links: [`127.0.0.1:${port}`], ...more })

const raw = {
  cluster: 'demo',
  secret: 'not for the repository',
  stateDirectory: './state',
  runtimeDirectory: './run',
  timing: { nodeLease: '1s' },
  nodes: { n2: node(7103), n1: node(7101), n3: node(7105) },
  types: { ledger: { aware: true, command: ['./ledger'], stop: { timeout: '2s' } } },
  components: { ledger: { type: 'ledger', nodes: ['n1', 'n2', 'n3'] } },
  assignments: { ledger: { component: 'ledger', redundancy: '2N' } },
}

function fileOf(content: Record<string, unknown> = raw): FileConfiguration {
  const nodeOrder = Object.keys((content.nodes as object) ?? {})
  return { raw: content, nodeOrder, directory: '/etc/rolecall', secret: 'not for the repository' }
}

const complete: ConfigurationEntry[] = [...entriesOf(fileOf()), { key: completeKey, value: true }]

const keysOf = (problems: readonly { key: string }[]) => problems.map(({ key }) => key)

describe('a file as entries', () => {
  test("one key a name; what is a node's own stays in its file", () => {
    expect(keysOf(entriesOf(fileOf()))).toEqual([
      'configuration/assignments/ledger',
      'configuration/cluster',
      'configuration/components/ledger',
      'configuration/nodes/n1',
      'configuration/nodes/n2',
      'configuration/nodes/n3',
      'configuration/timing/nodeLease',
      'configuration/types/ledger',
    ])
    expect(JSON.stringify(entriesOf(fileOf()))).not.toContain('not for the repository')
  })

  test('what they give is what the file gives, ranks by place included', () => {
    const { configuration } = validateTree(complete, fileOf())
    const ranks = Object.entries(configuration!.nodes).map(([name, { rank }]) => `${name} ${rank}`)
    expect(ranks).toEqual(['n1 2', 'n2 1', 'n3 3'])
    expect(configuration!.timing.nodeLeaseMs).toBe(1000)
    expect(configuration!.secret).toBe('not for the repository')
    expect(configuration!.types.ledger!.command).toEqual(['/etc/rolecall/ledger'])
    expect(configuration!.stateDirectory).toBe('/etc/rolecall/state')
  })

  test('a node without a rank comes after those that have one', () => {
    const changed = changedBy(complete, [{ key: 'configuration/nodes/n0', value: node(7099) }])
    expect(validateTree(changed, fileOf()).configuration!.nodes.n0!.rank).toBe(4)
  })

  test('there and back: any sections come back as they were', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,6}$/)
    const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => value !== null)
    const section = fc.oneof(fc.dictionary(name, json, { minKeys: 1, maxKeys: 5 }), fc.string(), fc.nat())
    const sections = fc
      .dictionary(name, section, { maxKeys: 6 })
      .filter((of) => !['nodes', 'complete', 'control', 'logging', 'recorder', 'secret'].some((key) => key in of))
    fc.assert(
      fc.property(sections, (content) => {
        const plain = JSON.parse(JSON.stringify(content)) as Record<string, unknown>
        expect(rawOf(entriesOf({ raw: plain, nodeOrder: [] }))).toEqual(plain)
      }),
    )
  })

  test('keys that differ', () => {
    const other = fileOf({ ...raw, timing: { nodeLease: '2s' }, assignments: {} })
    expect(differingKeys(entriesOf(other), complete)).toEqual([
      'configuration/assignments/ledger',
      'configuration/timing/nodeLease',
    ])
    expect(differingKeys(entriesOf(fileOf()), complete)).toEqual([])
  })
})

describe('a change is judged as a whole', () => {
  const problems = (changes: ConfigurationEntry[]) =>
    validateChange(complete, changes, fileOf()).map(
      ({ key, message, suggestion }) => `${key}: ${message}${suggestion ? `; ${suggestion}` : ''}`,
    )
  const set = (key: string, value: unknown): ConfigurationEntry => ({ key: `configuration/${key}`, value })

  test('taken: a component with its assignment, a node, a timing', () => {
    const component = set('components/desk', { type: 'ledger', nodes: ['n1', 'n4'] })
    expect(problems([component, set('assignments/desk', { component: 'desk' }), set('nodes/n4', node(7107))])).toEqual(
      [],
    )
    expect(problems([set('timing/electionTimeout', '150ms')])).toEqual([])
    expect(problems([set('assignments/ledger', null), set('components/ledger', null)])).toEqual([])
  })

  test('refused with the key, the place in it, and what was probably meant', () => {
    expect(problems([set('types/ledger', { comand: ['./ledger'] })])).toEqual([
      'configuration/types/ledger: command: missing; expected a list: a program and its arguments',
      "configuration/types/ledger: comand: unknown key 'comand'; did you mean 'command'?",
    ])
    expect(problems([set('nodes/n3', null)])).toEqual([
      "configuration/components/ledger: nodes[2]: expected the name of a node, found 'n3'; did you mean 'n1'?",
    ])
    expect(problems([set('timing/nodeLease', '100ms')])).toEqual([
      'configuration/timing/nodeLease: expected at least 230ms (max(suspectAfter + confirmAfter, leaderLease) + electionTimeout), found 100ms: a change of master must fit in, or it stops every primary of the cluster; write nodeLease: 230ms',
    ])
    expect(problems([set('typs/desk', {})])[0]).toBe("configuration/typs: unknown key 'typs'; did you mean 'types'?")
    expect(problems([set('types/ledger/command', ['x'])])).toEqual([
      'configuration/types/ledger/command: expected configuration/<section>/<name>; set configuration/types/ledger as a whole',
    ])
    expect(problems([set('recorder/segmentCount', 4)])).toEqual([
      "configuration/recorder/segmentCount: this is each node's own matter; set it in the node's own file",
    ])
  })

  test('refused for what it comes from', () => {
    expect(problems([set('nodes/n1', node(7999))])[0]).toStartWith('configuration/nodes/n1: links: the addresses')
    expect(problems([set('types/ledger', { aware: true, exclusive: false, command: ['./ledger'] })])[0]).toStartWith(
      'configuration/types/ledger: exclusive: expected true',
    )
    expect(problems([set('cluster', 'other')])[0]).toStartWith('configuration/cluster: the name of a cluster never')
    expect(problems([{ key: completeKey, value: null }])[0]).toStartWith('configuration/complete: kept by')
  })

  test('timings of leases change, but not with an arbiter, which would not hear of it', () => {
    const arbiter = [set('arbiter/name', 'third'), set('arbiter/links', ['127.0.0.1:7199'])]
    expect(problems([set('timing/selfStop', '1s')])).toEqual([])
    const withArbiter = changedBy(complete, arbiter)
    const found = (entries: ConfigurationEntry[], changes: ConfigurationEntry[], isSettled = true) =>
      keysOf(validateChange(entries, changes, fileOf(), { isSettled }))
    expect(found(withArbiter, [set('timing/selfStop', '1s')])).toEqual(['configuration/timing'])
    expect(found(withArbiter, [set('timing/electionTimeout', '150ms')])).toEqual([])
    expect(found(complete, arbiter, false)).toEqual(['configuration/arbiter'])
    expect(found(complete, arbiter, true)).toEqual([])
  })

  test('refused: an entry that the repository would not keep', () => {
    const environment = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`A${index}`, 'x'.repeat(3000)]))
    const large = { ...raw.types.ledger, environment }
    expect(problems([set('types/ledger', large)])[0]).toStartWith(
      'configuration/types/ledger: expected at most 24576 bytes',
    )
  })

  test('an arbiter is no node, and has its own addresses on every link', () => {
    expect(problems([set('arbiter/name', 'n1'), set('arbiter/links', ['127.0.0.1:7105'])])).toEqual([
      "configuration/arbiter/name: expected a name that no node has, found 'n1'; write n1-arbiter",
      'configuration/arbiter/links: [0]: expected an address of its own, found 127.0.0.1:7105, which n3 has already',
    ])
    expect(problems([set('arbiter/name', 'third'), set('arbiter/links', ['127.0.0.1:7199'])])).toEqual([])
    const nobody = ['n1', 'n2', 'n3'].map((name, index) =>
      set(`nodes/${name}`, node(7101 + 2 * index, { eligible: false })),
    )
    expect(problems(nobody)[0]).toStartWith('configuration/nodes: expected at least one node that is eligible')
  })

  test('nothing is taken before the configuration is complete', () => {
    const found = validateChange(entriesOf(fileOf()), [set('timing/selfStop', '1s')], fileOf())
    expect(keysOf(found)).toEqual(['configuration'])
  })

  test('what was taken is always a whole configuration (property)', () => {
    const change = fc.constantFrom(
      set('nodes/n3', null),
      set('nodes/n4', node(7107)),
      set('components/ledger', { type: 'ledger', nodes: ['n1', 'n2'] }),
      set('components/ledger', null),
      set('components/desk', { type: 'ledger', nodes: ['n1', 'n4'] }),
      set('assignments/ledger', null),
      set('assignments/ledger', { component: 'ledger', redundancy: 'none' }),
      set('assignments/desk', { component: 'desk' }),
      set('timing/nodeLease', '100ms'),
      set('timing/selfStop', '1s'),
      set('types/ledger', null),
    )
    fc.assert(
      fc.property(fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), (steps) => {
        let entries = complete
        for (const changes of steps) {
          if (validateChange(entries, changes, fileOf()).length === 0) entries = changedBy(entries, changes)
          expect(validateTree(entries, fileOf()).problems).toBeUndefined()
        }
      }),
      { numRuns: 60 },
    )
  })
})

test('a difference as data', () => {
  const before = validateTree(complete, fileOf()).configuration!
  const changed = changedBy(complete, [
    { key: 'configuration/nodes/n4', value: node(7107) },
    { key: 'configuration/assignments/ledger', value: null },
    { key: 'configuration/components/ledger', value: { type: 'ledger', nodes: ['n1', 'n2', 'n4'] } },
    { key: 'configuration/timing/selfStop', value: '1s' },
  ])
  const after = validateTree(changed, fileOf()).configuration!
  const none = { added: [], removed: [], changed: [] }
  expect(diff(before, after)).toEqual({
    nodes: { ...none, added: ['n4'] },
    types: none,
    components: { ...none, changed: ['ledger'] },
    assignments: { ...none, removed: ['ledger'] },
    relationships: none,
    groups: none,
    timing: ['selfStopMs'],
    isArbiterChanged: false,
    areReleasesChanged: false,
    isRecoveryChanged: false,
  })
})
