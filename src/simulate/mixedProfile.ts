/**
 * What a seed may add to the plain profile: each part is one model of redundancy, relationship or recovery, drawn by itself, so that they
 * meet in all combinations. A part keeps to itself what it names, but for what it says of the assignments of the plain profile.
 */
import type {
  AssignmentConfiguration,
  ComponentConfiguration,
  ComponentType,
  Configuration,
  NodeRecoveryPolicy,
  Resources,
} from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Member, Relationship } from '../../machines/model/relationships.ts'
import { typeOf } from './profileTypes.ts'
import type { Random } from './random.ts'

interface Part {
  types?: Record<string, ComponentType>
  components?: Record<string, ComponentConfiguration>
  assignments?: Record<string, AssignmentConfiguration>
  relationships?: Record<string, Relationship>
  groups?: Record<string, { members: readonly string[] }>
  capacity?: Resources
  releases?: readonly string[]
  recovery?: NodeRecoveryPolicy
}

interface Draw {
  readonly random: Random
  readonly nodes: readonly NodeName[]
  /** Of all times that follow the heartbeat. */
  readonly scale: number
}

type Drawn = (draw: Draw) => Part

const assignmentOf = (name: string): Member => ({ assignment: name })

/** In another order each time: the first of a component's nodes is where it would rather be. */
function spread({ random, nodes }: Draw, count = nodes.length): NodeName[] {
  const left = [...nodes]
  return Array.from({ length: Math.min(count, nodes.length) }, () => left.splice(random.below(left.length), 1)[0]!)
}

function componentsOf(draw: Draw, type: string, names: readonly string[]): Record<string, ComponentConfiguration> {
  return Object.fromEntries(names.map((name) => [name, { type, nodes: spread(draw), instances: {} }]))
}

/** Several assignments on one component. */
function sharing(component: string, count: number, of: Omit<AssignmentConfiguration, 'component'>) {
  const names = Array.from({ length: count }, (_, index) => `${component}${index + 1}`)
  return Object.fromEntries(names.map((name) => [name, { component, ...of }]))
}

