import { describe, expect, test } from 'bun:test'
import { stringify } from 'yaml'
import { problemsIn } from './support.ts'

type Entry = Record<string, unknown>
type Sections = Record<string, Entry>

/** Nothing is wrong with it; each case changes one thing. */
const sound: Sections = {
  nodes: {
    n1: place(1, { site: 'east', shelf: 'east-a' }),
    n2: place(2, { site: 'east', shelf: 'east-b' }),
    n3: place(3, { site: 'west', shelf: 'west-a' }),
    n4: place(4, { site: 'west', shelf: 'west-b' }),
  },
  types: {
    plain: { command: ['plain'] },
    aware: { command: ['aware'], aware: true },
    free: { command: ['free'], exclusive: false },
    pool: { command: ['pool'], aware: true, serves: { primaries: 2, secondaries: 4 } },
    mixed: { command: ['mixed'], aware: true, serves: { primaries: 4, secondaries: 4, mixed: true } },
  },
  components: {
    desk: { type: 'aware', nodes: ['n1', 'n2', 'n3'] },
    shop: { type: 'plain', nodes: ['n1', 'n2'] },
    farm: { type: 'plain', nodes: ['n3', 'n4'] },
    relay: { type: 'free', nodes: ['n1', 'n2', 'n3'] },
    pool: { type: 'pool', nodes: ['n1', 'n2', 'n3', 'n4'] },
    ring: { type: 'mixed', nodes: ['n1', 'n2', 'n3', 'n4'] },
  },
  assignments: {
    desk: { component: 'desk' },
    shop: { component: 'shop' },
    farm: { component: 'farm' },
    relay: { component: 'relay', redundancy: 'load-sharing' },
    pool1: { component: 'pool', redundancy: 'N+M' },
    pool2: { component: 'pool', redundancy: 'N+1' },
    ring1: { component: 'ring', redundancy: 'N-way' },
    ring2: { component: 'ring', redundancy: 'N-way' },
  },
}

function place(number: number, containment: Entry): Entry {
  return { links: [`127.0.0.1:${7100 + 10 * number}`], capacity: { memory: 8, cpu: 2 }, containment }
}

/** Sections with keys added to entries, or entries added to sections; undefined takes one out. */
function changed(change: Sections): string {
  const result: Record<string, unknown> = { cluster: 'demo' }
  for (const section of new Set([...Object.keys(sound), ...Object.keys(change)])) {
    const entries: Record<string, unknown> = { ...sound[section] }
    for (const [name, value] of Object.entries(change[section] ?? {}))
      entries[name] = isMapping(value) && isMapping(entries[name]) ? { ...entries[name], ...value } : value
    result[section] = entries
  }
  return stringify(JSON.parse(JSON.stringify(result)))
}

