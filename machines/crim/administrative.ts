/** What operators and recovery have set of nodes, assignments, components and the cluster, as the repository has it. */
import type { Administrative, NodeState } from '../logic/placement/index.ts'
import type { AssignmentName, ComponentId, NodeName } from '../model/ids.ts'
import type { Change } from './context.ts'
import { below, clusterStateKey, prefixes } from './keys.ts'

export const nothingSet: Administrative = { nodes: {}, assignments: {}, components: {}, isMaintained: false }

/** Takes one entry over. Keys of others, and words of a later release, change nothing. */
export function administered(before: Administrative, { key, value }: Change): Administrative {
  if (key === clusterStateKey) return { ...before, isMaintained: value === 'maintenance' }
  const node = below<NodeName>(prefixes.node, key)
  if (node !== null) return { ...before, nodes: changed(before.nodes, node, nodeStateOf(value)) }
  const assignment = below<AssignmentName>(prefixes.assignment, key)
  if (assignment !== null) {
    const state = value === 'locked' || value === 'maintenance' ? value : null
    return { ...before, assignments: changed(before.assignments, assignment, state) }
  }
  const component = below<ComponentId>(prefixes.component, key)
  if (component === null) return before
  const state = value === 'maintenance' ? value : null
  return { ...before, components: changed(before.components, component, state) }
}

/** As it is kept: the word alone where an operator set it, with the reason where recovery did. */
export type StoredNodeState = NodeState | { readonly state: NodeState; readonly reason: string }

function nodeStateOf(value: unknown): NodeState | null {
  const state = typeof value === 'object' && value !== null ? (value as { state?: unknown }).state : value
  return state === 'standby' || state === 'held' || state === 'maintenance' ? state : null
}

function changed<T>(record: Readonly<Record<string, T>>, name: string, value: T | null): Readonly<Record<string, T>> {
  if (value !== null) return { ...record, [name]: value }
  const { [name]: _, ...others } = record
  return others
}
