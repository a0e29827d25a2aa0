/**
 * Clusters of every redundancy model, with relationships, and decisions for them in which everything has its place; drawn from a seed.
 * The rules are looked up in the configuration as written, not as the planner compiles it.
 */

import type {
  AssignmentConfiguration,
  ComponentConfiguration,
  ComponentType,
  Configuration,
  NodeConfiguration,
} from '../../machines/model/configuration.ts'
import { type ComponentId, componentId, hostOf, type NodeName, nodeOf, placeId } from '../../machines/model/ids.ts'
import { isShared, modelOf, servingLimitsOf } from '../../machines/model/redundancy.ts'
import type { Dependency, Relationship } from '../../machines/model/relationships.ts'
import type { Role } from '../../machines/model/roles.ts'
import { componentType, configuration } from './configuration.ts'
import type { Roles } from './stepsWorld.ts'

export type Random = () => number

/** mulberry32 */
export function randomFrom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function pick<T>(random: Random, of: readonly T[]): T {
  return of[Math.floor(random() * of.length)]!
}

const chance = (random: Random, share: number) => random() < share

const types: Readonly<Record<string, ComponentType>> = {
  hot: componentType({ standby: 'hot' }),
  warm: componentType({ standby: 'warm' }),
  cold: componentType({ standby: 'cold', aware: false }),
  many: componentType({ exclusive: false }),
  pool: componentType({ serves: { primaryCountMax: 1, secondaryCountMax: 2, isMixed: false } }),
  mesh: componentType({ serves: { primaryCountMax: 2, secondaryCountMax: 2, isMixed: true } }),
  duo: componentType({ serves: { primaryCountMax: 2, secondaryCountMax: 2, isMixed: false } }),
  web: componentType({ exclusive: false, serves: { primaryCountMax: 2, secondaryCountMax: 0, isMixed: false } }),
}

const redundancies = {
  hot: '2N',
  warm: '2N',
  cold: 'none',
  many: 'load-sharing',
  pool: 'N+M',
  mesh: 'N-way',
  duo: 'N+M',
  web: 'load-sharing',
} as const

/** Some assignments have a component of their own, those of shared types have one in common. */
export function mixedConfiguration(
  random: Random,
  of: { readonly nodeCount: number; readonly assignmentCount: number },
): Configuration {
  const names = Array.from({ length: of.nodeCount }, (_, index) => `n${index + 1}`)
  const base = configuration({ nodes: names })
  const isLimited = chance(random, 0.7)
  const nodes = Object.fromEntries(
    Object.entries(base.nodes).map(([name, node], index): [NodeName, NodeConfiguration] => [
      name,
      {
        ...node,
        containment: { shelf: index % 2 === 0 ? 'a' : 'b' },
        capacity: { memory: isLimited ? 3 + Math.floor(random() * 4) : 100 },
      },
    ]),
  )
  const components: Record<string, ComponentConfiguration> = {}
  const assignments: Record<string, AssignmentConfiguration> = {}
  for (let index = 0; index < of.assignmentCount; index++) {
    const type = pick(random, Object.keys(types)) as keyof typeof redundancies
    const component = isShared(types[type]!) ? type : `${type}${index}`
    components[component] ??= { type, nodes: shuffled(random, names), instances: {} }
    assignments[`a${index}`] = assignmentOf(random, type, component)
  }
  return { ...base, nodes, types, components, assignments, relationships: relationshipsOf(random, assignments) }
}

function assignmentOf(random: Random, type: keyof typeof redundancies, component: string): AssignmentConfiguration {
  const primaries = redundancies[type] === 'load-sharing' ? { required: 1, preferred: 2 } : undefined
  return {
    component,
    redundancy: redundancies[type],
    priority: Math.floor(random() * 3),
    weights: { primary: { memory: 1 + Math.floor(random() * 2) }, secondary: { memory: Math.floor(random() * 2) } },
    ...(primaries ? { primaries } : {}),
  }
}

/** Dependencies go from higher to lower names, so there is no circle. */
function relationshipsOf(
  random: Random,
  assignments: Configuration['assignments'],
): Readonly<Record<string, Relationship>> {
  const names = Object.keys(assignments)
  const relationships: Record<string, Relationship> = {}
  for (const [index, dependent] of names.entries()) {
    if (index === 0 || !chance(random, 0.5)) continue
    relationships[`d${index}`] = {
      kind: 'dependency',
      dependent,
      sponsor: names[Math.floor(random() * index)]!,
      instanceCountMin: 1,
      toleranceMs: pick(random, [0, 1000]),
      mode: pick(random, ['start', 'full', 'restart'] as const),
    }
  }
  if (names.length > 1 && chance(random, 0.4)) {
    const members = [names[0]!, names.at(-1)!].map((assignment) => ({ assignment }))
    relationships.apart = { kind: 'apart', members, level: pick(random, ['node', 'shelf']), strength: 'required' }
  }
  return relationships
}

