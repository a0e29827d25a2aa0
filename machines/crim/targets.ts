/** What an operation is for: whether it is there, what it is called, which components it covers, and which keys stand for its state. */
import { candidatesOf } from '../logic/placement/index.ts'
import { type AssignmentName, type ComponentId, componentNameOf, hostOf, nodeOf } from '../model/ids.ts'
import type { Target } from '../model/operation.ts'
import type { Change, CrimContext } from './context.ts'
import { assignmentStateKey, clusterStateKey, componentStateKey, lockKey, nodeStateKey } from './keys.ts'
import { planInputOf } from './propose.ts'

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

/** Components, or places in them, that a target covers, as far as any assignment may use them. */
export function componentsOf(context: CrimContext, target: Target): ComponentId[] {
  const input = planInputOf(context)
  const of = (assignment: AssignmentName) => candidatesOf(input, assignment).map(({ component }) => component)
  if (target.kind === 'assignment' || target.kind === 'group') return assignmentsOf(context, target).flatMap(of)
  const all = Object.keys(context.configuration.assignments).flatMap(of)
  if (target.kind === 'cluster') return all
  if (target.kind === 'node') return all.filter((component) => nodeOf(component) === target.node)
  const host = hostOf(target.component)
  return all.filter((component) => hostOf(component) === host)
}

/** Of the whole cluster every node is standby: what runs there then is what no assignment gives it. */
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
