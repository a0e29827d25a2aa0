/**
 * The configuration as the planner's inner loops see it: names turned into integers, relationships between components, places and
 * groups lowered to relationships between assignments (SPEC R3, R5, R6; DESIGN §4). Made once for a configuration and kept as long as
 * that object lives.
 *
 * What it gives: `nodes`, `components` and `assignments`, each sorted by name and found by name (`nodeIndexes`, …); a *slot* for
 * every assignment and node of its component, those of one assignment side by side in the order of the component's nodes
 * (`slotsFrom[a] … slotsFrom[a + 1]`), with the place's id, its node and its *host*: the instance of the component that it is in, which
 * for a plain component is the place itself. `dependencies`, and by assignment `sponsorsOf` and `dependentsOf`, include those that come
 * from groups. `needs` says which components must be in a role on the node where another is used (component-dependency, containment,
 * proxy). `order` lists the assignments as they are decided: the more important first, and never before what they need.
 */
import type {
  AssignmentConfiguration,
  ComponentConfiguration,
  ComponentType,
  Configuration,
  ServingLimits,
} from '../../model/configuration.ts'
import { type AssignmentName, type ComponentId, componentNameOf, type NodeName, nodeOf } from '../../model/ids.ts'
import { isShared, modelOf, servingLimitsOf } from '../../model/redundancy.ts'
import { type Capacities, capacitiesOf } from './compile/capacities.ts'
import { orderOf } from './compile/order.ts'
import { loweredRelationships, type Relationships } from './compile/relationships.ts'
import { type Slots, slotsOf } from './compile/slots.ts'

export interface CompiledAssignment {
  readonly name: AssignmentName
  readonly configuration: AssignmentConfiguration
  readonly component: number
  readonly type: ComponentType
  readonly isShared: boolean
  readonly canBePrimary: boolean
  readonly canBeSecondary: boolean
  readonly canBeSpare: boolean
  readonly primaryRequired: number
  readonly primaryPreferred: number
  readonly secondaryRequired: number
  readonly secondaryPreferred: number
  readonly isRanked: boolean
  readonly priority: number
  /** Place of its priority among all that occur, 0 the highest. */
  readonly level: number
  readonly isFailingBack: boolean
  readonly isReserving: boolean
  /** Only a secondary that is in step may follow its primary (trap 16): a hot one, whose state is in the component itself. */
  readonly isStepNeeded: boolean
  /** Its standbys run in step with it, and take over at once if it fails. */
  readonly hasHotStandby: boolean
  /** Nobody stands by with state of its own: any sound place is as good as another, but for the move. */
  readonly isStateless: boolean
}

export interface CompiledComponent {
  readonly name: string
  readonly type: ComponentType
  readonly isShared: boolean
  readonly limits: ServingLimits
  /** Those that it serves. */
  readonly assignments: readonly number[]
  /** So many of its instances are better left without primaries, to be secondary for all it serves (N+M); 0 where one can be both. */
  readonly standbyHostCount: number
}

export interface Compiled extends Slots, Capacities, Relationships {
  readonly configuration: Configuration
  readonly nodes: readonly NodeName[]
  readonly nodeIndexes: ReadonlyMap<NodeName, number>
  readonly components: readonly CompiledComponent[]
  readonly componentIndexes: ReadonlyMap<string, number>
  readonly assignments: readonly CompiledAssignment[]
  readonly assignmentIndexes: ReadonlyMap<AssignmentName, number>
  /** Priorities that occur, highest first. */
  readonly levelCount: number
  /** By assignment: 1 where no relationship, its own or its component's, says where it may be. */
  readonly isUnrelated: Uint8Array
  readonly order: Int32Array
  /** By assignment: its place in the order. */
  readonly positions: Int32Array
  /** Whether somebody reserves room; and the slots of those who do, the more important first. */
  readonly isReserving: boolean
  readonly reservingSlots: readonly number[]
  /** Whether a node has a release, or some releases don't go together: only then are releases looked at. */
  readonly hasReleases: boolean
  /** Whether one release cannot follow another, `a b` with a blank between. */
  readonly incompatible: ReadonlySet<string>
}

