/** A node of the cluster in miniature (`roleCluster.ts`), and what it says. */
import type { ComponentInput } from '../../machines/component.ts'
import { endedWith } from '../../machines/logic/contents.ts'
import type { ComponentType, Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, componentNameOf, nodeOf } from '../../machines/model/ids.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import type { Message } from '../../src/engine/step.ts'
import type { Run } from './machines.ts'

export interface HostedComponent {
  readonly run: Run
  readonly id: ComponentId
  readonly assignment: string
}

export interface Node {
  readonly name: string
  incarnation: number
  commandEpoch: number
  isUp: boolean
  isReachable: boolean
  components: HostedComponent[]
  /** How many of the configurations it has applied. */
  appliedCount: number
  /** Asked before it had applied what the asking master had: answered once it has. */
  survey: { epoch: number; appliedCount: number } | null
  /** It has found itself removed. */
  isLeaving: boolean
}

export function newNode(of: Pick<Node, 'name' | 'incarnation' | 'appliedCount'>): Node {
  const fresh = { commandEpoch: 0, isUp: false, isReachable: true, components: [], survey: null, isLeaving: false }
  return { ...of, ...fresh }
}

/** Whether its node has the component, for the assignment it serves. */
export function isWanted({ assignments, components }: Configuration, { id, assignment }: HostedComponent): boolean {
  const component = componentNameOf(id)
  return assignments[assignment]?.component === component && components[component]!.nodes.includes(nodeOf(id))
}

export function inputOf(
  { timing }: Configuration,
  of: { id: ComponentId; assignment: string; type: ComponentType; life: number },
): ComponentInput {
  const { id, assignment, type, life } = of
  const { standby, exclusive, aware, hooks, roleTimeoutMs, startTimeoutMs, stopTimeoutMs } = type
  return {
    component: id,
    node: nodeOf(id),
    assignment,
    standby,
    exclusive,
    recovery: {},
    withoutQuorum: exclusive ? 'stop' : 'ignore',
    standsDown: aware || hooks.onQuiescing !== undefined,
    roleTimeoutMs,
    startTimeoutMs,
    stopTimeoutMs,
    selfStopMs: timing.selfStopMs,
    firstIncarnation: life * 1000,
  }
}

/** What a node says of a component that it was told to use and has not got any more. */
export function removedStatus(component: ComponentId, token: unknown): Message {
  const failure = { code: 'component.removed', detail: 'it is no longer configured' }
  const status = { component, role: 'offline', phase: 'stopped', incarnation: 0, token, failure, isActive: false }
  return { ...status, endpoint: null } as unknown as Message
}

export function describe(status: unknown): string {
  const { component, role, phase, token, failure } = status as {
    component: string
    role: string
    phase: string
    token: { index: number }
    failure: unknown
  }
  return `${component} ${role}.${phase} ${token.index}${failure ? ' failed' : ''}`
}

/** Places of the node that end with this one, as the node has it: after the step that said so. */
export function endedBy(
  configuration: Configuration,
  { components }: Node,
  { component, statuses }: { component: ComponentId; statuses: ReadonlyMap<ComponentId, Message> },
): ComponentId[] {
  const own = components.flatMap(({ id }) => statuses.get(id) ?? []) as unknown as ComponentStatus[]
  return endedWith(configuration, new Map(own.map((status) => [status.component, status])), { component })
}