const drawn = {
  /** N+M: each program is primary for some, or secondary for others, never both. */
  'n-plus-m': (draw) => ({
    types: { pooled: typeOf({ serves: { primaryCountMax: 2, secondaryCountMax: 3, isMixed: false } }) },
    components: componentsOf(draw, 'pooled', ['pool']),
    assignments: sharing('pool', draw.nodes.length < 3 ? 2 : 3, { redundancy: 'N+M' }),
  }),
  'n-way': (draw) => ({
    types: {
      meshed: typeOf({
        standby: draw.random.pick(['hot', 'warm']),
        exclusive: draw.random.chance(0.5),
        serves: { primaryCountMax: 2, secondaryCountMax: 2, isMixed: true },
      }),
    },
    components: componentsOf(draw, 'meshed', ['mesh']),
    assignments: sharing('mesh', 3, { redundancy: 'N-way' }),
  }),
  'load-sharing': (draw) => ({
    types: { sharing: typeOf({ standby: 'warm', exclusive: false }) },
    components: componentsOf(draw, 'sharing', ['web']),
    assignments: {
      web: {
        component: 'web',
        redundancy: 'load-sharing',
        primaries: { required: 1, preferred: draw.random.pick([2, draw.nodes.length]) },
        withoutQuorum: draw.random.pick(['stop', 'demote', 'freeze', 'ignore']),
      },
    },
  }),
  /** Several primaries of several assignments, in programs that they share. */
  'shared-load': (draw) => ({
    types: {
      serving: typeOf({
        standby: 'warm',
        exclusive: false,
        serves: { primaryCountMax: 3, secondaryCountMax: 0, isMixed: false },
      }),
    },
    components: componentsOf(draw, 'serving', ['farm']),
    assignments: sharing('farm', 2, { redundancy: 'load-sharing', primaries: { required: 2, preferred: 3 } }),
  }),
  dependency: ({ random, scale }) => ({
    relationships: {
      'relay-needs-ledger': {
        kind: 'dependency',
        dependent: 'relay',
        sponsor: 'ledger',
        instanceCountMin: 1,
        toleranceMs: Math.round(random.pick([0, 100, 1_000]) * scale),
        mode: random.pick(['full', 'restart']),
      },
      'batch-needs-relay': {
        kind: 'dependency',
        dependent: 'batch',
        sponsor: 'relay',
        instanceCountMin: 1,
        ...random.pick([
          { toleranceMs: 0, mode: 'start' },
          { toleranceMs: 0, mode: 'full' },
          { toleranceMs: 2_000, mode: 'restart' },
        ] as const),
      },
    },
  }),
  group: (draw) => {
    const nodes = spread(draw)
    return {
      types: { volume: typeOf({ aware: false, standby: 'cold' }), shop: typeOf({ standby: 'warm' }) },
      components: {
        volume: { type: 'volume', nodes, instances: {} },
        shop: { type: 'shop', nodes, instances: {} },
      },
      assignments: {
        volume: { component: 'volume', redundancy: 'none' },
        shop: { component: 'shop', redundancy: draw.random.pick(['none', '2N']) },
      },
      groups: { store: { members: ['volume', 'shop'] } },
    }
  },
  apart: ({ random, nodes }) => ({
    relationships: {
      'batch-apart': {
        kind: 'apart',
        members: ['batch', nodes.length < 3 ? 'batch' : 'relay'].map(assignmentOf).slice(nodes.length < 3 ? 1 : 0),
        level: 'node',
        strength: random.chance(0.7) ? 'required' : 100,
      },
    },
  }),
  together: ({ random }) => ({
    relationships: {
      'ledger-and-relay': {
        kind: 'together',
        members: ['ledger', 'relay'].map(assignmentOf),
        level: 'node',
        strength: random.pick(['required', 50] as const),
      },
    },
  }),
  /** There is not room for all of them on two nodes. */
  capacity: (draw) => ({
    types: { heavy: typeOf({ standby: 'warm' }) },
    components: componentsOf(draw, 'heavy', ['gold', 'silver', 'bronze']),
    assignments: Object.fromEntries(
      ['bronze', 'silver', 'gold'].map((name, priority) => [
        name,
        {
          component: name,
          redundancy: draw.random.pick(['none', '2N'] as const),
          priority,
          weights: { primary: { memory: 3 }, secondary: { memory: 1 } },
          reserve: draw.random.chance(0.2),
        },
      ]),
    ),
    capacity: { memory: draw.random.pick([3, 4, 6]) },
  }),
  /** It goes back to where it would rather be, as soon as it can. */
  'fail-back': (draw) => {
    const nodes = spread(draw)
    return {
      components: { home: { type: draw.random.pick(['hot', 'warm']), nodes, instances: {} } },
      assignments: { home: { component: 'home', redundancy: '2N', failBack: true, wishes: { [nodes[1]!]: 10 } } },
    }
  },
  proxied: (draw) => {
    const nodes = spread(draw)
    return {
      types: { gateway: typeOf({ standby: 'warm', exclusive: false }), device: typeOf({}) },
      components: {
        gateway: { type: 'gateway', nodes, instances: {} },
        device: { type: 'device', nodes, instances: {}, proxy: 'gateway' },
      },
      assignments: {
        gateway: {
          component: 'gateway',
          redundancy: 'load-sharing',
          primaries: { required: 1, preferred: nodes.length },
        },
        device: { component: 'device', redundancy: '2N' },
      },
    }
  },
  /** What fails is soon not used any more for a while. */
  frail: (draw) => ({
    types: {
      frail: typeOf({
        standby: draw.random.pick(['hot', 'warm']),
        recovery: {
          restartLimit: draw.random.pick([0, 1, 2]),
          restartWindowMs: 10_000,
          barredForMs: 4_000,
          ...(draw.random.chance(0.7) && {
            first: draw.random.pick(['reset', 'restart', 'failover', 'switchover', 'nodeSwitchover'] as const),
          }),
        },
      }),
    },
    components: componentsOf(draw, 'frail', ['glass']),
    assignments: {
      glass: { component: 'glass', redundancy: '2N', activeTwice: draw.random.pick(['stopAll', 'stopExtra']) },
    },
  }),
  containment: (draw) => {
    const nodes = spread(draw)
    return {
      components: {
        shelf: { type: 'warm', nodes, instances: {} },
        drawer: { type: 'hot', nodes, instances: {} },
      },
      assignments: {
        shelf: { component: 'shelf', redundancy: 'load-sharing', primaries: { required: 1, preferred: nodes.length } },
        drawer: { component: 'drawer', redundancy: '2N' },
      },
      relationships: {
        'drawer-in-shelf': draw.random.chance(0.5)
          ? { kind: 'containment', container: 'shelf', contained: 'drawer' }
          : { kind: 'component-dependency', dependent: 'drawer', sponsor: 'shelf' },
      },
    }
  },
  /** Programs say which role they have picked, and now and then think better of it. */
  'self-determining': (draw) => ({
    types: { willful: typeOf({ selfDetermining: true, standby: draw.random.pick(['hot', 'warm']) }) },
    components: componentsOf(draw, 'willful', ['mind']),
    assignments: { mind: { component: 'mind', redundancy: '2N' } },
  }),
  releases: ({ random, nodes }) => ({ releases: nodes.map(() => random.pick(['7', '8'])) }),
  recovery: ({ random, scale }) => ({
    recovery: {
      failureLimit: random.pick([1, 3]),
      failureWindowMs: 20_000,
      concurrentMax: random.pick([1, 2, 8]),
      flapLimit: random.pick([2, 4]),
      flapWindowMs: 4_000 * scale,
      holdDownMs: 1_000 * scale,
    },
  }),
} satisfies Record<string, Drawn>

