/**
 * The heartbeat (SPEC M1): sent by every node to every other, on every link, every `heartbeatIntervalMs`. It shows that its
 * sender lives, carries the claim of the master, gives each recipient its own send time back (`machines/logic/lease.ts`), and
 * tells whom else the sender hears. How it travels: `heartbeatCodec.ts`.
 */
import type { Incarnation, NodeName } from '../../../machines/model/ids.ts'

export interface Heartbeat {
  readonly type: 'heartbeat'
  /** Highest epoch the sender knows. */
  readonly epoch: number
  /** Whom the sender follows in that epoch. The sender itself: it claims mastership. */
  readonly leader: NodeName | null
  readonly vice: NodeName | null
  /** The sender's monotonic clock, read before sending. Of use only to the sender, when it comes back as an echo. */
  readonly sentAtMs: number
  /** At least the recipient's own entry, once the sender has heard it. */
  readonly echoes: Readonly<Record<NodeName, Echo>>
  /** How long ago the sender heard each node it hears, itself. */
  readonly hears: Readonly<Record<NodeName, number>>
  readonly commitIndex: number
  /** Goes up while the sender's node process gets on with its work: one that stands still is hung, not gone. 0: unknown. */
  readonly progress: number
}

/** The latest heartbeat received from a node, given back to it. */
export interface Echo {
  readonly sentAtMs: number
  /** The life of the node that sent it: a later life must not take it for its own. */
  readonly incarnation: Incarnation
  /** The epoch the receiver was in when it received it. */
  readonly epoch: number
  /** The echoed node, if that heartbeat was taken as its leader's: then the receiver made its promise. Else null. */
  readonly leader: NodeName | null
  /** The sender is master, under its lease, and lets the echoed node keep its primaries. */
  readonly granting: boolean
}

/** Bounds: more nodes than this in one record, or a longer name, is no heartbeat. */
export const heartbeatNodeCountMax = 128
export const nodeNameLengthMax = 64