function isMapping(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function found(change: Sections): string[] {
  return problemsIn(changed(change)).map(
    ({ path, message, suggestion }) => `${path}: ${message}${suggestion === null ? '' : `; ${suggestion}`}`,
  )
}

const relationship = (value: Entry): Sections => ({ relationships: { r: value } })

test('the cases below begin with what is sound', () => {
  expect(found({})).toEqual([])
})

const refused: Record<string, Record<string, Sections>> = {
  'the HTTP interface': {
    'a node that there is not': { http: { nodes: { n9: '127.0.0.1:7181' } } },
    'a certificate without its key': { http: { certificate: 'tls.pem' } },
    'a key without its certificate': { http: { key: 'key.pem' } },
    'a token itself where its digest is to be': { http: { tokenDigests: ['hunter2'] } },
    'a port alone': { http: { listen: 7180 } },
    'a name': { http: { listen: 'localhost:7180' } },
  },
  'values of new keys': {
    'capacity that is no whole number': { nodes: { n1: { capacity: { memory: 1.5 } } } },
    'capacity with a name that is none': { nodes: { n1: { capacity: { 'Memory MB': 1 } } } },
    'a level called node': {
      nodes: { n1: { containment: { site: 'east', shelf: 'east-a', node: 'n1' } } },
    },
    'more resources than anyone counts': {
      nodes: { n1: { capacity: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`r${n}`, 1])) } },
    },
    'a place that is a number': { nodes: { n1: { containment: { site: 1, shelf: 'a' } } } },
    'a release that is a number': { nodes: { n1: { release: 4.1 } } },
    'a class of two words': { types: { plain: { class: 'Line Cards' } } },
    'roles without primary': { types: { plain: { roles: ['spare'] } } },
    'a role that is none': { types: { plain: { roles: ['primry'] } } },
    'a role twice': { types: { plain: { roles: ['primary', 'primary'] } } },
    'no primaries at all': { types: { plain: { serves: { primaries: 0 } } } },
    'a key of serves': { types: { plain: { serves: { primary: 2 } } } },
    'a recovery that is none': { types: { plain: { recovery: { first: 'fail-over' } } } },
    'a code that is none': { types: { plain: { recovery: { byCode: { 'Probe Failed': 'restart' } } } } },
    'an answer to a code': { types: { plain: { recovery: { byCode: { 'probe.failed': 'reboot' } } } } },
    'barred for no time': { types: { plain: { recovery: { barredFor: '1ms' } } } },
    'a redundancy that is none': { assignments: { desk: { redundancy: 'N-wy' } } },
    'no primary': { assignments: { desk: { primaries: 0 } } },
    'a key of secondaries': { assignments: { desk: { secondaries: { required: 1, prefered: 2 } } } },
    'a priority beyond all': { assignments: { desk: { priority: 1001 } } },
    'a weight below nothing': { assignments: { desk: { weights: { memory: -1 } } } },
    'a wish that is none': { assignments: { desk: { wishes: { n1: 'never' } } } },
    'a distribution that is none': { assignments: { desk: { distribution: 'even' } } },
    'words for true': { assignments: { desk: { failBack: 'yes', reserve: 'no' } } },
    'a behaviour without quorum': { assignments: { desk: { withoutQuorum: 'frieze' } } },
    'a behaviour of two': { assignments: { desk: { activeTwice: 'stop' } } },
    'a kind that is none': relationship({ kind: 'togehter', members: ['desk', 'shop'] }),
    'no kind': relationship({ members: ['desk', 'shop'] }),
    'a kind that is a mapping': relationship({ kind: { toString: 1 } as never, member: ['desk'] }),
    'no relationship': { relationships: { r: ['desk', 'shop'] } },
    'a key of another kind': relationship({ kind: 'apart', members: ['desk', 'shop'], tolerance: '1s' }),
    'a key of a dependency': relationship({ kind: 'dependency', dependent: 'desk', sponsr: 'shop' }),
    'a strength of nothing': relationship({ kind: 'apart', members: ['desk', 'shop'], strength: 0 }),
    'a member that is no name': relationship({ kind: 'apart', members: ['Desk', 'components:shop'] }),
    'a mode that is none': relationship({ kind: 'dependency', dependent: 'desk', sponsor: 'shop', mode: 'stop' }),
    'a group that is a mapping': { groups: { g: { members: ['desk'] } } },
    'names that are none': {
      groups: { 'My Group': ['desk'] },
      relationships: { R1: { kind: 'apart', members: ['desk'] } },
    },
    'a pair of three': { releases: { incompatible: [['r1', 'r2', 'r3']] as never } },
    'a recovery of nodes': { recovery: { failures: -1 as never, holdDwn: '1m' as never } },
  },
  'names that are not there': {
    'a resource': { assignments: { desk: { weights: { memry: 1 }, standbyWeights: { disk: 1 } } } },
    'a resource, where no node has any': {
      nodes: Object.fromEntries(['n1', 'n2', 'n3', 'n4'].map((name) => [name, { capacity: {} }])),
      assignments: { desk: { weights: { memory: 1 } } },
    },
    'a proxy': { components: { desk: { proxy: 'shp' } } },
    'a node of a wish': { assignments: { shop: { wishes: { n3: 5 } } } },
    'assignments of a dependency': relationship({ kind: 'dependency', dependent: 'dsk', sponsor: 'nobody' }),
    members: relationship({ kind: 'together', members: ['dsk', 'component:shp'] }),
    'a level': relationship({ kind: 'apart', members: ['desk', 'farm'], level: 'shlf' }),
    'components of a dependency': relationship({ kind: 'component-dependency', dependent: 'dsk', sponsor: 'rely' }),
    'components of a containment': relationship({ kind: 'containment', container: 'rely', contained: 'dsk' }),
    'a member of a group': { groups: { g: ['desk', 'shp'] } },
  },
  'models and what carries them': {
    'N+M on a plain type': { assignments: { desk: { redundancy: 'N+M' } } },
    'N-way without mixed': { assignments: { pool1: { redundancy: 'N-way' } } },
    'load-sharing of what is exclusive': { assignments: { desk: { redundancy: 'load-sharing' } } },
    'two primaries of 2N': { assignments: { relay: { redundancy: '2N', primaries: 2 } } },
    'secondaries of none': { assignments: { desk: { redundancy: 'none', secondaries: 1 } } },
    '2N without secondaries': { assignments: { desk: { secondaries: 0 } } },
    'more required than preferred': { assignments: { relay: { primaries: { required: 3, preferred: 2 } } } },
    'more than there are nodes': { assignments: { desk: { secondaries: 3 }, relay: { primaries: 4 } } },
    'a type that is never secondary': { types: { aware: { roles: ['spare', 'primary'] } } },
    'a type that serves none as secondary': { types: { pool: { serves: { primaries: 2, secondaries: 0 } } } },
    'two assignments on a plain component': { assignments: { other: { component: 'desk' } } },
    'too few instances for what they serve': {
      components: { pool: { nodes: ['n1', 'n2'] } },
      assignments: { pool3: { component: 'pool', redundancy: 'N+M' } },
    },
    'too few instances, mixed': {
      types: { mixed: { serves: { primaries: 1, secondaries: 1, mixed: true } } },
      components: { ring: { nodes: ['n1', 'n2'] } },
      assignments: { ring3: { component: 'ring', redundancy: 'N-way' } },
    },
    'a shared type that cannot stand down': { types: { pool: { aware: false } } },
    'self-determining and unaware': { types: { plain: { selfDetermining: true } } },
    'a reset that nobody can do': {
      types: {
        plain: { recovery: { first: 'reset', byCode: { 'probe.failed': 'reset', 'role.failed': 'failover' } } },
      },
    },
    'an exclusive one that ignores the quorum': { assignments: { desk: { withoutQuorum: 'ignore' } } },
  },
  'places and room': {
    'levels that differ': {
      nodes: { n2: { containment: { site: 'east', rack: 'a' } }, n3: { containment: undefined } },
    },
    'wishes that leave too few nodes': { assignments: { desk: { wishes: { n1: 'forbidden', n2: 'forbidden' } } } },
    'every node forbidden': { assignments: { shop: { wishes: { n1: 'forbidden', n2: 'forbidden' } } } },
    'too few required': { assignments: { desk: { wishes: { n1: 'required' } } } },
    'more required than there are places': {
      assignments: { shop: { redundancy: 'none', wishes: { n1: 'required', n2: 'required' } } },
    },
    'weights that no node holds': { assignments: { shop: { weights: { memory: 9, cpu: 1 } } } },
    'weights that no allowed node holds': {
      nodes: { n1: { capacity: { memory: 16 } } },
      assignments: { desk: { weights: { memory: 12 }, wishes: { n1: 'forbidden' } } },
    },
    'weights of a standby': { assignments: { shop: { weights: { memory: 1 }, standbyWeights: { cpu: 3 } } } },
    'weights that one node holds, and its secondary needs another': {
      nodes: { n1: { capacity: { memory: 16 } } },
      assignments: { desk: { weights: { memory: 12 } } },
    },
    'weights of primary and secondary that the same node holds': {
      nodes: { n1: { capacity: { memory: 16 } } },
      assignments: { desk: { weights: { memory: 12 }, standbyWeights: { memory: 10 } } },
    },
    'a proxy that stands elsewhere': { components: { desk: { proxy: 'shop' } } },
    'a proxy of its own': { components: { desk: { proxy: 'desk' } } },
    'a proxy that has one': { components: { desk: { proxy: 'relay' }, shop: { proxy: 'desk' } } },
    'a proxy that never runs': {
      components: { idle: { type: 'plain', nodes: ['n1', 'n2'] }, shop: { proxy: 'idle' } },
    },
    'a sponsor that stands elsewhere': relationship({
      kind: 'component-dependency',
      dependent: 'desk',
      sponsor: 'shop',
    }),
    'a container that never runs': {
      components: { idle: { type: 'plain', nodes: ['n1', 'n2'] } },
      ...relationship({ kind: 'containment', container: 'idle', contained: 'shop' }),
    },
  },
  order: {
    'one that needs itself': relationship({ kind: 'dependency', dependent: 'desk', sponsor: 'desk' }),
    'a circle of three, by way of a group': {
      relationships: {
        a: { kind: 'dependency', dependent: 'desk', sponsor: 'relay' },
        b: { kind: 'dependency', dependent: 'shop', sponsor: 'desk', mode: 'start' },
        c: { kind: 'dependency', dependent: 'ring1', sponsor: 'desk' },
      },
      groups: { g: ['shop', 'relay'] },
    },
    'one circle, however many say the same': {
      relationships: {
        a: { kind: 'dependency', dependent: 'shop', sponsor: 'desk' },
        b: { kind: 'dependency', dependent: 'desk', sponsor: 'shop' },
      },
      groups: { g: ['desk', 'shop'] },
    },
    'a circle of components': {
      components: { relay: { proxy: 'desk' } },
      ...relationship({ kind: 'component-dependency', dependent: 'desk', sponsor: 'relay' }),
    },
    'a circle by way of assignments and components': {
      relationships: {
        a: { kind: 'dependency', dependent: 'relay', sponsor: 'desk' },
        b: { kind: 'component-dependency', dependent: 'desk', sponsor: 'relay' },
      },
    },
    'more of a sponsor than there are': relationship({
      kind: 'dependency',
      dependent: 'desk',
      sponsor: 'relay',
      atLeast: 4,
    }),
    'a tolerance that nothing waits for': relationship({
      ...{ kind: 'dependency', dependent: 'desk', sponsor: 'shop' },
      ...{ mode: 'start', tolerance: '1s' },
    }),
  },
  contradictions: {
    'together and apart': {
      relationships: {
        near: { kind: 'together', members: ['desk', 'shop'] },
        far: { kind: 'apart', members: ['shop', 'desk'], level: 'site' },
      },
    },
    'together by way of others, and apart by way of a component': {
      relationships: {
        near: { kind: 'together', members: ['desk', 'shop'], level: 'shelf' },
        far: { kind: 'apart', members: ['component:relay', 'desk'], level: 'site' },
      },
      groups: { g: ['shop', 'relay'] },
    },
    'together without a node in common': relationship({ kind: 'together', members: ['desk', 'shop', 'farm'] }),
    'together without a site in common': relationship({
      ...{ kind: 'together', level: 'site', members: ['shop', 'farm'] },
    }),
    'a group without a node in common, for a wish': {
      assignments: { desk: { redundancy: 'none', wishes: { n3: 'required' } } },
      groups: { g: ['desk', 'shop'] },
    },
    'more than one node can hold': {
      assignments: { desk: { weights: { memory: 5 } }, shop: { weights: { memory: 4, cpu: 1 } } },
      groups: { g: ['desk', 'shop'] },
    },
    'more than one instance serves': {
      types: { pool: { serves: { primaries: 1, secondaries: 4 } } },
      ...relationship({ kind: 'together', members: ['component:pool'] }),
    },
    'apart on too few sites': relationship({ kind: 'apart', level: 'site', members: ['desk', 'ring1', 'ring2'] }),
    'apart on too few nodes': relationship({ kind: 'apart', members: ['desk', 'shop'] }),
    'its own apart on one site': relationship({ kind: 'apart', level: 'site', members: ['shop'] }),
    'a member twice': relationship({ kind: 'apart', members: ['pool1', 'component:pool', 'pool1'] }),
    'together alone': relationship({ kind: 'together', members: ['desk'] }),
    'a group with one twice, and one of another': { groups: { g: ['desk', 'shop', 'desk'], h: ['shop', 'relay'] } },
    'a release that does not fit itself': {
      releases: {
        incompatible: [
          ['r1', 'r2'],
          ['r3', 'r3'],
        ] as never,
      },
    },
  },
}

