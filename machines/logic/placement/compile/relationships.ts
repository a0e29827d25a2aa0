/** Relationships (SPEC R5) by index, with components and groups lowered to the assignments that they stand for. */
import type { ComponentConfiguration, Configuration } from '../../../model/configuration.ts'
import type { Dependency, Member, Relationship, Strength } from '../../../model/relationships.ts'
import type { CompiledAssignment, CompiledComponent } from '../compile.ts'

export interface CompiledDependency {
  /** Its name in the configuration; `group G` for those of a group. */
  readonly name: string
  readonly dependent: number
  readonly sponsor: number
  readonly instanceCountMin: number
  readonly toleranceMs: number
  readonly mode: Dependency['mode']
}

export interface CompiledTogether {
  readonly index: number
  readonly name: string
  readonly members: readonly number[]
  /** Which domain of its level each node is in. */
  readonly domains: Int32Array
  readonly level: string
  /** null: required. */
  readonly weight: number | null
}

export interface CompiledApart {
  readonly index: number
  readonly name: string
  /** The assignments that each member stands for. With one class, each of its assignments is apart from itself only. */
  readonly classes: readonly (readonly number[])[]
  /** The same, to look up in. */
  readonly classSets: readonly ReadonlySet<number>[]
  readonly domains: Int32Array
  readonly level: string
  readonly weight: number | null
}

/** On one node, the dependent component is used only where the sponsor has a role: where it is primary, of a proxy. */
export interface Need {
  readonly name: string
  readonly kind: 'component-dependency' | 'containment' | 'proxy'
  readonly dependent: number
  readonly sponsor: number
}

export interface Relationships {
  readonly dependencies: readonly CompiledDependency[]
  /** Dependencies in which it is the dependent; empty lists are shared. */
  readonly sponsorsOf: readonly (readonly CompiledDependency[])[]
  readonly dependentsOf: readonly (readonly CompiledDependency[])[]
  readonly togethers: readonly CompiledTogether[]
  readonly togethersOf: readonly (readonly CompiledTogether[])[]
  readonly aparts: readonly CompiledApart[]
  readonly apartsOf: readonly (readonly CompiledApart[])[]
  /** Components that need others. */
  readonly needing: readonly number[]
  /** By component that needs another. */
  readonly needsOf: readonly (readonly Need[])[]
  /** By component that is needed. */
  readonly neededBy: readonly (readonly Need[])[]
}

interface Names {
  readonly nodes: readonly string[]
  readonly assignmentIndexes: ReadonlyMap<string, number>
  readonly componentIndexes: ReadonlyMap<string, number>
  readonly components: readonly CompiledComponent[]
  readonly componentsOf: readonly ComponentConfiguration[]
  readonly assignments: readonly CompiledAssignment[]
}

export function loweredRelationships(configuration: Configuration, names: Names): Relationships {
  const relationships = byName(configuration.relationships)
  const dependencies = [...dependenciesOf(relationships, names), ...groupDependencies(configuration, names)]
  const togethers = togethersIn(configuration, relationships, names)
  const aparts = apartsIn(configuration, relationships, names)
  const needs = needsIn(relationships, names)
  const { assignments, components } = names
  return {
    dependencies,
    sponsorsOf: listed(assignments.length, dependencies, ({ dependent }) => [dependent]),
    dependentsOf: listed(assignments.length, dependencies, ({ sponsor }) => [sponsor]),
    togethers,
    togethersOf: listed(assignments.length, togethers, ({ members }) => members),
    aparts,
    apartsOf: listed(assignments.length, aparts, ({ classes }) => new Set(classes.flat())),
    needing: [...new Set(needs.map(({ dependent }) => dependent))],
    needsOf: listed(components.length, needs, ({ dependent }) => [dependent]),
    neededBy: listed(components.length, needs, ({ sponsor }) => [sponsor]),
  }
}

function byName<T>(record: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
}

function dependenciesOf(
  relationships: readonly [string, Relationship][],
  { assignmentIndexes }: Names,
): CompiledDependency[] {
  return relationships.flatMap(([name, of]) => {
    if (of.kind !== 'dependency') return []
    const { instanceCountMin, toleranceMs, mode } = of
    const [dependent, sponsor] = [assignmentIndexes.get(of.dependent)!, assignmentIndexes.get(of.sponsor)!]
    return [{ name, dependent, sponsor, instanceCountMin, toleranceMs, mode }]
  })
}

