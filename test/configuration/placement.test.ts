/** What the planner goes by: every key of the file that is about places, roles and recovery, and what becomes of it. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { redundancies } from '../../machines/model/configuration.ts'
import { defaultNodeRecovery } from '../../machines/model/recovery.ts'
import { isShared, modelOf } from '../../machines/model/redundancy.ts'
import { redundancyNames } from '../../src/configuration/assignment.ts'
import { diff } from '../../src/configuration/diff.ts'
import { loadConfiguration } from '../../src/configuration/load.ts'
import {
  type ConfigurationEntry,
  changedBy,
  completeKey,
  entriesOf,
  type FileConfiguration,
  validateChange,
  validateTree,
} from '../../src/configuration/tree.ts'
import { writeConfiguration } from './support.ts'

const everything = `cluster: demo
nodes:
  n1:
    links: [127.0.0.1:7101]
    capacity: { memory: 16, cpu: 0 }
    containment: { site: east, shelf: east-a }
    release: "4.1"
  n2: { links: [127.0.0.1:7111], containment: { site: west, shelf: west-a }, capacity: { memory: 8 } }
types:
  pool:
    aware: true
    exclusive: false
    command: [pool]
    class: service
    roles: [secondary, primary]
    serves: { secondaries: 6, mixed: true }
    selfDetermining: true
    hooks: { onReset: [reset], onSelfTest: [test] }
    recovery: { first: switchover, byCode: { probe.failed: reset }, resets: 2, barredFor: 1h }
  cold: { command: [cold], exclusive: false }
components:
  pool: { type: pool, nodes: [n1, n2] }
  cold: { type: cold, nodes: [n1, n2], proxy: pool }
assignments:
  web:
    component: pool
    redundancy: N+1
    primaries: 1
    secondaries: { required: 0, preferred: 1 }
    priority: -5
    weights: { memory: 3 }
    wishes: { n1: 20, n2: required }
    distribution: ranked
    failBack: true
    reserve: true
    withoutQuorum: freeze
    activeTwice: stopAll
  mail: { component: pool, redundancy: N-way, weights: { memory: 1 }, standbyWeights: { memory: 2 } }
  desk: { component: cold, redundancy: load-sharing, primaries: 2, weights: { memory: 2 } }
relationships:
  need: { kind: dependency, dependent: web, sponsor: desk, atLeast: 2, tolerance: 5s, mode: restart }
  near: { kind: together, members: [web, desk], strength: 50 }
  far: { kind: apart, members: [mail, "component:cold"], level: shelf }
  under: { kind: component-dependency, dependent: cold, sponsor: pool }
  within: { kind: containment, container: pool, contained: cold }
groups:
  office: [desk]
releases:
  incompatible: [["4.1", r5]]
recovery: { failures: 2, flapWindow: 1h }
`

test('every key reaches the machines, in their words', () => {
  const { nodes, types, components, assignments, relationships, groups, releases, recovery } = loadConfiguration(
    writeConfiguration(everything),
  )
  expect(nodes.n1).toMatchObject({
    capacity: { memory: 16, cpu: 0 },
    containment: { site: 'east', shelf: 'east-a' },
    release: '4.1',
  })
  expect(types.pool).toMatchObject({
    class: 'service',
    roles: ['secondary', 'primary'],
    serves: { primaryCountMax: 1, secondaryCountMax: 6, isMixed: true },
    selfDetermining: true,
    hooks: { onReset: ['reset'], onSelfTest: ['test'] },
    recovery: {
      restartLimit: 3,
      restartWindowMs: 60_000,
      first: 'switchover',
      byCode: { 'probe.failed': 'reset' },
      resetLimit: 2,
      barredForMs: 3_600_000,
    },
  })
  expect(components.cold).toEqual({ type: 'cold', nodes: ['n1', 'n2'], instances: {}, proxy: 'pool' })
  expect(assignments).toEqual({
    web: {
      component: 'pool',
      redundancy: 'N+M',
      primaries: { required: 1, preferred: 1 },
      secondaries: { required: 0, preferred: 1 },
      priority: -5,
      weights: { primary: { memory: 3 }, secondary: { memory: 3 } },
      wishes: { n1: 20, n2: 'required' },
      distribution: 'ranked',
      failBack: true,
      reserve: true,
      withoutQuorum: 'freeze',
      activeTwice: 'stopAll',
    },
    mail: {
      component: 'pool',
      redundancy: 'N-way',
      weights: { primary: { memory: 1 }, secondary: { memory: 2 } },
    },
    desk: {
      component: 'cold',
      redundancy: 'load-sharing',
      primaries: { required: 2, preferred: 2 },
      weights: { primary: { memory: 2 }, secondary: {} },
    },
  })
  expect(relationships).toEqual({
    need: {
      ...{ kind: 'dependency', dependent: 'web', sponsor: 'desk' },
      ...{ instanceCountMin: 2, toleranceMs: 5000, mode: 'restart' },
    },
    near: { kind: 'together', members: [{ assignment: 'web' }, { assignment: 'desk' }], level: 'node', strength: 50 },
    far: {
      kind: 'apart',
      members: [{ assignment: 'mail' }, { component: 'cold' }],
      level: 'shelf',
      strength: 'required',
    },
    under: { kind: 'component-dependency', dependent: 'cold', sponsor: 'pool' },
    within: { kind: 'containment', container: 'pool', contained: 'cold' },
  })
  expect(groups).toEqual({ office: { members: ['desk'] } })
  expect(releases).toEqual({ incompatible: [['4.1', 'r5']] })
  expect(recovery).toEqual({ ...defaultNodeRecovery, failureLimit: 2, flapWindowMs: 3_600_000 })
})

test('what the file does not say is not there: a configuration without new keys is what it was', () => {
  const text = `cluster: demo
nodes: { n1: { links: [127.0.0.1:7101] } }
types: { t: { command: [t] } }
components: { c: { type: t, nodes: [n1] } }
assignments: { a: { component: c, redundancy: none } }
`
  const { nodes, types, components, assignments, ...rest } = loadConfiguration(writeConfiguration(text))
  expect(Object.keys(nodes.n1!)).toEqual(['links', 'rank', 'isEligible'])
  expect(Object.keys(types.t!.recovery)).toEqual(['restartLimit', 'restartWindowMs'])
  expect(Object.keys(components.c!)).toEqual(['type', 'nodes', 'instances'])
  expect(assignments).toEqual({ a: { component: 'c', redundancy: 'none' } })
  expect(Object.keys(types.t!)).not.toContain('serves')
  for (const key of ['relationships', 'groups', 'releases', 'recovery']) expect(rest).not.toHaveProperty(key)
})

test('every model has a name in the file, N+M two', () => {
  expect(redundancyNames.filter((name) => name !== 'N+1')).toEqual([...redundancies])
  for (const redundancy of redundancies) {
    const { primaries, secondaries } = modelOf({ component: '', redundancy })
    expect(primaries.required).toBeWithin(1, primaries.preferred + 1)
    expect(secondaries.required).toBeLessThanOrEqual(secondaries.preferred)
  }
})

const node = (number: number, more = {}) => ({ links: [`127.0.0.1:${7100 + 10 * number}`], ...more })

const raw = {
  cluster: 'demo',
  nodes: { n1: node(1), n2: node(2), n3: node(3) },
  types: {
    plain: { command: ['plain'] },
    pool: { command: ['pool'], aware: true, serves: { primaries: 2, secondaries: 2 } },
  },
  components: { desk: { type: 'plain', nodes: ['n1', 'n2', 'n3'] }, pool: { type: 'pool', nodes: ['n1', 'n2', 'n3'] } },
  assignments: {
    desk: { component: 'desk' },
    pool1: { component: 'pool', redundancy: 'N+M' },
    pool2: { component: 'pool', redundancy: 'N+M' },
  },
}
const file: FileConfiguration = { raw, nodeOrder: ['n1', 'n2', 'n3'], directory: '/etc/rolecall', secret: null }
const complete: ConfigurationEntry[] = [...entriesOf(file), { key: completeKey, value: true }]
const set = (key: string, value: unknown): ConfigurationEntry => ({ key: `configuration/${key}`, value })

function problems(...changes: ConfigurationEntry[]): string[] {
  return validateChange(complete, changes, file).map(
    ({ key, message, suggestion }) => `${key}: ${message}${suggestion ? `; ${suggestion}` : ''}`,
  )
}

describe('while the cluster runs', () => {
  test('relationships, groups, releases and recovery come and go, one key each', () => {
    const changes = [
      set('relationships/need', { kind: 'dependency', dependent: 'pool1', sponsor: 'desk' }),
      set('groups/all', ['desk', 'pool2']),
      set('releases/incompatible', [['r1', 'r2']]),
      set('recovery/concurrent', 3),
      set('nodes/n1', node(1, { capacity: { memory: 4 }, release: 'r1' })),
    ]
    expect(problems(...changes)).toEqual([])
    const { configuration } = validateTree(changedBy(complete, changes), file)
    expect(Object.keys(configuration!.relationships!)).toEqual(['need'])
    expect(configuration!.recovery!.concurrentMax).toBe(3)
    const before = validateTree(complete, file).configuration!
    const none = { added: [], removed: [], changed: [] }
    expect(diff(before, configuration!)).toEqual({
      nodes: { ...none, changed: ['n1'] },
      ...{ types: none, components: none, assignments: none },
      relationships: { ...none, added: ['need'] },
      groups: { ...none, added: ['all'] },
      timing: [],
      isArbiterChanged: false,
      areReleasesChanged: true,
      isRecoveryChanged: true,
    })
    const other = changedBy(changedBy(complete, changes), [
      set('relationships/need', { kind: 'dependency', dependent: 'pool1', sponsor: 'desk', mode: 'start' }),
      set('groups/all', null),
      set('recovery/concurrent', null),
    ])
    expect(diff(configuration!, validateTree(other, file).configuration!)).toMatchObject({
      relationships: { ...none, changed: ['need'] },
      groups: { ...none, removed: ['all'] },
      ...{ areReleasesChanged: false, isRecoveryChanged: true },
    })
  })

  test('recovery that says what holds anyway is no change', () => {
    const before = validateTree(complete, file).configuration!
    const changed = changedBy(complete, [set('recovery/concurrent', defaultNodeRecovery.concurrentMax)])
    expect(diff(before, validateTree(changed, file).configuration!).isRecoveryChanged).toBe(false)
  })

  test('refused with the key and the place in it', () => {
    expect(problems(set('relationships/need', { kind: 'dependency', dependent: 'pool1', sponsr: 'desk' }))).toEqual([
      'configuration/relationships/need: sponsor: missing; expected the name of an assignment',
      "configuration/relationships/need: sponsr: unknown key 'sponsr'; did you mean 'sponsor'?",
    ])
    expect(problems(set('groups/all', ['desk', 'pol2']))).toEqual([
      "configuration/groups/all: [1]: expected the name of an assignment, found 'pol2'; did you mean 'pool2'?",
    ])
    expect(problems(set('groups', ['desk']))).toEqual([
      'configuration/groups: expected a mapping of names to lists of assignments, found a list',
    ])
    expect(problems(set('recovery/holdDown', 'long'))[0]).toStartWith('configuration/recovery/holdDown: expected a dur')
    expect(problems(set('releases/incompatible/r1', true))[0]).toStartWith('configuration/releases/incompatible/r1: ')
  })

  test('an assignment goes with what names it, or not at all', () => {
    const named = changedBy(complete, [set('groups/all', ['desk', 'pool2'])])
    const left = validateChange(named, [set('assignments/pool2', null)], file)
    expect(left.map(({ key }) => key)).toEqual(['configuration/groups/all'])
    expect(validateChange(named, [set('assignments/pool2', null), set('groups/all', null)], file)).toEqual([])
  })

  test('a type does not change between plain and shared while a component of it serves', () => {
    const plain = { command: ['pool'], aware: true }
    const one = { ...raw.types.pool, serves: undefined }
    expect(
      problems(
        set('types/pool', plain),
        set('assignments/pool2', null),
        set('assignments/pool1', { component: 'pool' }),
      ),
    ).toEqual([
      "configuration/types/pool: serves: expected several, as long as 'pool' serves an assignment, found one at a time; remove its assignments, and add them anew when they are stopped",
    ])
    expect(problems(set('types/plain', { ...raw.types.plain, ...{ aware: true, serves: { primaries: 3 } } }))).toEqual([
      "configuration/types/plain: serves: expected one at a time, as long as 'desk' serves an assignment, found several; remove its assignments, and add them anew when they are stopped",
    ])
    expect(problems(set('components/desk', { type: 'pool', nodes: ['n1', 'n2'] }))[0]).toStartWith(
      'configuration/types/pool: serves: expected one at a time',
    )
    // Another component, or one that serves nothing, may be of any kind.
    expect(
      problems(set('assignments/desk', { component: 'pool', redundancy: 'none' }), set('components/desk', null)),
    ).toEqual([])
    expect(problems(set('types/pool', one), set('assignments/pool1', null), set('assignments/pool2', null))).toEqual([])
    expect(problems(set('types/pool', { ...raw.types.pool, serves: { primaries: 5, secondaries: 5 } }))).toEqual([])
  })
})

test('whatever stands in the new sections, it is judged, and nothing throws (property)', () => {
  const key = fc.constantFrom(
    ...['nodes/n1', 'types/pool', 'components/pool', 'assignments/pool1', 'relationships/r', 'groups/g'],
    ...['releases/incompatible', 'recovery/failures', 'relationships', 'groups', 'releases', 'recovery'],
  )
  const words = fc.constantFrom('kind', 'members', 'dependent', 'level', 'weights', 'wishes', 'serves', 'capacity')
  const kinds = fc.constantFrom('apart', 'together', 'dependency', 'containment', 'node', 'desk', 'pool1', '__proto__')
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      kinds,
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(words, tie('value'), { maxKeys: 4 }),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }))
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 3 }), (changes) => {
      const entries = changedBy(
        complete,
        changes.map(([of, content]) => set(of, content)),
      )
      const { configuration, problems: found } = validateTree(entries, file)
      expect(configuration === undefined).toBe((found ?? []).length > 0)
    }),
    { numRuns: 500 },
  )
})

test('whatever is taken is sound for the planner (property)', () => {
  const name = fc.constantFrom('desk', 'pool1', 'pool2', 'pool3')
  const redundancy = fc.constantFrom(...redundancyNames)
  const wanted = fc.option(fc.oneof(fc.nat(3), fc.record({ required: fc.nat(3), preferred: fc.nat(3) })), {
    nil: undefined,
  })
  const wishes = fc.dictionary(fc.constantFrom('n1', 'n2', 'n3'), fc.constantFrom('required', 'forbidden', 5), {
    maxKeys: 2,
  })
  const assignment = fc.record({
    ...{ component: fc.constantFrom('desk', 'pool'), redundancy, primaries: wanted, secondaries: wanted },
    wishes: fc.option(wishes, { nil: undefined }),
  })
  const group = fc.array(name, { minLength: 1, maxLength: 3 })
  const change = fc.oneof(
    fc.tuple(name, assignment).map(([of, value]) => set(`assignments/${of}`, JSON.parse(JSON.stringify(value)))),
    group.map((members) => set('groups/all', members)),
    fc
      .tuple(name, name)
      .map(([dependent, sponsor]) => set(`relationships/${dependent}`, { kind: 'dependency', dependent, sponsor })),
    fc
      .tuple(fc.constantFrom('together', 'apart'), group)
      .map(([kind, members]) => set('relationships/r', { kind, members })),
  )
  let takenCount = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const { configuration } = validateTree(changedBy(complete, changes), file)
      if (!configuration) return
      takenCount += 1
      const { assignments, components, types } = configuration
      for (const each of Object.values(assignments)) {
        const { primaries, secondaries } = modelOf(each)
        const { type, nodes } = components[each.component]!
        expect(1 <= primaries.required && primaries.required <= primaries.preferred).toBe(true)
        expect(secondaries.required).toBeLessThanOrEqual(secondaries.preferred)
        expect(primaries.required + secondaries.required).toBeLessThanOrEqual(nodes.length)
        if (types[type]!.exclusive) expect(primaries.preferred).toBe(1)
        const sharers = Object.values(assignments).filter(({ component }) => component === each.component)
        if (sharers.length > 1) expect(isShared(types[type]!)).toBe(true)
      }
    }),
    { numRuns: 400 },
  )
  expect(takenCount).toBeGreaterThan(20)
})
