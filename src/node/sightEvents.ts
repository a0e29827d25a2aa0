/** What this node sees of the others: heartbeats, silence and evidence -> the machines that it concerns (sight.ts). */
import type { ComponentContext } from '../../machines/component.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { Cause } from '../engine/record.ts'
import type { Message } from '../engine/step.ts'
import type { Ending } from '../guard/protocol.ts'
import { logger } from '../log/log.ts'
import { isPair } from './fencing.ts'
import { actorOf, type Parts } from './parts.ts'
import { isHeeded } from './protocol.ts'
import type { SightEvent } from './sight.ts'

const log = logger('node')

export function heard(parts: Parts, event: SightEvent): void {
  const { engine } = parts
  switch (event.type) {
    case 'peer.heard': {
      const { type, node, incarnation } = event
      tellMachine(parts, node, { type, incarnation })
      parts.joining.returned(node)
      // The machine that counts the peer's isolation knows now, so the peer may be granted its lease again.
      return parts.sight.accept(node, event)
    }
    case 'peer.suspected': {
      const { type, node, silentForMs } = event
      tellMachine(parts, node, { type, silentForMs: Math.round(silentForMs) })
      return
    }
    case 'peer.confirmedSilent': {
      const { type, node, silentForMs, waitedMs } = event
      const wait = { silentForMs: Math.round(silentForMs), waitedMs: Math.round(waitedMs) }
      const step = tellMachine(parts, node, { type, ...wait })
      if (parts.replica.leader === node)
        engine.send(actorOf.membership, { type: 'leader.suspected', leader: node }, step)
      return
    }
    case 'leader.heard': {
      const { type, leader, epoch, vice } = event
      if (!isHeeded(parts, leader)) return
      return engine.send(actorOf.membership, { type, leader, epoch, vice })
    }
    case 'leaderLease.gained':
      return parts.replica.leaseGained()
    case 'leaderLease.lost':
      return engine.send(actorOf.membership, { type: 'lease.lost' })
    case 'nodeLease.lost':
      log.warn('the lease of the quorum is lost: exclusive primaries act no more here')
      for (const component of parts.statuses.keys()) engine.send(actorOf.component(component), { type: 'lease.lost' })
      return
    case 'nodeLease.gained':
      for (const component of parts.statuses.keys()) {
        const actor = actorOf.component(component)
        const { isLeaseLost } = engine.snapshot(actor).context as ComponentContext
        if (isLeaseLost) engine.send(actor, { type: 'lease.gained' })
      }
  }
}

/**
 * A life of a peer is known to have ended: its guard or its kernel said so, or it was fenced. Our guard has judged that this still
 * counts, and the promise made to it is void. Of two voters the one that is left may then go on alone.
 */
export function peerEnded(parts: Parts, ended: { node: NodeName; incarnation: number | null; how: Ending }): void {
  const { node, incarnation, how } = ended
  const isFenced = how === 'fenced' || how === 'operator'
  const fence = isFenced ? parts.causes.ofFence(node) : null
  const wasLeader = parts.replica.leader === node
  const type = isFenced ? 'fence.confirmed' : 'peer.ended'
  // When a later life speaks to this node, whatever that one does, under whichever master, goes on.
  const isOver = incarnation === null || parts.network.incarnationOf(node) <= incarnation
  const cause = (isOver ? tellMachine(parts, node, { type, incarnation, how }, fence) : null) ?? fence
  // Of a node its machine says so, after a grace; of an arbiter there is nothing else to wait for.
  const isArbiter = node === parts.configuration.arbiter?.name
  if (isArbiter && incarnation !== null) parts.network.endLife(node, incarnation)
  if (wasLeader) parts.engine.send(actorOf.membership, { type: 'leader.ended', leader: node }, cause)
  if (isFenced && isOver && isPair(parts.configuration))
    parts.engine.send(actorOf.membership, { type: 'fence.confirmed', other: node }, cause)
}

/** An arbiter has no machine: nothing depends on it but votes. Returns the step, from which whatever else is told of the peer follows. */
function tellMachine(parts: Parts, node: NodeName, event: Message, cause: Cause | null = null): Cause | null {
  const { engine, heardEarly } = parts
  const actor = actorOf.node(node)
  if (engine.has(actor)) return engine.tell(actor, event, cause)
  if (event.type === 'peer.heard') heardEarly.set(node, event.incarnation as Incarnation)
  else if (event.type !== 'peer.suspected') heardEarly.delete(node)
  return null
}
