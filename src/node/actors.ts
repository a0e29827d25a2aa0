/** Starts the machines of a node: one for its membership, one for each peer, one for each component here, and the CRIM. */
import type { TypeWords } from '../../machines/component/context.ts'
import type { ComponentInput } from '../../machines/component.ts'
import type { CrimInput } from '../../machines/crim.ts'
import type { MembershipInput } from '../../machines/membership.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, componentId, componentNameOf, type NodeName } from '../../machines/model/ids.ts'
import type { NodeInput } from '../../machines/node.ts'
import { votersOf } from '../guard/surroundings.ts'
import { actorOf, type Parts } from './parts.ts'

/** Lives of components' processes are counted on from here, so that those under a later life of the node are later. */
const incarnationsPerLife = 100_000

export function startActors(parts: Parts): void {
  const { engine, self, incarnation, peers, configuration } = parts
  // Nothing that a machine keeps goes unrecorded, so it is not told the secret.
  const crim: CrimInput = { self, incarnation, configuration: { ...configuration, secret: null } }
  engine.start(actorOf.crim, 'crim', crim)
  for (const node of peers) startNodeMachine(parts, node)
  startMembership(parts)
  for (const assignment of Object.keys(configuration.assignments)) startComponent(parts, assignment)
}

function startMembership(parts: Parts): void {
  const { engine, self, configuration } = parts
  const { electionTimeoutMs, leaderLeaseMs, heartbeatIntervalMs } = configuration.timing
  const input: MembershipInput = {
    self,
    voters: votersOf(configuration.nodes),
    timing: { electionTimeoutMs, leaderLeaseMs, successionDelayMs: 2 * heartbeatIntervalMs },
    seed: parts.seed(),
  }
  engine.start(actorOf.membership, 'membership', input)
}

export function startNodeMachine({ engine, self, configuration: { timing } }: Parts, node: NodeName): void {
  engine.start(actorOf.node(node), 'node', { node, self, timing } satisfies NodeInput)
}

/** Components that this node has, with the assignments they serve. */
export function wantedComponents(configuration: Configuration, self: NodeName): Map<ComponentId, string> {
  const { assignments, components } = configuration
  const here = Object.entries(assignments).filter(([, { component }]) => components[component]!.nodes.includes(self))
  return new Map(here.map(([assignment, { component }]) => [componentId({ node: self, component }), assignment]))
}

/** What a component's machine is told of its type, and again when that changes. */
export function typeWordsOf(configuration: Configuration, component: ComponentId): TypeWords {
  const { type } = configuration.components[componentNameOf(component)]!
  const { standby, roleTimeoutMs, startTimeoutMs, stopTimeoutMs } = configuration.types[type]!
  return { standby, roleTimeoutMs, startTimeoutMs, stopTimeoutMs, selfStopMs: configuration.timing.selfStopMs }
}

export function startComponent({ engine, self, incarnation, configuration, lives }: Parts, assignment: string): void {
  const { component: name } = configuration.assignments[assignment]!
  const { type, nodes } = configuration.components[name]!
  if (!nodes.includes(self)) return
  const component = componentId({ node: self, component: name })
  const input: ComponentInput = {
    component,
    node: self,
    assignment,
    exclusive: configuration.types[type]!.exclusive,
    ...typeWordsOf(configuration, component),
    firstIncarnation: Math.max(incarnation * incarnationsPerLife, lives.get(component) ?? 0) + 1,
  }
  engine.start(actorOf.component(component), 'component', input)
}
