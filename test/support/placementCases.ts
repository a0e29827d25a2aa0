/** Small clusters of every kind for properties of the planner: all redundancy models, relationships, capacity, and any present state. */
import fc from 'fast-check'
import { compiled, type PlanInput } from '../../machines/logic/placement/index.ts'
import type {
  AssignmentConfiguration,
  ComponentConfiguration,
  ComponentType,
  Configuration,
  NodeConfiguration,
  Wish,
} from '../../machines/model/configuration.ts'
import { type ComponentId, componentId, hostOf, placeId } from '../../machines/model/ids.ts'
import { isShared, modelOf } from '../../machines/model/redundancy.ts'
import type { GroupConfiguration, Member, Relationship, Strength } from '../../machines/model/relationships.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { ComponentStatus, Intent, NodeAvailability, Phase } from '../../machines/model/status.ts'
import { componentType, timing } from './configuration.ts'

const types: Readonly<Record<string, ComponentType>> = {
  hot: componentType(),
  warm: componentType({ standby: 'warm' }),
  cold: componentType({ standby: 'cold' }),
  open: componentType({ exclusive: false }),
  pool: componentType({ exclusive: false, serves: { primaryCountMax: 2, secondaryCountMax: 1, isMixed: true } }),
  standbys: componentType({ serves: { primaryCountMax: 1, secondaryCountMax: 3, isMixed: false } }),
  own: componentType({ selfDetermining: true }),
}

export interface CaseSize {
  readonly nodeCountMax: number
  readonly assignmentCountMax: number
}

const chance = (percent: number) => fc.integer({ min: 1, max: 100 }).map((drawn) => drawn <= percent)
const perhaps = <T>(percent: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  chance(percent).chain((isGiven) => (isGiven ? value : fc.constant(undefined)))

function nodeConfiguration(rank: number): fc.Arbitrary<NodeConfiguration> {
  return fc.record({
    links: fc.constant([]),
    rank: fc.constant(rank),
    capacity: fc.record({ memory: fc.integer({ min: 0, max: 6 }), cpu: fc.integer({ min: 1, max: 8 }) }),
    containment: perhaps(80, fc.record({ shelf: fc.constantFrom('a', 'b') })),
    release: perhaps(50, fc.constantFrom('r1', 'r2')),
  }) as fc.Arbitrary<NodeConfiguration>
}

function assignmentConfiguration(of: {
  component: string
  type: ComponentType
  nodes: readonly string[]
}): fc.Arbitrary<AssignmentConfiguration> {
  const redundancy = of.type.exclusive
    ? fc.constantFrom('none' as const, '2N' as const, 'N+M' as const, 'N-way' as const)
    : fc.constantFrom('2N' as const, 'N-way' as const, 'load-sharing' as const)
  const weight = fc.record({ memory: fc.integer({ min: 0, max: 3 }), cpu: fc.integer({ min: 0, max: 2 }) })
  const wish: fc.Arbitrary<Wish> = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -3, max: 5 }) },
    { weight: 1, arbitrary: fc.constantFrom('required' as const, 'forbidden' as const) },
  )
  return fc.record({
    component: fc.constant(of.component),
    redundancy,
    secondaries: perhaps(20, fc.constantFrom({ required: 1, preferred: 2 }, { required: 0, preferred: 1 })),
    priority: perhaps(70, fc.integer({ min: 0, max: 2 })),
    weights: perhaps(50, fc.record({ primary: weight, secondary: weight })),
    wishes: perhaps(30, fc.dictionary(fc.constantFrom(...of.nodes), wish, { maxKeys: 2 })),
    distribution: perhaps(30, fc.constantFrom('ranked' as const, 'equal' as const)),
    failBack: perhaps(25, fc.boolean()),
    reserve: perhaps(15, fc.boolean()),
  }) as fc.Arbitrary<AssignmentConfiguration>
}

