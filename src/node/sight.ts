/** What this node sees of the others: heartbeats, silence and evidence -> the machines that it concerns. */
import type { NodeName } from '../../machines/model/ids.ts'
import type { Cause } from '../engine/record.ts'
import { stateName } from '../engine/step.ts'
import type { HeartbeatEvent } from '../guard/heartbeats.ts'
import { logger } from '../log/log.ts'
import { actorOf, type Parts } from './parts.ts'

const log = logger('node')

export function heard(parts: Parts, event: HeartbeatEvent): void {
  const { engine } = parts
  switch (event.type) {
    case 'peer.heard': {
      const { type, node, incarnation } = event
      return engine.send(actorOf.node(node), { type, incarnation })
    }
    case 'peer.suspected': {
      const { type, node, silentForMs } = event
      return engine.send(actorOf.node(node), { type, silentForMs: Math.round(silentForMs) })
    }
    case 'peer.confirmedSilent': {
      const { type, node, silentForMs, waitedMs } = event
      engine.send(actorOf.node(node), { type, silentForMs: Math.round(silentForMs), waitedMs: Math.round(waitedMs) })
      if (parts.replica.leader === node) engine.send(actorOf.membership, { type: 'leader.suspected', leader: node })
      return
    }
    case 'leader.heard': {
      const { type, leader, epoch, vice } = event
      return engine.send(actorOf.membership, { type, leader, epoch, vice })
    }
    case 'leaderLease.gained':
      return parts.replica.leaseGained()
    case 'leaderLease.lost':
      return engine.send(actorOf.membership, { type: 'lease.lost' })
    case 'nodeLease.lost':
      log.warn('the lease of the quorum is lost: exclusive primaries stop here')
      for (const component of parts.statuses.keys()) engine.send(actorOf.component(component), { type: 'lease.lost' })
      return
    case 'nodeLease.gained':
  }
}

/**
 * A guard proved that a life of a peer has ended. The heartbeats judge first whether the evidence still counts: only then is
 * the peer's promise void and its machine told, all three together, or leases would go on being granted to the dead.
 */
export function peerEnded(
  parts: Parts,
  ended: { node: NodeName; incarnation: number | null; how: string },
  { type, cause }: { type: 'peer.ended' | 'fence.confirmed'; cause: Cause | null } = {
    type: 'peer.ended',
    cause: null,
  },
): void {
  const { node, incarnation, how } = ended
  const wasLeader = parts.replica.leader === node
  if (!parts.heartbeats.ended(node, incarnation)) return
  parts.heartbeats.releasePromise(node)
  parts.engine.send(actorOf.node(node), { type, incarnation, how }, cause)
  if (wasLeader) parts.engine.send(actorOf.membership, { type: 'leader.ended', leader: node })
}

/** Whether the last known life of a node is known to have ended, and nothing was heard of a later one. */
export function isKnownEnded(parts: Parts, node: NodeName): boolean {
  const actor = actorOf.node(node)
  return parts.engine.has(actor) && stateName(parts.engine.snapshot(actor).value).startsWith('ended')
}
