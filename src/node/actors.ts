/** Starts the machines of a node: one for its membership, one for each peer, one for each component here, and the CRIM. */
import type { TypeWords } from '../../machines/component/context.ts'
import type { ComponentInput } from '../../machines/component.ts'
import type { CrimInput } from '../../machines/crim.ts'
import { leaseTimingOf } from '../../machines/logic/lease.ts'
import { isEligible, quorumMembers } from '../../machines/logic/replicatedLog.ts'
import type { MembershipInput } from '../../machines/membership.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { AssignmentName, ComponentId, NodeName } from '../../machines/model/ids.ts'
import { servantOf } from '../../machines/model/redundancy.ts'
import type { NodeInput } from '../../machines/node.ts'
import { startFencing } from './fencing.ts'
import { actorOf, type Parts } from './parts.ts'

/** Lives of components' processes are counted on from here, so that those under a later life of the node are later. */
const incarnationsPerLife = 100_000

export function startActors(parts: Parts): void {
  const { engine, self, incarnation, peers, configuration } = parts
  const crim: CrimInput = { self, incarnation, configuration: withoutSecrets(configuration) }
  engine.start(actorOf.crim, 'crim', crim)
  for (const node of peers) startNodeMachine(parts, node)
  startFencing(parts)
  startMembership(parts)
  for (const assignment of Object.keys(configuration.assignments)) startComponent(parts, assignment)
}

/**
 * Nothing that a machine keeps goes unrecorded, so it is told no secret, no password of a fence agent, nothing of tokens, and not the
 * address of the archive, which may have a key in it.
 */
export function withoutSecrets({ http: _http, log: _log, ...configuration }: Configuration): Configuration {
  const nodes = Object.entries(configuration.nodes).map(([name, { fence: _, ...node }]) => [name, node])
  return { ...configuration, secret: null, nodes: Object.fromEntries(nodes) }
}

function startMembership(parts: Parts): void {
  const { engine, self, configuration, replica } = parts
  const { members } = replica
  const input: MembershipInput = {
    self,
    voters: quorumMembers(members).map(({ name }) => name),
    isEligible: isEligible(members, { name: self, disk: replica.disk }),
    timing: membershipTimingOf(configuration),
    seed: parts.seed(),
  }
  engine.start(actorOf.membership, 'membership', input)
}

function membershipTimingOf({ timing }: Configuration): MembershipInput['timing'] {
  const { electionTimeoutMs, leaderLeaseMs, heartbeatIntervalMs } = timing
  return { electionTimeoutMs, leaderLeaseMs, successionDelayMs: 2 * heartbeatIntervalMs }
}

export function startNodeMachine({ engine, self, configuration }: Parts, node: NodeName): void {
  engine.start(actorOf.node(node), 'node', { node, self, timing: nodeTimingOf(configuration) } satisfies NodeInput)
}

function nodeTimingOf({ timing }: Configuration): NodeInput['timing'] {
  return { ...leaseTimingOf(timing), endedGraceMs: timing.endedGraceMs }
}

/** To the machines that wait by them. */
export function tellTimings({ engine, configuration, peers }: Parts): void {
  engine.send(actorOf.membership, { type: 'timing.changed', timing: membershipTimingOf(configuration) })
  for (const node of peers) {
    const actor = actorOf.node(node)
    if (engine.has(actor)) engine.send(actor, { type: 'timing.changed', timing: nodeTimingOf(configuration) })
  }
}

/** Components that this node has, or places in those that serve several assignments, with the assignment of each. */
export function wantedComponents(configuration: Configuration, self: NodeName): Map<ComponentId, string> {
  const { assignments, components } = configuration
  const here = Object.entries(assignments).filter(([, { component }]) => components[component]!.nodes.includes(self))
  return new Map(here.map(([assignment]) => [servantOf(configuration, { assignment, node: self }), assignment]))
}

type Words = Pick<Parts, 'configuration' | 'holding'>

/** What a component's machine is told of its type, and again when that changes. */
export function typeWordsOf({ configuration, holding }: Words, assignment: AssignmentName): TypeWords {
  const { component, withoutQuorum } = configuration.assignments[assignment]!
  const { proxy, type: typeName } = configuration.components[component]!
  const type = configuration.types[typeName]!
  const { standby, aware, hooks, exclusive, roleTimeoutMs, startTimeoutMs, stopTimeoutMs } = type
  const { first, byCode } = type.recovery
  const standsDown = aware || proxy !== undefined || hooks.onQuiescing !== undefined
  return {
    standby,
    standsDown,
    recovery: { ...(first && { first }), ...(byCode && { byCode }) },
    withoutQuorum: withoutQuorum ?? (exclusive ? 'stop' : 'ignore'),
    roleTimeoutMs,
    startTimeoutMs,
    stopTimeoutMs,
    selfStopMs: holding.selfStopMs,
  }
}

export function startComponent(parts: Parts, assignment: string): void {
  const { engine, self, incarnation, configuration, lives } = parts
  const { component: name } = configuration.assignments[assignment]!
  const { type, nodes } = configuration.components[name]!
  if (!nodes.includes(self)) return
  const component = servantOf(configuration, { assignment, node: self })
  const input: ComponentInput = {
    component,
    node: self,
    assignment,
    exclusive: configuration.types[type]!.exclusive,
    ...typeWordsOf(parts, assignment),
    firstIncarnation: Math.max(incarnation * incarnationsPerLife, lives.get(component) ?? 0) + 1,
  }
  engine.start(actorOf.component(component), 'component', input)
}