for (const [kind, cases] of Object.entries(refused))
  describe(`refused: ${kind}`, () => {
    for (const [name, change] of Object.entries(cases))
      test(name, () => {
        const problems = found(change)
        expect(problems).not.toEqual([])
        expect(problems).toMatchSnapshot()
      })
  })

const taken: Record<string, Sections> = {
  'a wish is no contradiction': {
    relationships: {
      near: { kind: 'together', members: ['desk', 'shop'], strength: 5 },
      far: { kind: 'apart', members: ['shop', 'desk'], level: 'site' },
    },
  },
  'together on a site and apart on its shelves': {
    relationships: {
      near: { kind: 'together', members: ['desk', 'relay'], level: 'site' },
      far: { kind: 'apart', members: ['relay', 'desk'], level: 'shelf' },
    },
  },
  'a diamond is no circle': {
    relationships: {
      a: { kind: 'dependency', dependent: 'desk', sponsor: 'shop' },
      b: { kind: 'dependency', dependent: 'desk', sponsor: 'farm' },
      c: { kind: 'dependency', dependent: 'shop', sponsor: 'relay', atLeast: 3 },
      d: { kind: 'dependency', dependent: 'farm', sponsor: 'relay' },
    },
  },
  'required where there are as many places': {
    assignments: { desk: { wishes: { n1: 'required', n2: 'required', n3: -10 } } },
  },
  'weights that one node of several holds': {
    nodes: { n2: { capacity: { memory: 64 } } },
    assignments: { desk: { redundancy: 'none', weights: { memory: 64 } } },
  },
  'weights that a cold secondary does not have': {
    nodes: { n2: { capacity: { memory: 64 } } },
    assignments: { shop: { weights: { memory: 64 } } },
  },
  'weights of a secondary that need not be': {
    nodes: { n2: { capacity: { memory: 64 } } },
    assignments: { desk: { weights: { memory: 64 }, secondaries: { required: 0, preferred: 1 } } },
  },
  'a proxy on more nodes than it needs': { components: { shop: { proxy: 'relay' } } },
  'a demotion without quorum of what is exclusive': { assignments: { desk: { withoutQuorum: 'demote' } } },
  'a shared type that has a hook to stand down by': {
    types: { pool: { aware: false, hooks: { onQuiescing: ['drain'] } } },
  },
}

describe('taken', () => {
  for (const [name, change] of Object.entries(taken)) test(name, () => expect(found(change)).toEqual([]))
})
