/** What might happen, as changes of the planner's input: for what-if, and for the catalogue of scenarios. */
import type { Configuration } from '../../../model/configuration.ts'
import {
  type AssignmentName,
  type ComponentId,
  componentId,
  componentNameOf,
  hostOf,
  type NodeName,
  nodeOf,
  placeId,
} from '../../../model/ids.ts'
import { isShared } from '../../../model/redundancy.ts'
import type { NodeAvailability } from '../../../model/status.ts'
import { contentsOf } from '../../contents.ts'
import { candidatesOf } from '../candidate.ts'
import type { Administrative, NodeState, PlanInput } from '../input.ts'
import { requestedSuccessor } from '../successor.ts'
import { fresh } from './ideal.ts'

/** A cluster whose nodes have all come, and where nothing has been started yet. */
export function freshInput(configuration: Configuration): PlanInput {
  return {
    configuration,
    nodes: Object.fromEntries(Object.keys(configuration.nodes).map((name) => [name, 'alive' as const])),
    statuses: Object.fromEntries(placesOf(configuration).map((place) => [place, fresh(place)])),
    intents: {},
    commanded: {},
    locked: {},
    barred: {},
    awaited: [],
    requests: {},
  }
}

/** What can have a role: the instances of each component that an assignment names, or, if it is shared, its places for each of them. */
export function placesOf({ assignments, components, types }: Configuration): ComponentId[] {
  const places = Object.entries(assignments).flatMap(([assignment, { component }]) => {
    const { nodes, type } = components[component]!
    return nodes.map((node) =>
      isShared(types[type]!) ? placeId({ node, component, assignment }) : componentId({ node, component }),
    )
  })
  return [...new Set(places)].sort()
}

/** As when the configuration of a running cluster is changed: what is new comes, stopped; what is gone is known by its intents. */
export function reconfigured(input: PlanInput, configuration: Configuration): PlanInput {
  const added = Object.keys(configuration.nodes).filter((name) => input.nodes[name] === undefined)
  const nodes = { ...input.nodes, ...Object.fromEntries(added.map((name) => [name, 'alive' as const])) }
  const isHeard = (node: NodeName) => nodes[node] === 'alive' && !input.awaited.includes(node)
  const come = placesOf(configuration).filter((place) => !input.statuses[place] && isHeard(nodeOf(place)))
  return {
    ...input,
    configuration,
    nodes,
    statuses: { ...input.statuses, ...Object.fromEntries(come.map((place) => [place, fresh(place)])) },
  }
}

/** What is known of a node that is not there any more is as the CRIM has it: of one that only fell silent, what it said last. */
export function nodeBecomes(input: PlanInput, node: NodeName, availability: NodeAvailability): PlanInput {
  const nodes = { ...input.nodes, [node]: availability }
  const awaited = input.awaited.filter((name) => name !== node)
  if (availability === 'alive') return returned({ ...input, nodes, awaited }, node)
  if (availability === 'unreachable' || availability === 'suspect' || availability === 'leaving')
    return { ...input, nodes, awaited }
  const isElsewhere = ([place]: [string, unknown]) => nodeOf(place as ComponentId) !== node
  return {
    ...input,
    nodes,
    awaited,
    statuses: Object.fromEntries(Object.entries(input.statuses).filter(isElsewhere)),
    commanded: Object.fromEntries(Object.entries(input.commanded).filter(isElsewhere)),
  }
}

/** A node that comes back has nothing running. */
function returned(input: PlanInput, node: NodeName): PlanInput {
  const places = [
    ...placesOf(input.configuration),
    ...Object.values(input.intents).flatMap(({ roles }) => Object.keys(roles) as ComponentId[]),
  ].filter((place) => nodeOf(place) === node)
  return {
    ...input,
    statuses: { ...input.statuses, ...Object.fromEntries(places.map((place) => [place, fresh(place)])) },
  }
}

/** Its process has ended: with it, all its places, and what is in it. It is the first failure, and counts towards no limit. */
export function componentFails(input: PlanInput, host: ComponentId, code = 'process.exited'): PlanInput {
  const fallen = withFailure(input, host, code)
  return contentsOf(input.configuration, host).reduce(
    (of, contained) => componentFails(of, contained, 'container.ended'),
    fallen,
  )
}

function withFailure(input: PlanInput, host: ComponentId, code: string): PlanInput {
  const failure = { code, detail: 'what if' }
  const fallen = Object.values(input.statuses)
    .filter(({ component, role }) => hostOf(component) === host && role !== 'offline')
    .map(
      (status) => ({ ...status, role: 'offline', phase: 'stopped', failure, isActive: false, endpoint: null }) as const,
    )
  return {
    ...input,
    statuses: { ...input.statuses, ...Object.fromEntries(fallen.map((status) => [status.component, status])) },
  }
}

export function componentLocked(input: PlanInput, host: ComponentId, isLocked: boolean): PlanInput {
  if (isLocked) return { ...input, locked: { ...input.locked, [host]: true } }
  return { ...input, locked: without(input.locked, host), barred: without(input.barred, host) }
}

const nothing: Administrative = { nodes: {}, assignments: {}, components: {}, isMaintained: false }

export function nodeSet(input: PlanInput, node: NodeName, state: NodeState | null): PlanInput {
  const administrative = input.administrative ?? nothing
  return { ...input, administrative: { ...administrative, nodes: put(administrative.nodes, node, state) } }
}

export function assignmentSet(
  input: PlanInput,
  assignment: AssignmentName,
  state: 'locked' | 'maintenance' | null,
): PlanInput {
  const administrative = input.administrative ?? nothing
  const assignments = put(administrative.assignments, assignment, state)
  return { ...input, administrative: { ...administrative, assignments } }
}

export function componentMaintained(input: PlanInput, host: ComponentId, isOn: boolean): PlanInput {
  const administrative = input.administrative ?? nothing
  const components = put(administrative.components, host, isOn ? ('maintenance' as const) : null)
  return { ...input, administrative: { ...administrative, components } }
}

export function clusterMaintained(input: PlanInput, isOn: boolean): PlanInput {
  return { ...input, administrative: { ...(input.administrative ?? nothing), isMaintained: isOn } }
}

/** Null: no sound component could follow. `to` null: the planner's choice, made now. */
export function switchoverAsked(input: PlanInput, assignment: AssignmentName, to: NodeName | null): PlanInput | null {
  const candidates = candidatesOf(input, assignment)
  const current = candidates.find(({ intended }) => intended?.role === 'primary') ?? null
  const wanted = to === null ? null : candidates.find(({ component }) => nodeOf(component) === to)
  if (wanted === undefined || (wanted && wanted === current)) return null
  const successor = requestedSuccessor(candidates, current, wanted?.component ?? null)
  if (!successor) return null
  return { ...input, requests: { ...input.requests, [assignment]: { to: successor.component } } }
}

export function withheld(input: PlanInput, host: ComponentId): PlanInput {
  return { ...input, withheld: { ...input.withheld, [host]: true } }
}

/** The instances of a component that is configured: `n1/pool`. */
export function isHost({ components }: Configuration, host: ComponentId): boolean {
  return hostOf(host) === host && (components[componentNameOf(host)]?.nodes.includes(nodeOf(host)) ?? false)
}

function put<T>(record: Readonly<Record<string, T>>, name: string, value: T | null): Record<string, T> {
  return value === null ? without(record, name) : { ...record, [name]: value }
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== name))
}
