/** The master's word: assignments and components as the CRIM sees them, in the form that nodes pass on to operators and clients. */

import { planInputOf } from '../../machines/crim/propose.ts'
import type { CrimContext } from '../../machines/crim.ts'
import { type Administrative, candidatesOf, compiled, type PlanInput } from '../../machines/logic/placement/index.ts'
import { type ComponentId, hostOf, type NodeName, nodeOf } from '../../machines/model/ids.ts'
import { modelOf, servantOf } from '../../machines/model/redundancy.ts'
import { type ComponentStatus, upAvailabilities } from '../../machines/model/status.ts'
import type { AssignmentView, ComponentView } from '../../machines/model/view.ts'

export interface Assignments {
  readonly assignments: readonly AssignmentView[]
  readonly components: readonly ComponentView[]
  /** What is set of nodes and of the whole cluster. Left out: nothing. */
  readonly states?: Pick<Administrative, 'nodes' | 'isMaintained'>
}

/** All that a word is made of, to be compared by reference: of the same things there is nothing else to say. */
export function materialOf(crim: CrimContext): readonly unknown[] {
  return [planInputOf(crim), crim.epoch, crim.reasons, crim.waits]
}

export function assignmentsOf(crim: CrimContext): Assignments {
  const input = planInputOf(crim)
  const names = compiled(crim.configuration).assignments.map(({ name }) => name)
  const waits = waitsByComponent(crim)
  const served = names.map((name) => ({ name, components: componentsOf(crim, input, name) }))
  return {
    assignments: served.map(({ name, components }) => assignmentOf(crim, name, { components, waits })),
    components: served.flatMap(({ components }) => components),
    ...statesOf(crim.administrative),
  }
}

/** They begin with the component's name. Of each component the place of the first. */
function waitsByComponent({ waits }: CrimContext): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const [index, wait] of waits.entries()) {
    const component = wait.slice(0, wait.indexOf(' '))
    if (!first.has(component)) first.set(component, index)
  }
  return first
}

function statesOf({ nodes, isMaintained }: Administrative): Pick<Assignments, 'states'> {
  return isMaintained || Object.keys(nodes).length > 0 ? { states: { nodes, isMaintained } } : {}
}

function componentsOf(crim: CrimContext, input: PlanInput, assignment: string): ComponentView[] {
  const { component: name } = crim.configuration.assignments[assignment]!
  const { type, instances } = crim.configuration.components[name]!
  return candidatesOf(input, assignment).map((candidate) => {
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
      ...(crim.administrative.components[hostOf(component)] && { isMaintained: true as const }),
      failure: status?.failure ?? null,
      endpoint: status?.endpoint ?? instances[nodeOf(component)]?.endpoint ?? null,
    }
  })
}

function assignmentOf(
  crim: CrimContext,
  name: string,
  { components, waits }: { components: readonly ComponentView[]; waits: ReadonlyMap<string, number> },
): AssignmentView {
  const configured = crim.configuration.assignments[name]!
  const wanted = modelOf(configured)
  const intended = (role: string) => components.filter(({ intendedRole }) => intendedRole === role)
  const isReady = (as: string) => (view: ComponentView) => view.role === as && view.phase === 'ready'
  const primaries = components.filter(isReady('primary'))
  const [primary = null] = primaries
  const secondaries = intended('secondary')
  const isServed = primaries.length >= wanted.primaries.required
  const isRedundant = secondaries.filter(isReady('secondary')).length >= wanted.secondaries.required
  const reason = crim.reasons[name] ?? firstWait(crim, components, waits)
  return {
    name,
    redundancy: configured.redundancy,
    health: !isServed ? 'unserved' : isRedundant ? 'served' : 'degraded',
    primary: primary?.component ?? null,
    endpoint: primary?.endpoint ?? null,
    ...(wanted.primaries.preferred > 1 ? { primaries: primaries.map(({ component }) => component) } : {}),
    secondaries: secondaries.map(({ component }) => component),
    spares: intended('spare').map(({ component }) => component),
    reason: isServed && isRedundant ? null : reason,
    ...(crim.administrative.assignments[name] && { state: crim.administrative.assignments[name] }),
  }
}

function firstWait(
  crim: CrimContext,
  components: readonly ComponentView[],
  waits: ReadonlyMap<string, number>,
): string | null {
  if (waits.size === 0) return null
  const first = Math.min(...components.map(({ component }) => waits.get(component) ?? Number.POSITIVE_INFINITY))
  return crim.waits[first] ?? null
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
    const primaries = assignment.primaries?.filter(isPrimary)
    if (primaries !== undefined && primaries.length > 0) {
      const [primary] = primaries as [ComponentId]
      const { endpoint } = components.find(({ component }) => component === primary)!
      return { ...assignment, primaries, primary, endpoint }
    }
    if (assignment.primary === null || isPrimary(assignment.primary)) return assignment
    const reason = 'there is no master to say who is primary'
    return { ...assignment, ...(primaries && { primaries }), health: 'unserved', primary: null, endpoint: null, reason }
  })
  return { assignments, components, ...(word.states && { states: word.states }) }
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
