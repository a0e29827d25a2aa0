/** This node's promise and leases, put together from `machines/logic/lease.ts`. Holds no clock: every call is told the time. */
import {
  dropped,
  echoed,
  followedSinceMs,
  type LeaderLease,
  type LeaseTiming,
  leaderLeaseUntilMs,
  leading,
  nodeLeaseUntilMs,
  promiseAtStart,
  promised,
  released,
  type VotePromise,
  type Voters,
} from '../../machines/logic/lease.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Echo, Heartbeat } from '../wire/messages/heartbeat.ts'
import type { HeartbeatEvent } from './heartbeatEvent.ts'

export interface Mastership {
  readonly epoch: number
  readonly leader: NodeName | null
  readonly vice: NodeName | null
  readonly commitIndex: number
}

export class HeartbeatLeases {
  readonly #who: Voters
  readonly #timing: LeaseTiming
  #mastership: Mastership = { epoch: 0, leader: null, vice: null, commitIndex: 0 }
  #promise: VotePromise
  /** Set while this node leads. */
  #lease: LeaderLease | null = null
  /** The last epoch this node led. */
  #ledEpoch = -1
  #acquiredAtMs: number | null = null
  #nodeBasisMs = Number.NEGATIVE_INFINITY
  #told = { leader: false, node: false }

  constructor(who: Voters, timing: LeaseTiming, startedAtMs: number) {
    this.#who = who
    this.#timing = timing
    this.#promise = promiseAtStart(startedAtMs, timing)
  }

  get mastership(): Mastership {
    return this.#mastership
  }

  /** When this node became master; null while it is not. */
  get acquiredAtMs(): number | null {
    return this.#acquiredAtMs
  }

  /** Whom our heartbeats name: a leader that dropped its lease claims nothing, so that nobody promises it anything more. */
  get claimedLeader(): NodeName | null {
    return this.#lease?.isDropped ? null : this.#mastership.leader
  }

  /**
   * Returns whether epoch, leader or vice changed. Throws on what would break the leases: an epoch that goes back, a second
   * leader of an epoch, a mastership taken up again in the epoch in which it was given up.
   */
  setMastership(next: Mastership, nowMs: number): boolean {
    const last = this.#mastership
    const isLeading = next.leader === this.#who.self
    if (next.epoch < last.epoch) throw new Error(`epoch ${next.epoch} after ${last.epoch}`)
    if (next.epoch === last.epoch && next.leader && last.leader && next.leader !== last.leader) {
      throw new Error(`epoch ${next.epoch} led by ${last.leader} and ${next.leader}`)
    }
    if (isLeading && !this.#lease && next.epoch <= this.#ledEpoch) throw new Error(`epoch ${next.epoch} led twice`)
    this.#settle(nowMs)
    if (!isLeading) this.#lease = null
    else if (this.#lease?.epoch !== next.epoch) this.#lease = leading(next.epoch)
    if (!isLeading) this.#acquiredAtMs = null
    else if (this.#ledEpoch !== next.epoch) this.#acquiredAtMs = nowMs
    if (isLeading) this.#ledEpoch = next.epoch
    this.#mastership = next
    return next.epoch !== last.epoch || next.leader !== last.leader || next.vice !== last.vice
  }

  drop(nowMs: number): void {
    this.#settle(nowMs)
    if (this.#lease) this.#lease = dropped(this.#lease)
  }

  release(leader: NodeName): void {
    this.#promise = released(this.#promise, leader)
  }

  /** Takes a heartbeat. Returns whether it was taken as the leader's, and so promised to. */
  take(from: NodeName, heartbeat: Heartbeat, echo: Echo | null, nowMs: number): boolean {
    const { epoch, leader } = this.#mastership
    const isLeaders = heartbeat.leader === from && heartbeat.epoch === epoch && (leader === null || leader === from)
    if (isLeaders) this.#promise = promised(this.#promise, { leader: from, receivedAtMs: nowMs }, this.#timing)
    if (echo && echo.sentAtMs <= nowMs) {
      if (this.#lease) this.#lease = echoed(this.#lease, { ...this.#who, voter: from, echo })
      if (echo.granting && heartbeat.leader === from && heartbeat.epoch >= epoch) this.#grant(echo.sentAtMs)
    }
    this.#settle(nowMs)
    return isLeaders
  }

  leaderLeaseUntilMs(nowMs: number): number {
    if (!this.#lease) return Number.NEGATIVE_INFINITY
    return leaderLeaseUntilMs(this.#lease, { ...this.#who, nowMs }, this.#timing)
  }

  nodeLeaseUntilMs(nowMs: number): number {
    this.#settle(nowMs)
    return nodeLeaseUntilMs(this.#nodeBasisMs, this.#timing)
  }

  promiseUntilMs(nowMs: number): number {
    return Math.max(this.#promise.untilMs, this.leaderLeaseUntilMs(nowMs))
  }

  /** What was gained or lost since the last call. */
  edges(nowMs: number): HeartbeatEvent[] {
    const events: HeartbeatEvent[] = []
    const now = { leader: nowMs < this.leaderLeaseUntilMs(nowMs), node: nowMs < this.nodeLeaseUntilMs(nowMs) }
    if (now.leader !== this.#told.leader) events.push({ type: now.leader ? 'leaderLease.gained' : 'leaderLease.lost' })
    if (now.node !== this.#told.node) events.push({ type: now.node ? 'nodeLease.gained' : 'nodeLease.lost' })
    this.#told = now
    return events
  }

  /** A master's own node lease follows from what it was echoed; it stands still when the mastership ends. */
  #settle(nowMs: number): void {
    if (this.#lease) this.#grant(followedSinceMs(this.#lease, { ...this.#who, nowMs }))
  }

  #grant(basisMs: number): void {
    this.#nodeBasisMs = Math.max(this.#nodeBasisMs, basisMs)
  }
}
