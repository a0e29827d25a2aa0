/** What an operation is for: whether it is there, what it is called, which places it covers, and which keys stand for its state. */
import { candidatesOf } from '../../logic/placement/index.ts'
import { type AssignmentName, type ComponentId, componentNameOf, hostOf, nodeOf } from '../../model/ids.ts'
import type { Target } from '../../model/operation.ts'
import type { Change, CrimContext } from '../context.ts'
import { assignmentStateKey, clusterStateKey, componentStateKey, lockKey, nodeStateKey } from '../keys.ts'
import { planInputOf } from '../propose.ts'

/** As the answers name it. */
export function nameOf(target: Target): string {
  switch (target.kind) {
    case 'component':
      return hostOf(target.component)
    case 'node':
      return target.node
    case 'assignment':
      return target.assignment
    case 'group':
      return target.group
    case 'cluster':
      return 'the cluster'
  }
}

/** In words why there is no such target; null: there is. */
export function whyUnknown({ configuration }: CrimContext, target: Target): string | null {
  const { nodes, assignments, groups = {}, components } = configuration
  const isKnown = () => {
    switch (target.kind) {
      case 'component':
        return components[componentNameOf(target.component)]?.nodes.includes(nodeOf(target.component)) ?? false
      case 'node':
        return Object.hasOwn(nodes, target.node)
      case 'assignment':
        return Object.hasOwn(assignments, target.assignment)
      case 'group':
        return Object.hasOwn(groups, target.group)
      case 'cluster':
        return true
    }
  }
  return isKnown() ? null : `no ${target.kind} '${nameOf(target)}'`
}

/** Assignments that a target stands for as a whole: its own, or a group's members. */
export function assignmentsOf({ configuration }: CrimContext, target: Target): readonly AssignmentName[] {
  if (target.kind === 'assignment') return [target.assignment]
  return target.kind === 'group' ? (configuration.groups?.[target.group]?.members ?? []) : []
}

/** Places that a target covers, each with the assignment that it may serve. */
export function placesOf(
  context: CrimContext,
  target: Target,
): { readonly place: ComponentId; readonly assignment: AssignmentName }[] {
  const input = planInputOf(context)
  const isWhole = target.kind === 'assignment' || target.kind === 'group'
  const names = isWhole ? assignmentsOf(context, target) : Object.keys(context.configuration.assignments)
  return names
    .flatMap((assignment) => candidatesOf(input, assignment).map(({ component }) => ({ place: component, assignment })))
    .filter(({ place }) => isWhole || isCovered(target, place))
}

function isCovered(target: Target, place: ComponentId): boolean {
  if (target.kind === 'node') return nodeOf(place) === target.node
  return target.kind !== 'component' || hostOf(place) === hostOf(target.component)
}

/** A node, or every node of the cluster, is standby; a group is locked member by member. */
export function lockChanges(context: CrimContext, target: Target, isLocked: boolean): Change[] {
  switch (target.kind) {
    case 'component':
      return [{ key: lockKey(hostOf(target.component)), value: isLocked || null }]
    case 'node':
      return [{ key: nodeStateKey(target.node), value: isLocked ? 'standby' : null }]
    case 'cluster':
      return Object.keys(context.configuration.nodes).map((node) => ({
        key: nodeStateKey(node),
        value: isLocked ? 'standby' : null,
      }))
    default:
      return assignmentsOf(context, target).map((assignment) => ({
        key: assignmentStateKey(assignment),
        value: isLocked ? 'locked' : null,
      }))
  }
}

export function maintenanceChanges(context: CrimContext, target: Target, isOn: boolean): Change[] {
  const value = isOn ? 'maintenance' : null
  switch (target.kind) {
    case 'component':
      return [{ key: componentStateKey(hostOf(target.component)), value }]
    case 'node':
      return [{ key: nodeStateKey(target.node), value }]
    case 'cluster':
      return [{ key: clusterStateKey, value }]
    default:
      return assignmentsOf(context, target).map((assignment) => ({ key: assignmentStateKey(assignment), value }))
  }
}
