/** Clusters of several assignments in a few lines, for scenarios of who gets which role. */
import { type Administrative, type PlanInput, plan } from '../../machines/logic/placement/index.ts'
import type {
  AssignmentConfiguration,
  ComponentType,
  Configuration,
  NodeConfiguration,
} from '../../machines/model/configuration.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { GroupConfiguration, Relationship } from '../../machines/model/relationships.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { ComponentStatus, NodeAvailability } from '../../machines/model/status.ts'
import { componentType, configuration } from './configuration.ts'
import { placesOf } from './placementCases.ts'

export interface Cluster {
  readonly nodes: readonly string[] | Readonly<Record<string, Partial<NodeConfiguration>>>
  /** By component: what differs of its type (hot, exclusive); the nodes are all, unless they are given. */
  readonly components: Readonly<
    Record<string, Partial<ComponentType> & { readonly nodes?: readonly string[]; readonly proxy?: string }>
  >
  /** Those that leave it out: 2N on the component of their name. */
  readonly assignments: Readonly<Record<string, Partial<AssignmentConfiguration>>>
  readonly relationships?: Readonly<Record<string, Relationship>>
  readonly groups?: Readonly<Record<string, GroupConfiguration>>
  readonly incompatible?: readonly (readonly [string, string])[]
}

/** What is now, by place or by node of the assignment: `{ web: 'n1 primary, n2 secondary' }`; all others are spares, or all is stopped. */
export interface Now {
  readonly roles?: Readonly<Record<string, string>>
  readonly away?: Readonly<Record<string, NodeAvailability>>
  readonly failed?: readonly ComponentId[]
  readonly statuses?: Readonly<Record<ComponentId, Partial<ComponentStatus>>>
  readonly administrative?: Partial<Administrative>
  readonly rest?: Partial<PlanInput>
}

export function clusterOf(cluster: Cluster): Configuration {
  const given = cluster.nodes
  const names = Array.isArray(given) ? (given as string[]) : Object.keys(given)
  const more = (Array.isArray(given) ? {} : given) as Record<string, Partial<NodeConfiguration>>
  const base = configuration({ nodes: names })
  return {
    ...base,
    nodes: Object.fromEntries(names.map((name) => [name, { ...base.nodes[name]!, ...more[name] }])),
    types: Object.fromEntries(
      Object.entries(cluster.components).map(([name, { nodes, proxy, ...type }]) => [name, componentType(type)]),
    ),
    components: Object.fromEntries(
      Object.entries(cluster.components).map(([name, { nodes, proxy }]) => [
        name,
        { type: name, nodes: nodes ?? names, instances: {}, ...(proxy ? { proxy } : {}) },
      ]),
    ),
    assignments: Object.fromEntries(
      Object.entries(cluster.assignments).map(([name, of]) => [name, { component: name, redundancy: '2N', ...of }]),
    ),
    relationships: cluster.relationships ?? {},
    groups: cluster.groups ?? {},
    releases: { incompatible: cluster.incompatible ?? [] },
  }
}

const token = { epoch: 1, index: 5 }

export function inputOf(configured: Configuration, now: Now = {}): PlanInput {
  const names = Object.keys(configured.nodes)
  const statuses: Record<ComponentId, ComponentStatus> = {}
  const intents: PlanInput['intents'] = Object.fromEntries(
    Object.entries(now.roles ?? {}).map(([assignment, text]) => [
      assignment,
      { assignment, roles: rolesOf(configured, assignment, text) },
    ]),
  )
  for (const assignment of Object.keys(configured.assignments))
    for (const place of placesOf(configured, assignment)) {
      const role = intents[assignment]?.roles[place]?.role ?? 'offline'
      statuses[place] = { ...statusOf(place, role, now.failed?.includes(place) ?? false), ...now.statuses?.[place] }
    }
  return {
    configuration: configured,
    nodes: Object.fromEntries(names.map((name) => [name, now.away?.[name] ?? 'alive'])),
    statuses,
    intents,
    commanded: {},
    locked: {},
    barred: {},
    awaited: [],
    requests: {},
    administrative: { nodes: {}, assignments: {}, components: {}, isMaintained: false, ...now.administrative },
    ...now.rest,
  }
}

function rolesOf(configured: Configuration, assignment: string, text: string) {
  const given = new Map(text.split(', ').map((each) => each.split(' ') as [string, Role]))
  const places = placesOf(configured, assignment)
  return Object.fromEntries(
    places.map((place) => [place, { role: given.get(place.split('/')[0]!) ?? ('spare' as const), token }]),
  )
}

function statusOf(component: ComponentId, role: Role, hasFailed: boolean): ComponentStatus {
  const isOff = role === 'offline' || hasFailed
  return {
    component,
    role: isOff ? 'offline' : role,
    phase: isOff ? 'stopped' : 'ready',
    incarnation: 1,
    token: role === 'offline' ? { epoch: 0, index: 0 } : token,
    failure: hasFailed ? { code: 'process.exited', detail: 'signal SIGKILL' } : null,
    isActive: role === 'primary' && !isOff,
    endpoint: null,
  }
}

/** `{ web: 'n1 primary, n2 secondary' }`: spares and what is offline are left out. */
export function placed(input: PlanInput): Record<string, string> {
  const targets = plan(input).targets.map(({ assignment, roles }) => {
    const serving = Object.entries(roles).filter(([, role]) => role === 'primary' || role === 'secondary')
    const inOrder = serving.sort(([, a], [, b]) => (a === b ? 0 : a === 'primary' ? -1 : 1))
    return [assignment, inOrder.map(([place, role]) => `${place.split('/')[0]} ${role}`).join(', ')]
  })
  return Object.fromEntries(targets)
}

export function reasonFor(input: PlanInput, name: string): string | null {
  return plan(input).targets.find(({ assignment }) => assignment === name)!.reason
}

export function roleAt(input: PlanInput, place: ComponentId): Role | undefined {
  return plan(input).targets.flatMap(({ roles }) => (roles[place] ? [roles[place]] : []))[0]
}

export const shared = (primaryCountMax: number, secondaryCountMax: number, isMixed: boolean) => ({
  serves: { primaryCountMax, secondaryCountMax, isMixed },
})

export const memory = (primary: number, secondary: number) => ({
  weights: { primary: { memory: primary }, secondary: { memory: secondary } },
})

export function nodesWith(capacity: Readonly<Record<string, number>>): Record<string, Partial<NodeConfiguration>> {
  return Object.fromEntries(
    Object.entries(capacity).map(([name, memoryOf]) => [name, { capacity: { memory: memoryOf } }]),
  )
}