function relationship(assignments: readonly string[], components: readonly string[]): fc.Arbitrary<Relationship> {
  const member: fc.Arbitrary<Member> = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...assignments).map((assignment) => ({ assignment })) },
    { weight: 1, arbitrary: fc.constantFrom(...components).map((component) => ({ component })) },
  )
  const strength: fc.Arbitrary<Strength> = fc.oneof(fc.constant('required' as const), fc.integer({ min: 1, max: 6 }))
  const common = { level: fc.constantFrom('node', 'shelf'), strength }
  const pair = (names: readonly string[]) =>
    fc
      .uniqueArray(fc.constantFrom(...names), { minLength: 2, maxLength: 2 })
      .map((two) => two.sort() as [string, string])
  const together = fc.record({
    kind: fc.constant('together' as const),
    members: fc.uniqueArray(member, { minLength: 2, maxLength: 3, selector: (of) => JSON.stringify(of) }),
    ...common,
  })
  const apart = fc.record({
    kind: fc.constant('apart' as const),
    members: fc.uniqueArray(member, { minLength: 1, maxLength: 3, selector: (of) => JSON.stringify(of) }),
    ...common,
  })
  const choices: fc.Arbitrary<Relationship>[] = [apart]
  if (assignments.length > 1) {
    choices.push(together)
    choices.push(
      fc
        .record({
          of: pair(assignments),
          instanceCountMin: fc.constantFrom(1, 1, 2),
          mode: fc.constantFrom('start' as const, 'full' as const, 'restart' as const),
          toleranceMs: fc.constantFrom(0, 1000),
        })
        .map(({ of: [sponsor, dependent], ...more }) => ({
          kind: 'dependency' as const,
          sponsor,
          dependent,
          ...more,
        })),
    )
  }
  if (components.length > 1)
    choices.push(
      pair(components).map(([sponsor, dependent]) => ({ kind: 'component-dependency' as const, sponsor, dependent })),
      pair(components).map(([container, contained]) => ({ kind: 'containment' as const, container, contained })),
    )
  return fc.oneof(...choices)
}

interface Shape {
  readonly nodes: readonly string[]
  /** By component, its type; several assignments only where it is shared. */
  readonly components: readonly {
    readonly name: string
    readonly type: string
    readonly assignments: readonly string[]
  }[]
}

