import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../../machines/model/configuration.ts'
import { openConfiguration } from '../../src/configuration/load.ts'
import { completeKey, entriesOf, validateTree } from '../../src/configuration/tree.ts'
import { fileOf } from '../../src/simulate/file.ts'
import { mapped } from '../../src/simulate/placementFile.ts'
import { rolecall } from '../cli/support.ts'
import { writeConfiguration } from '../configuration/support.ts'
import { root } from './support.ts'

const directory = join(root, 'examples/topologies')
const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'))
const textOf = (name: string) => readFileSync(join(directory, name), 'utf8')

test('the README lists every file, and no other', () => {
  const listed = [...textOf('README.md').matchAll(/^\| \[`(.+?)`\]\(\1\)/gm)].map(([, name]) => name!)
  expect(listed.sort()).toEqual([...names].sort())
})

describe.each(names)('examples/topologies/%s', (name) => {
  const { configuration, file } = openConfiguration(join(directory, name))

  test('says in a comment what comes of it', () => {
    expect(textOf(name).match(/^#.+\n#\n(#.+\n){2,}/)).not.toBeNull()
  })

  test('is the same by way of the repository', () => {
    const { problems, configuration: taken } = validateTree(
      [...entriesOf(file), { key: completeKey, value: true }],
      file,
    )
    expect(problems).toBeUndefined()
    expect(taken).toEqual(configuration)
  })

  test('is the same by way of the file of a simulation', () => {
    const simulated = fileOf(configuration)
    const { configuration: taken } = validateTree(entriesOf(simulated), simulated)
    expect(plannedBy(taken!)).toEqual(plannedBy(configuration))
  })
})

/** What the planner goes by: of the rest a simulation has its own. */
function plannedBy({ nodes, types, components, ...more }: Configuration) {
  const { assignments, relationships, groups, releases, recovery } = more
  return {
    ...{ nodes, assignments, relationships, groups, releases, recovery },
    types: mapped(types, ({ class: className, roles, serves, selfDetermining, recovery: ladder }) => {
      return { className, roles, serves, selfDetermining, ladder }
    }),
    components: mapped(components, ({ type, nodes: on, proxy }) => ({ type, on, proxy })),
  }
}

/** A slip in each of the files, and what is said about it. */
const slips: Readonly<Record<string, { from: string; to: string; found: string }>> = {
  'none.yaml': {
    from: 'redundancy: none #',
    to: 'secondaries: 1\n    redundancy: none #',
    found: 'assignments.batch.secondaries: expected no secondaries, as none has, found 1; write redundancy: 2N',
  },
  '2n.yaml': {
    from: 'nodes: [n1, n2, n3]',
    to: 'nodes: [n1]',
    found:
      'assignments.ledger.redundancy: 2N needs a component on two nodes, found one: n1; add a node to components.ledger.nodes, or write none',
  },
  'n-plus-1.yaml': {
    from: '    serves: { primaries: 1, secondaries: 3 }\n',
    to: '',
    found:
      "assignments.web1.redundancy: N+1 needs a type that is secondary for several, found 'web', which is for one; write serves: { secondaries: 8 } in types.web, or redundancy: 2N",
  },
  'n-plus-m.yaml': {
    from: 'nodes: [n1, n2, n3, n4, n5, n6]',
    to: 'nodes: [n1, n2, n3, n4]',
    found:
      'components.calls.nodes: expected at least five nodes, for four primaries at 1 a node and four secondaries at 4 a node, not on the same nodes; found four; add nodes, or raise types.calls.serves',
  },
  'n-way.yaml': {
    from: '      mixed: true # primary for some, secondary for others, at once\n',
    to: '',
    found:
      "assignments.shard1.redundancy: N-way needs a type that is primary for some while it is secondary for others, found 'store', which is one or the other; write mixed: true in types.store.serves, or redundancy: N+M",
  },
  'load-sharing.yaml': {
    from: '    exclusive: false #',
    to: '    exclusive: true #',
    found:
      "assignments.relay.redundancy: expected a type that is not exclusive, for several primaries at once, found 'relay', which is; write exclusive: false in types.relay, if two at once do no harm",
  },
  'spares-ranked.yaml': {
    from: 'n5: forbidden',
    to: 'n6: forbidden',
    found: "assignments.billing.wishes.n6: expected one of the nodes of its component, found 'n6'; did you mean 'n1'?",
  },
  'hot-warm-cold.yaml': {
    from: 'cold: { standby: cold,',
    to: 'cold: { aware: true, standby: cold,',
    found:
      "types.cold.standby: expected hot or warm, found 'cold', which an aware program cannot be: it must run to be told its role; leave it out, or write aware: false",
  },
  'dependencies.yaml': {
    from: 'sponsor: storage, mode: restart',
    to: 'sponsor: web, mode: restart',
    found:
      "relationships.database-on-storage: expected an order to start in, found a circle: 'database' needs 'web', which needs 'database'; remove one of these",
  },
  'colocation.yaml': {
    from: 'members: [web, address]',
    to: 'members: [web, adress]',
    found:
      "relationships.web-at-its-address.members[1]: expected the name of an assignment, found 'adress'; did you mean 'address'?",
  },
  'groups.yaml': {
    from: 'shop: [address, database, web]',
    to: 'shop: [address, database, web]\n  office: [web]',
    found:
      "groups.office[0]: expected an assignment that is in no other group, found 'web', which is in 'shop'; add a dependency on it instead, or make one group of both",
  },
  'anti-affinity-shelves.yaml': {
    from: 'level: node, strength: 10',
    to: 'level: shelff, strength: 10',
    found:
      "relationships.rather-not-beside.level: expected node, or a level of the nodes' containment, found 'shelff'; did you mean 'shelf'?",
  },
  'capacity-and-priority.yaml': {
    from: 'weights: { memory: 6 }',
    to: 'weights: { memory: 16 }',
    found:
      'assignments.search.weights: expected weights that one of its nodes can hold, found memory 16; n1 has memory 12, n2 has memory 12; write less, or give a node more capacity',
  },
  'containment.yaml': {
    from: 'carrier: { type: carrier, nodes: [n1, n2, n3] }',
    to: 'carrier: { type: carrier, nodes: [n1, n2] }',
    found:
      "relationships.card-in-carrier.container: expected a component on every node of 'card', found 'carrier', which is not on n3; add n3 to components.carrier.nodes",
  },
  'proxied.yaml': {
    from: 'gateway: { type: gateway, nodes: [n1, n2, n3] }',
    to: 'gateway: { type: gateway, nodes: [n1, n3] }',
    found:
      "components.line-card.proxy: expected a component on every node of 'line-card', found 'gateway', which is not on n2; add n2 to components.gateway.nodes",
  },
  'self-determining.yaml': {
    from: '    aware: true # or it could not say\n',
    to: '',
    found:
      'types.database.selfDetermining: expected aware: true with it: only a program that speaks the SDK protocol can say its role; write aware: true, or leave it out',
  },
  'release-domains.yaml': {
    from: '- [r3, r5]',
    to: '- [r3, r3]',
    found: "releases.incompatible[0]: expected two releases, found 'r3' twice",
  },
  'recovery.yaml': {
    from: '      onReset: [/usr/local/bin/session-control, reset] # exit code 0: well again\n',
    to: '',
    found:
      'types.session.recovery.byCode.probe.failed: expected a program that can be reset: aware, or with hooks.onReset; found neither; add hooks.onReset',
  },
}

test.each(names)('rolecall refuses examples/topologies/%s with a slip in it', async (name) => {
  const { from, to, found } = slips[name]!
  const text = textOf(name)
  expect(text.split(from)).toHaveLength(2)
  const file = writeConfiguration(text.replace(from, to))
  const { exitCode, stderr } = await rolecall(['status', '--config', file])
  expect([exitCode, stderr]).toEqual([78, expect.stringContaining(found)])
  expect(stderr).toContain(`${file}:`)
})