/** Each member needs all before it, at once and in full: the order holds though one between two is not there. */
function groupDependencies({ groups }: Configuration, { assignmentIndexes }: Names): CompiledDependency[] {
  return byName(groups).flatMap(([group, { members }]) =>
    members.flatMap((member, at) =>
      members.slice(0, at).map((sponsor) => ({
        name: `group ${group}`,
        dependent: assignmentIndexes.get(member)!,
        sponsor: assignmentIndexes.get(sponsor)!,
        instanceCountMin: 1,
        toleranceMs: 0,
        mode: 'full' as const,
      })),
    ),
  )
}

const weightOf = (strength: Strength) => (strength === 'required' ? null : strength)

function togethersIn(
  configuration: Configuration,
  relationships: readonly [string, Relationship][],
  names: Names,
): CompiledTogether[] {
  const stated = relationships.flatMap(([name, of]) => {
    if (of.kind !== 'together') return []
    const members = [...new Set(of.members.flatMap((member) => assignmentsOf(member, names)))].sort((a, b) => a - b)
    return [{ name, members, level: of.level, weight: weightOf(of.strength) }]
  })
  const grouped = byName(configuration.groups).map(([group, { members }]) => ({
    name: `group ${group}`,
    members: members.map((member) => names.assignmentIndexes.get(member)!),
    level: 'node',
    weight: null,
  }))
  return [...stated, ...grouped].map((of, index) => ({
    ...of,
    index,
    domains: domainsOf(configuration, names, of.level),
  }))
}

function apartsIn(
  configuration: Configuration,
  relationships: readonly [string, Relationship][],
  names: Names,
): CompiledApart[] {
  return relationships
    .flatMap(([name, of]) => (of.kind === 'apart' ? [{ name, of }] : []))
    .map(({ name, of }) => ({ name, of, classes: of.members.map((member) => assignmentsOf(member, names)) }))
    .map(({ name, of, classes }, index) => ({
      index,
      name,
      classes,
      classSets: classes.map((members) => new Set(members)),
      domains: domainsOf(configuration, names, of.level),
      level: of.level,
      weight: weightOf(of.strength),
    }))
}

/** A sponsor that no assignment uses has no roles, and nobody waits for it. */
function needsIn(
  relationships: readonly [string, Relationship][],
  { componentIndexes, components, componentsOf }: Names,
): Need[] {
  const need = (name: string, kind: Need['kind'], dependent: string, sponsor: string): Need => ({
    name,
    kind,
    dependent: componentIndexes.get(dependent)!,
    sponsor: componentIndexes.get(sponsor)!,
  })
  const stated = relationships.flatMap(([name, of]) => {
    if (of.kind === 'component-dependency') return [need(name, of.kind, of.dependent, of.sponsor)]
    return of.kind === 'containment' ? [need(name, of.kind, of.contained, of.container)] : []
  })
  const proxied: Need[] = []
  for (let index = 0; index < components.length; index++) {
    const { proxy } = componentsOf[index]!
    if (proxy !== undefined) proxied.push(need(`proxy ${proxy}`, 'proxy', components[index]!.name, proxy))
  }
  return [...stated, ...proxied].filter(({ sponsor }) => components[sponsor]!.assignments.length > 0)
}

function assignmentsOf(member: Member, { assignmentIndexes, componentIndexes, components }: Names): readonly number[] {
  if (member.component === undefined) return [assignmentIndexes.get(member.assignment)!]
  return components[componentIndexes.get(member.component)!]!.assignments
}

/** A node that says nothing of a level is in a place of its own there. */
function domainsOf({ nodes: configured }: Configuration, { nodes }: Names, level: string): Int32Array {
  const known = new Map<string, number>()
  return Int32Array.from(nodes, (node) => {
    const named = level === 'node' ? undefined : configured[node]!.containment?.[level]
    const key = named === undefined ? `node ${node}` : `in ${named}`
    const domain = known.get(key) ?? known.size
    known.set(key, domain)
    return domain
  })
}

const none: readonly never[] = []

function listed<T>(count: number, items: readonly T[], owners: (item: T) => Iterable<number>): (readonly T[])[] {
  const lists: (readonly T[])[] = new Array(count).fill(none)
  for (const item of items)
    for (const owner of owners(item)) {
      if (lists[owner] === none) lists[owner] = []
      ;(lists[owner] as T[]).push(item)
    }
  return lists
}