export function dependenciesOf({ relationships }: Configuration): Dependency[] {
  return Object.values(relationships ?? {}).filter((of) => of.kind === 'dependency')
}

export function placesOf({ assignments, components, types: known }: Configuration, assignment: string): ComponentId[] {
  const { component } = assignments[assignment]!
  const { nodes, type } = components[component]!
  return nodes.map((node) =>
    isShared(known[type]!) ? placeId({ node, component, assignment }) : componentId({ node, component }),
  )
}

/** A decision in which everything fits. What finds no place is not served; nor are those that need it. */
export function randomRoles(random: Random, of: Configuration, { without }: { without?: NodeName } = {}): Roles {
  const held: Held[] = []
  const roles: Record<string, Record<ComponentId, Role>> = {}
  for (const assignment of Object.keys(of.assignments)) {
    const { primaries, secondaries } = modelOf(of.assignments[assignment]!)
    const places = placesOf(of, assignment)
    const mine: Record<ComponentId, Role> = {}
    for (const place of places) mine[place] = nodeOf(place) !== without && chance(random, 0.8) ? 'spare' : 'offline'
    roles[assignment] = mine
    if (isWithoutSponsor(of, roles, assignment)) continue
    const give = (role: 'primary' | 'secondary', count: number) => {
      let given = 0
      for (const place of shuffled(random, places)) {
        if (nodeOf(place) === without || given === count || mine[place] === 'primary' || mine[place] === 'secondary')
          continue
        if (!isAllowed(of, [...held, { assignment, place, role }])) continue
        held.push({ assignment, place, role })
        mine[place] = role
        given += 1
      }
      return given
    }
    if (give('primary', Math.min(primaries.preferred, 2)) > 0) give('secondary', secondaries.preferred)
  }
  return roles
}

function isWithoutSponsor(of: Configuration, roles: Roles, assignment: string): boolean {
  return dependenciesOf(of).some(
    ({ dependent, sponsor }) => dependent === assignment && !Object.values(roles[sponsor] ?? {}).includes('primary'),
  )
}

export interface Held {
  readonly assignment: string
  readonly place: ComponentId
  readonly role: 'primary' | 'secondary'
  /** Secondary still: where one component is promoted for several, they go together. */
  readonly isToBePrimary?: boolean
}

/** Whether all of this can be at once. */
function isAllowed(of: Configuration, held: readonly Held[]): boolean {
  return excesses(of, held).size === 0
}

/** By how much capacity, serving limits and hard apart are exceeded, by what they are about. */
export function excesses(of: Configuration, held: readonly Held[]): Map<string, number> {
  const found = new Map<string, number>()
  const note = (subject: string, excess: number) => {
    if (excess > 0) found.set(subject, excess)
  }
  for (const [node, { capacity }] of Object.entries(of.nodes)) {
    const there = held.filter(({ place }) => nodeOf(place) === node)
    const weights = there.map(({ assignment, role }) => of.assignments[assignment]!.weights![role].memory!)
    if (capacity) note(`memory of ${node}`, weights.reduce((sum, weight) => sum + weight, 0) - capacity.memory!)
  }
  for (const host of new Set(held.map(({ place }) => hostOf(place)))) {
    const there = held.filter(({ place }) => hostOf(place) === host)
    const type = of.types[of.components[of.assignments[there[0]!.assignment]!.component]!.type]!
    const { primaryCountMax, secondaryCountMax, isMixed } = servingLimitsOf(type)
    const primaryCount = there.filter(({ role }) => role === 'primary').length
    const secondaryCount = there.length - primaryCount
    note(`primaries of ${host}`, primaryCount - primaryCountMax)
    note(`secondaries of ${host}`, secondaryCount - secondaryCountMax)
    const stayingCount = there.filter(({ role, isToBePrimary }) => role === 'secondary' && !isToBePrimary).length
    if (!isMixed) note(`mixture of ${host}`, Math.min(primaryCount, stayingCount))
  }
  for (const [one, other] of pairsApart(of, held)) note(`distance of ${one.place} and ${other.place}`, 1)
  return found
}

/** Those that are together and should be apart. */
function pairsApart({ relationships, nodes }: Configuration, held: readonly Held[]): [Held, Held][] {
  const apart = relationships?.apart
  if (apart?.kind !== 'apart') return []
  const domain = (place: ComponentId) =>
    apart.level === 'node' ? nodeOf(place) : nodes[nodeOf(place)]!.containment![apart.level]
  const [ones, others] = apart.members.map(({ assignment }) => held.filter((of) => of.assignment === assignment))
  return ones!.flatMap((one) =>
    others!.filter(({ place }) => domain(place) === domain(one.place)).map((other): [Held, Held] => [one, other]),
  )
}

export function shuffled<T>(random: Random, of: readonly T[]): T[] {
  const list = [...of]
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    ;[list[index], list[other]] = [list[other]!, list[index]!]
  }
  return list
}