export type PartName = keyof typeof drawn

/** Drawn from a stream of their own, as they came later: seeds have the others as they had them before. */
const laterNames: readonly PartName[] = ['self-determining']
const names = (Object.keys(drawn) as PartName[]).filter((name) => !laterNames.includes(name))

/** Of a part. */
const likelihood = 0.4

export interface MixedOptions {
  readonly random: Random
  /** For what came later. */
  readonly laterRandom: Random
  readonly scale: number
  /** Only these. Left out: by chance, at least one. */
  readonly parts?: readonly PartName[]
}

/** On top of a plain configuration. */
export function mixedOf(plain: Configuration, { random, laterRandom, scale, parts }: MixedOptions): Configuration {
  const drawFor = (name: PartName): Draw => ({
    random: laterNames.includes(name) ? laterRandom : random,
    nodes: Object.keys(plain.nodes),
    scale,
  })
  const certain = random.pick(names)
  const wanted = parts ?? [
    ...names.filter((name) => random.chance(likelihood) || name === certain),
    ...laterNames.filter(() => laterRandom.chance(likelihood)),
  ]
  return wanted.reduce<Configuration>(
    (configuration, name) => withPart(configuration, drawn[name](drawFor(name))),
    plain,
  )
}

function withPart(configuration: Configuration, part: Part): Configuration {
  const { types, components, assignments, relationships, groups, capacity, releases, recovery } = part
  const nodes = Object.entries(configuration.nodes).map(([name, node], index) => [
    name,
    { ...node, ...(capacity && { capacity }), ...(releases && { release: releases[index] }) },
  ])
  return {
    ...configuration,
    nodes: Object.fromEntries(nodes),
    types: { ...configuration.types, ...types },
    components: { ...configuration.components, ...components },
    assignments: { ...configuration.assignments, ...assignments },
    ...(relationships && { relationships: { ...configuration.relationships, ...relationships } }),
    ...(groups && { groups: { ...configuration.groups, ...groups } }),
    ...(releases && { releases: { incompatible: [['7', '8']] } }),
    ...(recovery && { recovery }),
  }
}
