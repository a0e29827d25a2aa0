import type { Configuration } from '../../../model/configuration.ts'
import { type ComponentId, componentId, type NodeName } from '../../../model/ids.ts'
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
  /** 1: its assignment is forbidden there, or required elsewhere. */
  readonly slotForbids: Uint8Array
  /** Weight of the assignment's wish for the node. */
  readonly slotWishes: Float64Array
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
  return {
    slotCount,
    slotsFrom,
    slotAssignments,
    slotNodes,
    slotHosts,
    slotIds,
    ...wishesOf(assignments, { slotsFrom, nodesOf: (component) => nodesOf[component]! }),
    hostCount,
    hostIds,
    hostComponents,
    hostNodes,
    hostsFrom,
  }
}

function wishesOf(
  assignments: readonly CompiledAssignment[],
  { slotsFrom, nodesOf }: { slotsFrom: Int32Array; nodesOf: (component: number) => readonly NodeName[] },
): Pick<Slots, 'slotForbids' | 'slotWishes'> {
  const slotForbids = new Uint8Array(slotsFrom[assignments.length]!)
  const slotWishes = new Float64Array(slotForbids.length)
  assignments.forEach(({ configuration: { wishes }, component }, assignment) => {
    if (!wishes) return
    const isRequiring = Object.values(wishes).includes('required')
    nodesOf(component).forEach((node, rank) => {
      const wish = wishes[node]
      const slot = slotsFrom[assignment]! + rank
      if (wish === 'forbidden' || (isRequiring && wish !== 'required')) slotForbids[slot] = 1
      else if (typeof wish === 'number') slotWishes[slot] = wish
    })
  })
  return { slotForbids, slotWishes }
}

function starts(counts: readonly number[]): Int32Array {
  const from = new Int32Array(counts.length + 1)
  for (let index = 0; index < counts.length; index++) from[index + 1] = from[index]! + counts[index]!
  return from
}
