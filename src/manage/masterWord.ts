/** The master's word: assignments and components as the CRIM sees them, in the form that nodes pass on to operators and clients. */

import { planInputOf } from '../../machines/crim/propose.ts'
import type { CrimContext } from '../../machines/crim.ts'
import { candidatesOf } from '../../machines/logic/placement/index.ts'
import { type ComponentId, type NodeName, nodeOf } from '../../machines/model/ids.ts'
import { servantOf } from '../../machines/model/redundancy.ts'
import { type ComponentStatus, upAvailabilities } from '../../machines/model/status.ts'
import type { AssignmentView, ComponentView } from '../../machines/model/view.ts'

export interface Assignments {
  readonly assignments: readonly AssignmentView[]
  readonly components: readonly ComponentView[]
}

export function assignmentsOf(crim: CrimContext): Assignments {
  const names = Object.keys(crim.configuration.assignments).sort()
  const components = names.flatMap((assignment) => componentsOf(crim, assignment))
  return {
    assignments: names.map((name) =>
      assignmentOf(
        crim,
        name,
        components.filter(({ assignment }) => assignment === name),
      ),
    ),
    components,
  }
}

function componentsOf(crim: CrimContext, assignment: string): ComponentView[] {
  const { component: name } = crim.configuration.assignments[assignment]!
  const { type, instances } = crim.configuration.components[name]!
  return candidatesOf(planInputOf(crim), assignment).map((candidate) => {
    const { component, status } = candidate
    const isUnheard = status === null || !upAvailabilities.includes(candidate.node)
    return {
      component,
      type,
      assignment,
      role: isUnheard ? 'unknown' : status.role,
      phase: isUnheard ? 'unknown' : status.phase,
      intendedRole: candidate.intended?.role ?? 'offline',
      incarnation: status?.incarnation ?? 0,
      isLocked: candidate.isLocked,
      isBarred: candidate.isBarred,
      failure: status?.failure ?? null,
      endpoint: status?.endpoint ?? instances[nodeOf(component)]?.endpoint ?? null,
    }
  })
}

function assignmentOf(crim: CrimContext, name: string, components: readonly ComponentView[]): AssignmentView {
  const { redundancy } = crim.configuration.assignments[name]!
  const intended = (role: string) => components.filter(({ intendedRole }) => intendedRole === role)
  const primary = components.find(({ role, phase }) => role === 'primary' && phase === 'ready') ?? null
  const secondaries = intended('secondary')
  const isRedundant =
    redundancy === 'none' || secondaries.some(({ role, phase }) => role === 'secondary' && phase === 'ready')
  const reason =
    crim.reasons[name] ??
    crim.waits.find((wait) => components.some(({ component }) => wait.startsWith(`${component} `))) ??
    null
  return {
    name,
    redundancy,
    health: primary === null ? 'unserved' : isRedundant ? 'served' : 'degraded',
    primary: primary?.component ?? null,
    endpoint: primary?.endpoint ?? null,
    secondaries: secondaries.map(({ component }) => component),
    spares: intended('spare').map(({ component }) => component),
    reason: primary !== null && isRedundant ? null : reason,
  }
}

export interface OwnSight {
  readonly self: NodeName
  readonly upNodes: readonly NodeName[]
  /** Of this node's own components. */
  readonly statuses: ReadonlyMap<ComponentId, ComponentStatus>
}

/**
 * What can still be said when the master that spoke last has gone and no other has spoken: of this node's own components
 * what is, of nodes that are gone nothing, of the others what was. Who was primary there serves no longer, as far as is known.
 */
export function lastKnown(word: Assignments, { self, upNodes, statuses }: OwnSight): Assignments {
  const components = word.components.map((view): ComponentView => {
    const node = nodeOf(view.component)
    if (!upNodes.includes(node)) return { ...view, role: 'unknown', phase: 'unknown' }
    const status = node === self ? statuses.get(view.component) : undefined
    if (!status) return view
    const { role, phase, incarnation, failure, endpoint } = status
    return { ...view, role, phase, incarnation, failure, endpoint: endpoint ?? view.endpoint }
  })
  const isPrimary = (name: ComponentId) =>
    components.some(({ component, role, phase }) => component === name && role === 'primary' && phase === 'ready')
  const assignments = word.assignments.map((assignment): AssignmentView => {
    if (assignment.primary === null || isPrimary(assignment.primary)) return assignment
    const reason = 'there is no master to say who is primary'
    return { ...assignment, health: 'unserved', primary: null, endpoint: null, reason }
  })
  return { assignments, components }
}

/** What a node that has not heard a master can say: nothing but what is configured. */
export function unheardAssignments(configuration: CrimContext['configuration']): Assignments {
  const assignments = Object.entries(configuration.assignments).map(([name, { redundancy }]) => ({
    name,
    redundancy,
    health: 'unserved' as const,
    primary: null,
    endpoint: null,
    secondaries: [],
    spares: [],
    reason: 'no master has said anything yet',
  }))
  const components = Object.entries(configuration.assignments).flatMap(([assignment, { component: name }]) =>
    configuration.components[name]!.nodes.map((node) => ({
      component: servantOf(configuration, { assignment, node }),
      type: configuration.components[name]!.type,
      assignment,
      role: 'unknown' as const,
      phase: 'unknown' as const,
      intendedRole: 'offline' as const,
      incarnation: 0,
      isLocked: false,
      isBarred: false,
      failure: null,
      endpoint: configuration.components[name]!.instances[node]?.endpoint ?? null,
    })),
  )
  return { assignments, components }
}