const known = new WeakMap<Configuration, Compiled>()

export function compiled(configuration: Configuration): Compiled {
  const before = known.get(configuration)
  if (before) return before
  const made = compile(configuration)
  known.set(configuration, made)
  return made
}

/** The instance of a component that a place, or the instance itself, is in; -1: the configuration has none. */
export function hostIndexOf(of: Compiled, id: ComponentId): number {
  const component = of.componentIndexes.get(componentNameOf(id))
  const node = of.nodeIndexes.get(nodeOf(id))
  if (component === undefined || node === undefined) return -1
  return hostOn(of, component, node)
}

/** The instance of a component on a node; -1: there is none. */
export function hostOn({ hostsFrom, hostNodes }: Compiled, component: number, node: number): number {
  for (let host = hostsFrom[component]!; host < hostsFrom[component + 1]!; host++)
    if (hostNodes[host] === node) return host
  return -1
}

function compile(configuration: Configuration): Compiled {
  const nodes = inOrder(configuration.nodes).names
  const nodeIndexes = indexesOf(nodes)
  const { names: componentNames, values: componentsOf } = inOrder(configuration.components)
  const componentIndexes = indexesOf(componentNames)
  const { names, values: assignmentsOf } = inOrder(configuration.assignments)
  const assignments = compiledAssignments(configuration.types, {
    names,
    assignmentsOf,
    componentIndexes,
    componentsOf,
  })
  const served = servedBy(componentNames.length, assignments)
  const components = componentsOf.map((of, index) =>
    compiledComponent(componentNames[index]!, configuration.types[of.type]!, { served: served[index]!, assignments }),
  )
  const assignmentIndexes = indexesOf(names)
  const relationships = loweredRelationships(configuration, {
    nodes,
    assignmentIndexes,
    componentIndexes,
    components,
    componentsOf,
    assignments,
  })
  const slots = slotsOf({ nodes, nodeIndexes, components, componentsOf, assignments })
  const order = orderOf(assignments, components, relationships)
  const reserving = Array.from(order.filter((index) => assignments[index]!.isReserving))
  return {
    configuration,
    nodes,
    nodeIndexes,
    components,
    componentIndexes,
    assignments,
    assignmentIndexes,
    levelCount: assignments.reduce((most, { level }) => Math.max(most, level + 1), 0),
    ...slots,
    ...capacitiesOf(configuration, { nodes, assignments }),
    ...relationships,
    isUnrelated: unrelated(configuration, assignments, relationships),
    order,
    positions: positionsIn(order),
    isReserving: reserving.length > 0,
    reservingSlots: reserving.flatMap((index) => range(slots.slotsFrom[index]!, slots.slotsFrom[index + 1]!)),
    hasReleases:
      (configuration.releases?.incompatible.length ?? 0) > 0 ||
      nodes.some((node) => configuration.nodes[node]!.release !== undefined),
    incompatible: new Set(
      (configuration.releases?.incompatible ?? []).flatMap(([one, other]) => [`${one} ${other}`, `${other} ${one}`]),
    ),
  }
}

function unrelated(
  { releases }: Configuration,
  assignments: readonly CompiledAssignment[],
  { sponsorsOf, togethersOf, apartsOf, needsOf }: Relationships,
): Uint8Array {
  const isUnrelated = new Uint8Array(assignments.length)
  if ((releases?.incompatible.length ?? 0) > 0) return isUnrelated
  for (let index = 0; index < isUnrelated.length; index++) {
    const isRelated =
      sponsorsOf[index]!.length > 0 ||
      togethersOf[index]!.length > 0 ||
      apartsOf[index]!.length > 0 ||
      needsOf[assignments[index]!.component]!.length > 0
    isUnrelated[index] = isRelated ? 0 : 1
  }
  return isUnrelated
}

function positionsIn(order: Int32Array): Int32Array {
  const positions = new Int32Array(order.length)
  for (let position = 0; position < order.length; position++) positions[order[position]!] = position
  return positions
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at)
}

