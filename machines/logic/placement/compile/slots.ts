import type { ComponentConfiguration } from '../../../model/configuration.ts'
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

export function slotsOf(of: {
  readonly nodes: readonly NodeName[]
  readonly nodeIndexes: ReadonlyMap<string, number>
  readonly components: readonly CompiledComponent[]
  readonly componentsOf: readonly ComponentConfiguration[]
  readonly assignments: readonly CompiledAssignment[]
}): Slots {
  const { nodes, nodeIndexes, components, componentsOf, assignments } = of
  const hostsFrom = starts(componentsOf, (component) => component.nodes.length)
  const hostCount = hostsFrom[components.length]!
  const hostComponents = new Int32Array(hostCount)
  const hostNodes = new Int32Array(hostCount)
  const hostIds: ComponentId[] = new Array(hostCount)
  for (let component = 0; component < components.length; component++) {
    const { name } = components[component]!
    let host = hostsFrom[component]!
    for (const node of componentsOf[component]!.nodes) {
      hostComponents[host] = component
      hostNodes[host] = nodeIndexes.get(node)!
      hostIds[host] = componentId({ node, component: name })
      host++
    }
  }
  const slotsFrom = starts(assignments, ({ component }) => hostsFrom[component + 1]! - hostsFrom[component]!)
  const slotCount = slotsFrom[assignments.length]!
  const slotAssignments = new Int32Array(slotCount)
  const slotNodes = new Int32Array(slotCount)
  const slotHosts = new Int32Array(slotCount)
  const slotIds: ComponentId[] = new Array(slotCount)
  for (let assignment = 0; assignment < assignments.length; assignment++) {
    const { name, component, isShared } = assignments[assignment]!
    let host = hostsFrom[component]!
    for (let slot = slotsFrom[assignment]!; slot < slotsFrom[assignment + 1]!; slot++) {
      slotAssignments[slot] = assignment
      slotHosts[slot] = host
      slotNodes[slot] = hostNodes[host]!
      slotIds[slot] = isShared ? `${hostIds[host]!}/${name}` : hostIds[host]!
      host++
    }
  }
  return {
    slotCount,
    slotsFrom,
    slotAssignments,
    slotNodes,
    slotHosts,
    slotIds,
    ...wishesOf(assignments, { nodes, slotsFrom, slotNodes }),
    hostCount,
    hostIds,
    hostComponents,
    hostNodes,
    hostsFrom,
  }
}

function wishesOf(
  assignments: readonly CompiledAssignment[],
  of: { readonly nodes: readonly NodeName[]; readonly slotsFrom: Int32Array; readonly slotNodes: Int32Array },
): Pick<Slots, 'slotForbids' | 'slotWishes'> {
  const { nodes, slotsFrom, slotNodes } = of
  const slotForbids = new Uint8Array(slotNodes.length)
  const slotWishes = new Float64Array(slotNodes.length)
  for (let assignment = 0; assignment < assignments.length; assignment++) {
    const { wishes } = assignments[assignment]!.configuration
    if (!wishes) continue
    const isRequiring = Object.values(wishes).includes('required')
    for (let slot = slotsFrom[assignment]!; slot < slotsFrom[assignment + 1]!; slot++) {
      const wish = wishes[nodes[slotNodes[slot]!]!]
      if (wish === 'forbidden' || (isRequiring && wish !== 'required')) slotForbids[slot] = 1
      else if (typeof wish === 'number') slotWishes[slot] = wish
    }
  }
  return { slotForbids, slotWishes }
}

/** Where the part of each begins, and the last ends, if they are put side by side. */
function starts<T>(items: readonly T[], countOf: (item: T) => number): Int32Array {
  const from = new Int32Array(items.length + 1)
  for (let index = 0; index < items.length; index++) from[index + 1] = from[index]! + countOf(items[index]!)
  return from
}
