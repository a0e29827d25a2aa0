/**
 * What this node knows of the others and of its own leases (DESIGN §3). The heartbeats that all of it comes from run in the
 * guard, or in this process itself where there is none; whoever decides here asks this.
 *
 * Leases may be seen late, which only makes them shorter. Promises may not, so they are asked for; and a lease is given up
 * only when that is confirmed.
 */
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { HeartbeatEvent, Mastership, PromiseQuestion } from '../guard/heartbeats.ts'

/** What stands against a vote. Times of this process's clock. */
export interface SightBond {
  readonly nowMs: number
  /** Not later than `nowMs`: nothing does, and in an epoch before the one asked for nothing will. */
  readonly promiseUntilMs: number
}

/** Events as from the heartbeats. Leases are gained and lost by this process's own clock, whatever the guard says or not. */
export type SightEvent = HeartbeatEvent

export interface Sight {
  /** What heartbeats shall say. The epoch is durable. */
  setMastership(mastership: Mastership): void
  /** Gives the leader lease up for the rest of the epoch: from this call on it is not valid here, and when `isLeaseDropped` nowhere. */
  dropLease(): void
  /** Nothing is claimed or granted any more in the epoch in which `dropLease` was called. */
  isLeaseDropped(): boolean
  /** To be called before each vote, of this node for itself as well. The answer may come before this returns. */
  askPromise(question: PromiseQuestion, answer: (bond: SightBond) => void): void
  isLeaderLeaseValid(): boolean
  isNodeLeaseValid(): boolean
  /** 0: no such lease. */
  leaderLeaseUntilMs(): number
  nodeLeaseUntilMs(): number
  /** A leader had a promise of this node lately: it claims to lead. */
  isPromised(): boolean
  /** Those heard and neither suspected nor ended, with this node, sorted. */
  aliveNodes(): readonly NodeName[]
  /** Those of them whose node process stands still. */
  stalledNodes(): readonly NodeName[]
  /** When the link last brought a heartbeat of the node; null: never. */
  linkHeardMs(node: NodeName, link: number): number | null
  /** The machine that counts the peer's isolation knows of this return: it may be granted its lease again. */
  accept(node: NodeName, returned: { incarnation: Incarnation; returnCount: number }): void
}