/** By name. Most are in order already. */
function inOrder<T>(record: Readonly<Record<string, T>>): { names: readonly string[]; values: readonly T[] } {
  const names = Object.keys(record)
  for (let at = 1; at < names.length; at++)
    if (names[at - 1]! > names[at]!) return { names: names.sort(), values: names.map((name) => record[name]!) }
  return { names, values: Object.values(record) }
}

function indexesOf(names: readonly string[]): Map<string, number> {
  const indexes = new Map<string, number>()
  for (let index = 0; index < names.length; index++) indexes.set(names[index]!, index)
  return indexes
}

/** Each priority's place among all that occur. */
function levelsOf(assignments: readonly AssignmentConfiguration[]): Map<number, number> {
  const priorities = new Set<number>()
  for (const { priority } of assignments) priorities.add(priority ?? 0)
  return new Map([...priorities].sort((a, b) => b - a).map((priority, level) => [priority, level]))
}

function compiledAssignments(
  types: Configuration['types'],
  of: {
    readonly names: readonly AssignmentName[]
    readonly assignmentsOf: readonly AssignmentConfiguration[]
    readonly componentIndexes: ReadonlyMap<string, number>
    readonly componentsOf: readonly ComponentConfiguration[]
  },
): CompiledAssignment[] {
  const { names, assignmentsOf, componentIndexes, componentsOf } = of
  const levels = levelsOf(assignmentsOf)
  const assignments: CompiledAssignment[] = new Array(names.length)
  for (let index = 0; index < names.length; index++) {
    const configuration = assignmentsOf[index]!
    const component = componentIndexes.get(configuration.component)!
    const type = types[componentsOf[component]!.type]!
    const isProxied = componentsOf[component]!.proxy !== undefined
    const { primaries, secondaries, distribution } = modelOf(configuration)
    const { roles } = type
    const hasHotStandby = type.standby === 'hot' && secondaries.preferred > 0 && primaries.preferred <= 1
    assignments[index] = {
      name: names[index]!,
      configuration,
      component,
      type,
      isShared: isShared(type),
      canBePrimary: roles === undefined || roles.includes('primary'),
      canBeSecondary: roles === undefined || roles.includes('secondary'),
      canBeSpare: roles === undefined || roles.includes('spare'),
      primaryRequired: primaries.required,
      primaryPreferred: Math.max(primaries.required, primaries.preferred),
      secondaryRequired: secondaries.required,
      secondaryPreferred: Math.max(secondaries.required, secondaries.preferred),
      isRanked: distribution === 'ranked',
      priority: configuration.priority ?? 0,
      level: levels.get(configuration.priority ?? 0)!,
      isFailingBack: configuration.failBack === true,
      isReserving: configuration.reserve === true,
      hasHotStandby,
      isStepNeeded: hasHotStandby && !isProxied,
      isStateless: type.standby === 'cold' || secondaries.preferred === 0 || isProxied,
    }
  }
  return assignments
}

function servedBy(componentCount: number, assignments: readonly CompiledAssignment[]): number[][] {
  const served: number[][] = Array.from({ length: componentCount }, () => [])
  for (let index = 0; index < assignments.length; index++) served[assignments[index]!.component]!.push(index)
  return served
}

function compiledComponent(
  name: string,
  type: ComponentType,
  { served, assignments }: { served: readonly number[]; assignments: readonly CompiledAssignment[] },
): CompiledComponent {
  const limits = servingLimitsOf(type)
  const isSharedType = isShared(type)
  const standbyHostCount = isSharedType && !limits.isMixed ? standbyHosts(limits, served, assignments) : 0
  return { name, type, isShared: isSharedType, limits, assignments: served, standbyHostCount }
}

function standbyHosts(
  { secondaryCountMax }: ServingLimits,
  served: readonly number[],
  assignments: readonly CompiledAssignment[],
): number {
  const wanted = served.map((index) => assignments[index]!.secondaryPreferred)
  const sum = wanted.reduce((total, count) => total + count, 0)
  return Math.max(Math.ceil(sum / Math.max(1, secondaryCountMax)), ...wanted, 0)
}