function shape({ nodeCountMax, assignmentCountMax }: CaseSize): fc.Arbitrary<Shape> {
  return fc
    .record({
      nodeCount: fc.integer({ min: 2, max: nodeCountMax }),
      kinds: fc.array(fc.constantFrom(...Object.keys(types)), { minLength: 1, maxLength: assignmentCountMax }),
    })
    .map(({ nodeCount, kinds }) => {
      const components: { name: string; type: string; assignments: string[] }[] = []
      kinds.forEach((type, index) => {
        const shared = components.find((component) => component.type === type && isShared(types[type]!))
        if (shared) shared.assignments.push(`a${index}`)
        else components.push({ name: `c${index}`, type, assignments: [`a${index}`] })
      })
      return { nodes: Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`), components }
    })
}

function configurationOf({ nodes, components }: Shape): fc.Arbitrary<Configuration> {
  const assignments = components.flatMap((component) => component.assignments)
  const component = ({ type, name }: Shape['components'][number], index: number) =>
    fc.record({
      type: fc.constant(type),
      nodes: fc.shuffledSubarray([...nodes], { minLength: Math.min(2, nodes.length) }),
      instances: fc.constant({}),
      proxy: perhaps(index > 0 ? 10 : 0, fc.constant(components[0]!.name)).map((proxy) =>
        name === proxy ? undefined : proxy,
      ),
    }) as fc.Arbitrary<ComponentConfiguration>
  const names = components.map(({ name }) => name)
  return fc.record({
    cluster: fc.constant('test'),
    secret: fc.constant(null),
    stateDirectory: fc.constant('/nowhere'),
    runtimeDirectory: fc.constant('/nowhere'),
    timing: fc.constant(timing),
    guard: fc.constant({ realtime: true }),
    watchdog: fc.constant(null),
    recorder: fc.constant({
      segmentSizeBytes: 1 << 20,
      segmentCountMax: 4,
      budget: null,
      flush: 'never' as const,
      flushIntervalMs: 1000,
    }),
    nodes: fc.record(Object.fromEntries(nodes.map((name, rank) => [name, nodeConfiguration(rank)]))),
    types: fc.constant(types),
    components: fc.record(Object.fromEntries(components.map((each, index) => [each.name, component(each, index)]))),
    assignments: fc.record(
      Object.fromEntries(
        components.flatMap((each) =>
          each.assignments.map((name) => [
            name,
            assignmentConfiguration({ component: each.name, type: types[each.type]!, nodes }),
          ]),
        ),
      ),
    ),
    relationships: fc
      .array(relationship(assignments, names), { maxLength: 3 })
      .map((all) => Object.fromEntries(all.map((each, index) => [`r${index}`, each]))),
    groups: perhaps(
      assignments.length > 1 ? 15 : 0,
      fc.uniqueArray(fc.constantFrom(...assignments), { minLength: 2, maxLength: 3 }).map((members) => ({
        // In the order of the names, as dependencies are: no circles.
        g: { members: members.sort() } satisfies GroupConfiguration,
      })),
    ),
    releases: perhaps(40, fc.constant({ incompatible: [['r1', 'r2'] as const] })),
  }) as fc.Arbitrary<Configuration>
}

/** The places of an assignment, as the configuration has them. */
export function placesOf(configuration: Configuration, assignment: string): ComponentId[] {
  const { component } = configuration.assignments[assignment]!
  const { type, nodes } = configuration.components[component]!
  return nodes.map((node) =>
    isShared(configuration.types[type]!) ? placeId({ node, component, assignment }) : componentId({ node, component }),
  )
}

/** In each of these an assignment's places are now. */
const states = ['as intended', 'assuming', 'failed', 'stop failed', 'silent'] as const

/** `fresh`: just founded; `calm`: hardly anything is wrong; `rough`: a lot is. */
export type Mood = 'fresh' | 'calm' | 'rough'

/** How often out of a hundred something of the kind is the case. */
const percents: Readonly<Record<Mood, { wrong: number; marked: number }>> = {
  fresh: { wrong: 0, marked: 0 },
  calm: { wrong: 8, marked: 3 },
  rough: { wrong: 40, marked: 15 },
}

interface Now {
  readonly intended: Role
  readonly state: (typeof states)[number]
  readonly announced: Role | undefined
  readonly loadPercent: number | undefined
}

function stateOf(configuration: Configuration, mood: Mood): fc.Arbitrary<PlanInput> {
  const { wrong, marked } = percents[mood]
  const isFresh = mood === 'fresh'
  const nodes = Object.keys(configuration.nodes)
  const places = Object.keys(configuration.assignments).flatMap((name) => placesOf(configuration, name))
  const now: fc.Arbitrary<Now> = fc.record({
    intended: fc.constantFrom<Role>('primary', 'secondary', 'spare', 'spare', 'offline'),
    state: perhaps(wrong, fc.constantFrom(...states)).map((state) => state ?? 'as intended'),
    announced: fc.constantFrom(undefined, 'primary' as const, 'secondary' as const, 'spare' as const),
    loadPercent: perhaps(30, fc.integer({ min: 0, max: 120 })),
  })
  const marks = (of: readonly string[], percent: number) =>
    fc
      .subarray([...of])
      .chain((some) => perhaps(percent, fc.constant(some)))
      .map((some) => Object.fromEntries((some ?? []).map((each) => [each, true as const])))
  const hosts = [...new Set(places.map(hostOf))]
  const away = fc.constantFrom<NodeAvailability>('suspect', 'unreachable', 'isolated', 'ended', 'leaving')
  const availability = perhaps(wrong, away).map((known): NodeAvailability => known ?? 'alive')
  return fc
    .record({
      now: fc.array(now, { minLength: places.length, maxLength: places.length }),
      nodes: fc.record(Object.fromEntries(nodes.map((node) => [node, availability]))),
      locked: marks(hosts, marked),
      barred: marks(hosts, marked),
      withheld: marks(hosts, marked),
      lapsed: marks(Object.keys(configuration.assignments), marked / 3),
      requested: perhaps(isFresh ? 0 : 15, fc.record({ place: fc.constantFrom(...places), isNamed: fc.boolean() })),
      nodeStates: perhaps(
        marked,
        fc.dictionary(
          fc.constantFrom(...nodes),
          fc.constantFrom('standby' as const, 'held' as const, 'maintenance' as const),
          { maxKeys: 2 },
        ),
      ),
      assignmentStates: perhaps(
        marked,
        fc.dictionary(
          fc.constantFrom(...Object.keys(configuration.assignments)),
          fc.constantFrom('locked' as const, 'maintenance' as const),
          { maxKeys: 1 },
        ),
      ),
    })
    .map((drawn) => {
      const nowAt = new Map(places.map((place, index) => [place, drawn.now[index]!]))
      const administrative = {
        nodes: drawn.nodeStates ?? {},
        assignments: drawn.assignmentStates ?? {},
        components: {},
        isMaintained: false,
      }
      const request = drawn.requested
      const owner =
        request &&
        Object.keys(configuration.assignments).find((name) => placesOf(configuration, name).includes(request.place))
      return {
        configuration,
        nodes: drawn.nodes as Record<string, NodeAvailability>,
        statuses: statusesOf(configuration, nowAt, isFresh),
        intents: isFresh ? {} : intentsOf(configuration, nowAt),
        commanded: {},
        locked: drawn.locked,
        barred: drawn.barred,
        withheld: drawn.withheld,
        lapsed: drawn.lapsed,
        awaited: [],
        requests: owner ? { [owner]: { to: request.isNamed ? request.place : null } } : {},
        administrative,
      }
    })
}

const token = { epoch: 1, index: 5 }

/** Never more primaries than the model has: what an earlier plan could have left. */
function intentsOf(configuration: Configuration, nowAt: ReadonlyMap<ComponentId, Now>): Record<string, Intent> {
  const names = Object.keys(configuration.assignments)
  return Object.fromEntries(
    names.map((assignment) => {
      const { primaries } = modelOf(configuration.assignments[assignment]!)
      let left = primaries.preferred
      const roles = placesOf(configuration, assignment).map((place) => {
        const { intended } = nowAt.get(place)!
        const role = intended === 'primary' && left-- <= 0 ? 'spare' : intended
        return [place, { role, token }] as const
      })
      return [assignment, { assignment, roles: Object.fromEntries(roles) }]
    }),
  )
}

function statusesOf(
  configuration: Configuration,
  nowAt: ReadonlyMap<ComponentId, Now>,
  isFresh: boolean,
): Record<ComponentId, ComponentStatus> {
  const intents = intentsOf(configuration, nowAt)
  const statuses: Record<ComponentId, ComponentStatus> = {}
  for (const [assignment, { roles }] of Object.entries(intents))
    for (const place of Object.keys(roles) as ComponentId[]) {
      const now = nowAt.get(place)!
      if (isFresh) statuses[place] = status(place, { role: 'offline', phase: 'stopped', isFailed: false })
      else if (now.state !== 'silent')
        statuses[place] = present(configuration, assignment, place, now, roles[place]!.role)
    }
  return statuses
}

function present(
  { assignments, components, types: configured }: Configuration,
  assignment: string,
  place: ComponentId,
  now: Now,
  intended: Role,
): ComponentStatus {
  const { selfDetermining } = configured[components[assignments[assignment]!.component]!.type]!
  const more = {
    ...(selfDetermining && now.announced ? { announced: now.announced } : {}),
    ...(now.loadPercent === undefined ? {} : { loadPercent: now.loadPercent }),
  }
  if (now.state === 'failed')
    return { ...status(place, { role: 'offline', phase: 'stopped', isFailed: true }), ...more }
  if (now.state === 'stop failed')
    return { ...status(place, { role: 'offline', phase: 'stopFailed', isFailed: true }), ...more }
  const phase = now.state === 'assuming' ? 'assuming' : intended === 'offline' ? 'stopped' : 'ready'
  return { ...status(place, { role: intended, phase, isFailed: false }), ...more }
}

function status(component: ComponentId, of: { role: Role; phase: Phase; isFailed: boolean }): ComponentStatus {
  return {
    component,
    role: of.role,
    phase: of.phase,
    incarnation: 1,
    token: of.role === 'offline' && !of.isFailed ? { epoch: 0, index: 0 } : token,
    failure: of.isFailed ? { code: 'process.exited', detail: 'signal SIGKILL' } : null,
    isActive: of.role === 'primary' || of.phase === 'stopFailed',
    endpoint: null,
  }
}

/** Nothing needs, by way of others, what needs it: the configuration could mean nothing by that. */
function isWithoutCircles(configuration: Configuration): boolean {
  const { order, sponsorsOf, needsOf, assignments, components } = compiled(configuration)
  const places = new Map([...order].map((index, place) => [index, place]))
  return assignments.every(({ component }, index) => {
    const needed = needsOf[component]!.flatMap(({ sponsor }) => components[sponsor]!.assignments)
    const sponsors = sponsorsOf[index]!.flatMap(({ sponsor, mode }) => (mode === 'start' ? [] : [sponsor]))
    return [...needed, ...sponsors].every((other) => places.get(other)! < places.get(index)!)
  })
}

const mood = fc.constantFrom<Mood>('fresh', 'calm', 'calm', 'calm', 'rough')

/** Any cluster in any state that it could have got into. */
export function planInputs(size: CaseSize): fc.Arbitrary<PlanInput> {
  return shape(size)
    .chain(configurationOf)
    .filter(isWithoutCircles)
    .chain((configuration) => mood.chain((drawn) => stateOf(configuration, drawn)))
}
