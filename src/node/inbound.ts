/** Messages of other nodes -> what they concern here. Each was checked at the border; here it only finds its way. */
import type { ComponentContext } from '../../machines/component.ts'
import { componentNameOf, type NodeName, nodeOf } from '../../machines/model/ids.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import type { Cause } from '../engine/record.ts'
import type { PeerMessage } from '../wire/messages/index.ts'
import { errandEnded, runErrand } from './errands.ts'
import { restartNode } from './felling.ts'
import { requestOperation } from './fencing.ts'
import { actorOf, type Parts } from './parts.ts'
import { isHeeded } from './protocol.ts'
import { takeSurvey } from './survey.ts'

export interface Sender {
  readonly node: NodeName
  readonly incarnation: number
  readonly link: number
}

export function receive(parts: Parts, from: Sender, message: PeerMessage): void {
  const { engine, checkpoints, replica, ccr, joining, foreigners } = parts
  if (message.type === 'hello') return joining.receive(from.node, message)
  // It tells for itself to which cluster it belongs.
  const isConsensus = message.type === 'consensus'
  if (!isHeeded(parts, from.node) && !(isConsensus && foreigners.has(from.node))) return
  if (isConsensus) return replica.receive(from.node, message)
  switch (message.type) {
    case 'checkpoint':
      void checkpoints.receive(from.node, message.id, message)
      return
    case 'checkpoint.answer':
      return checkpoints.answered(message.id, message.code)
    case 'log.want':
    case 'log.records':
    case 'log.positions':
      return parts.clusterLog?.receive(from.node, message)
    case 'ccr.request':
    case 'ccr.answer':
      return ccr.receive(from.node, message)
    default:
      if (message.type === 'configuration.applied') return parts.reconfiguration?.timings.reported(from.node, message)
      engine.observe(message.time)
      return receiveCaused(parts, from, message)
  }
}

type CausedMessage = Extract<PeerMessage, { time: unknown }>

function receiveCaused(parts: Parts, from: Sender, message: CausedMessage): void {
  const { engine, publisher, operations, replica } = parts
  const { node, incarnation } = from
  if (!parts.peers.includes(node)) return
  switch (message.type) {
    case 'survey.request':
      return takeSurvey(parts, { master: node, ...message })
    case 'survey.answer':
      if (message.epoch !== replica.epoch) return
      return engine.send(
        actorOf.crim,
        { type: 'survey.answered', node, incarnation, statuses: message.statuses },
        message.cause,
      )
    case 'component.status':
      return tellStatus(parts, from, message)
    case 'role.command':
    case 'peers.command':
      return command(parts, message)
    case 'reset.command':
    case 'selfTest.command':
      return runErrand(parts, message)
    case 'node.restart':
      return restartNode(parts, message)
    case 'errand.answer':
      if (nodeOf(message.component) !== node) return
      return errandEnded(parts, message)
    case 'operation.request':
      return requestOperation(parts, message, message.cause)
    case 'operation.answer':
      return operations.answered(message.id, message.result)
    case 'master.word': {
      const { type: _, cause: __, time: ___, ...word } = message
      return publisher.received(word)
    }
    case 'node.leaving':
      return engine.send(
        actorOf.crim,
        { type: 'node.changed', node, availability: 'leaving', incarnation, how: 'said' },
        message.cause,
      )
    case 'node.left':
      return engine.send(actorOf.node(node), { type: 'peer.left', incarnation }, message.cause)
  }
}

/** What a node says of a component -> the CRIM here, with the time of its hearing. */
export function tellStatus(
  { engine, clock }: Parts,
  { node, incarnation }: Omit<Sender, 'link'>,
  { status, cause }: { status: ComponentStatus; cause: Cause | null },
): void {
  const atMs = Math.round(clock.nowMs())
  engine.send(actorOf.crim, { type: 'status.reported', node, incarnation, status, atMs }, cause)
}

type CommandHere =
  | Omit<Extract<CausedMessage, { type: 'role.command' }>, 'time'>
  | Omit<Extract<CausedMessage, { type: 'peers.command' }>, 'time'>

/** A command of the master for a component here. */
export function command(parts: Parts, message: CommandHere): void {
  if (message.epoch < parts.commandEpoch.highest) return
  parts.commandEpoch.highest = message.epoch
  if (isTooLate(parts, message)) return
  const actor = actorOf.component(message.component)
  if (!parts.engine.has(actor)) return tellRemoved(parts, message)
  // It has not yet ended for the assignment it served: what was not obeyed is repeated.
  const { assignment } = parts.engine.snapshot(actor).context as ComponentContext
  if (assignment !== message.assignment) return
  const { token, peers } = message
  if (message.type === 'peers.command') {
    parts.engine.send(actor, { type: 'peers.change', peers, token }, message.cause)
    return
  }
  const { role, level, timeLimitMs } = message
  if (role !== 'offline' && parts.leaving.isClosed()) return
  parts.engine.send(actor, { type: 'role.assign', role, token, level, timeLimitMs, peers }, message.cause)
}

/** A command that was under way when its component ended here: the master must not wait for what becomes of it. */
function tellRemoved(parts: Parts, message: CommandHere): void {
  const master = parts.replica.leader
  if (message.type !== 'role.command' || master === null) return
  const { component, token, cause } = message
  const failure = { code: 'component.removed', detail: 'it is no longer configured' }
  const place = { role: 'offline', phase: 'stopped', isActive: false, endpoint: null } as const
  const status: ComponentStatus = { component, incarnation: 0, token, failure, ...place }
  const { self: node, incarnation } = parts
  if (master === node) tellStatus(parts, { node, incarnation }, { status, cause })
  else parts.post(master, { type: 'component.status', status }, cause)
}

/**
 * A command to act that reaches a node without the quorum's lease may have waited while another was promoted (the node was
 * frozen, or cut off): it is not obeyed. The CRIM repeats what still holds.
 */
function isTooLate({ configuration, sight }: Parts, message: CommandHere): boolean {
  if (message.type !== 'role.command' || message.role !== 'primary') return false
  const { type } = configuration.components[componentNameOf(message.component)] ?? {}
  return type !== undefined && configuration.types[type]!.exclusive && !sight.isNodeLeaseValid()
}
