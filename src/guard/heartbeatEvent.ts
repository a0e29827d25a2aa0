import type { Incarnation, NodeName } from '../../machines/model/ids.ts'

/** What changed. Raised once a change, not once a packet. */
export type HeartbeatEvent =
  | PeerHeard
  | { readonly type: 'peer.suspected'; readonly node: NodeName; readonly silentForMs: number }
  | PeerConfirmedSilent
  /** A claim of mastership of the current or a later epoch that differs from what `setMastership` said last. */
  | { readonly type: 'leader.heard'; readonly leader: NodeName; readonly epoch: number; readonly vice: NodeName | null }
  | { readonly type: 'leaderLease.gained' | 'leaderLease.lost' | 'nodeLease.gained' | 'nodeLease.lost' }

export interface PeerHeard {
  readonly type: 'peer.heard'
  readonly node: NodeName
  readonly incarnation: Incarnation
  /** Which of its returns this is: to be accepted (`Heartbeats.accept`) before it is granted anything. */
  readonly returnCount: number
}

export interface PeerConfirmedSilent {
  readonly type: 'peer.confirmedSilent'
  readonly node: NodeName
  readonly silentForMs: number
  /** How much of the wait for its isolation is over: since it was last heard or, if later, since this node became master. */
  readonly waitedMs: number
}
