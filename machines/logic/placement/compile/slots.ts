import type { Configuration } from '../../../model/configuration.ts'
import { type ComponentId, componentId } from '../../../model/ids.ts'
import type { CompiledAssignment, CompiledComponent } from '../compile.ts'

/** A slot is a place that an assignment may be given: one for each node of its component. */
export interface Slots {
  readonly slotCount: number
  /** Of the assignment with this index; one entry more than there are assignments. */
  readonly slotsFrom: Int32Array
  readonly slotAssignments: Int32Array
  readonly slotNodes: Int32Array
  readonly slotHosts: Int32Array
  readonly slotIds: readonly ComponentId[]
  /** Made when first asked for. */
  readonly slotIndexes: () => ReadonlyMap<ComponentId, number>
  /** An instance of a component on a node, served or not. */
  readonly hostCount: number
  readonly hostIds: readonly ComponentId[]
  readonly hostComponents: Int32Array
  readonly hostNodes: Int32Array
  /** Hosts of the component with this index; one entry more than there are components. */
  readonly hostsFrom: Int32Array
}

export function slotsOf(
  { components: configured }: Configuration,
  of: {
    readonly nodeIndexes: ReadonlyMap<string, number>
    readonly components: readonly CompiledComponent[]
    readonly assignments: readonly CompiledAssignment[]
  },
): Slots {
  const { nodeIndexes, components, assignments } = of
  const nodesOf = components.map(({ name }) => configured[name]!.nodes)
  const hostsFrom = starts(nodesOf.map((nodes) => nodes.length))
  const hostCount = hostsFrom[components.length]!
  const hostIds = components.flatMap(({ name }, index) =>
    nodesOf[index]!.map((node) => componentId({ node, component: name })),
  )
  const hostComponents = new Int32Array(hostCount)
  const hostNodes = new Int32Array(hostCount)
  for (let component = 0; component < components.length; component++) {
    const from = hostsFrom[component]!
    nodesOf[component]!.forEach((node, rank) => {
      hostComponents[from + rank] = component
      hostNodes[from + rank] = nodeIndexes.get(node)!
    })
  }
  const slotsFrom = starts(assignments.map(({ component }) => nodesOf[component]!.length))
  const slotCount = slotsFrom[assignments.length]!
  const slotAssignments = new Int32Array(slotCount)
  const slotNodes = new Int32Array(slotCount)
  const slotHosts = new Int32Array(slotCount)
  const slotIds: ComponentId[] = []
  assignments.forEach(({ name, component, isShared }, assignment) => {
    const firstHost = hostsFrom[component]!
    for (let slot = slotsFrom[assignment]!; slot < slotsFrom[assignment + 1]!; slot++) {
      const host = firstHost + slot - slotsFrom[assignment]!
      slotAssignments[slot] = assignment
      slotHosts[slot] = host
      slotNodes[slot] = hostNodes[host]!
      slotIds.push(isShared ? `${hostIds[host]!}/${name}` : hostIds[host]!)
    }
  })
  let indexes: Map<ComponentId, number> | null = null
  const slotIndexes = () => (indexes ??= new Map(slotIds.map((id, slot) => [id, slot])))
  return {
    slotCount,
    slotsFrom,
    slotAssignments,
    slotNodes,
    slotHosts,
    slotIds,
    slotIndexes,
    hostCount,
    hostIds,
    hostComponents,
    hostNodes,
    hostsFrom,
  }
}

function starts(counts: readonly number[]): Int32Array {
  const from = new Int32Array(counts.length + 1)
  for (let index = 0; index < counts.length; index++) from[index + 1] = from[index]! + counts[index]!
  return from
}
