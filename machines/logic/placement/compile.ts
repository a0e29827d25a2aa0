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
import type { AssignmentConfiguration, ComponentType, Configuration, ServingLimits } from '../../model/configuration.ts'
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
  const nodes = sortedKeys(configuration.nodes)
  const nodeIndexes = indexesOf(nodes)
  const names = sortedKeys(configuration.assignments)
  const componentNames = sortedKeys(configuration.components)
  const componentIndexes = indexesOf(componentNames)
  const assignments = compiledAssignments(configuration, names, componentIndexes)
  const served: { index: number; secondaryPreferred: number }[][] = componentNames.map(() => [])
  assignments.forEach(({ component, secondaryPreferred }, index) => {
    served[component]!.push({ index, secondaryPreferred })
  })
  const components = componentNames.map((name, index) =>
    compiledComponent(configuration, { name, assignments: served[index]! }),
  )
  const assignmentIndexes = indexesOf(names)
  const relationships = loweredRelationships(configuration, {
    nodes,
    assignmentIndexes,
    componentIndexes,
    components,
    assignments,
  })
  const slots = slotsOf(configuration, { nodeIndexes, components, assignments })
  const order = orderOf(assignments, components, relationships)
  const reserving = [...order].filter((index) => assignments[index]!.isReserving)
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
  const isAnyRelated = (releases?.incompatible.length ?? 0) > 0
  return Uint8Array.from(assignments, ({ component }, index) => {
    const related = [sponsorsOf[index]!, togethersOf[index]!, apartsOf[index]!, needsOf[component]!]
    return isAnyRelated || related.some((list) => list.length > 0) ? 0 : 1
  })
}

function positionsIn(order: Int32Array): Int32Array {
  const positions = new Int32Array(order.length)
  for (let position = 0; position < order.length; position++) positions[order[position]!] = position
  return positions
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at)
}

/** Most are in order already. */
function sortedKeys(record: object): string[] {
  const keys = Object.keys(record)
  for (let at = 1; at < keys.length; at++) if (keys[at - 1]! > keys[at]!) return keys.sort()
  return keys
}

function indexesOf(names: readonly string[]): Map<string, number> {
  const indexes = new Map<string, number>()
  for (let index = 0; index < names.length; index++) indexes.set(names[index]!, index)
  return indexes
}

function compiledAssignments(
  configuration: Configuration,
  names: readonly AssignmentName[],
  componentIndexes: ReadonlyMap<string, number>,
): CompiledAssignment[] {
  const priorities = new Set<number>()
  for (const name of names) priorities.add(configuration.assignments[name]!.priority ?? 0)
  const levels = new Map([...priorities].sort((a, b) => b - a).map((priority, level) => [priority, level]))
  return names.map((name) => {
    const of = configuration.assignments[name]!
    const component = configuration.components[of.component]!
    const type = configuration.types[component.type]!
    const { primaries, secondaries, distribution } = modelOf(of)
    const priority = of.priority ?? 0
    const { roles } = type
    const hasHotStandby = type.standby === 'hot' && secondaries.preferred > 0 && primaries.preferred <= 1
    return {
      name,
      configuration: of,
      component: componentIndexes.get(of.component)!,
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
      priority,
      level: levels.get(priority)!,
      isFailingBack: of.failBack === true,
      isReserving: of.reserve === true,
      hasHotStandby,
      isStepNeeded: hasHotStandby && component.proxy === undefined,
      isStateless: type.standby === 'cold' || secondaries.preferred === 0 || component.proxy !== undefined,
    }
  })
}

function compiledComponent(
  { components, types }: Configuration,
  {
    name,
    assignments,
  }: { name: string; assignments: readonly { readonly index: number; readonly secondaryPreferred: number }[] },
): CompiledComponent {
  const type = types[components[name]!.type]!
  const limits = servingLimitsOf(type)
  const standbyHostCount = isShared(type) && !limits.isMixed ? standbyHosts(limits, assignments) : 0
  return {
    name,
    type,
    isShared: isShared(type),
    limits,
    assignments: assignments.map(({ index }) => index),
    standbyHostCount,
  }
}

function standbyHosts(
  { secondaryCountMax }: ServingLimits,
  assignments: readonly { readonly secondaryPreferred: number }[],
): number {
  const wanted = assignments.map(({ secondaryPreferred }) => secondaryPreferred)
  const sum = wanted.reduce((total, count) => total + count, 0)
  return Math.max(Math.ceil(sum / Math.max(1, secondaryCountMax)), ...wanted, 0)
}
