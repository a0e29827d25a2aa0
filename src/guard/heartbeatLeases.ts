/**
 * This node's promise and leases, put together from `machines/logic/lease.ts`. Holds no clock: every call is told the time.
 *
 * Promise and vote are made in two processes, so the vote asks first (`ask`): who is told that nothing is promised may vote
 * in that epoch at any later time, because nothing is promised in an earlier one from the answer on.
 */
import {
  awaitedMs,
  dropped,
  type EffectiveTiming,
  echoed,
  effectiveTiming,
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

export interface PromiseQuestion {
  /** Of the vote. 0: only a question, as for a pre-vote, that closes nothing. */
  readonly epoch: number
  /** A leader known to have dropped its lease: what was promised to it does not count. */
  readonly exempt: NodeName | null
}

const none: readonly HeartbeatEvent[] = []

export class HeartbeatLeases {
  #who: Voters
  #timing: EffectiveTiming
  /** Leases that count from before this are no longer than that: what has become longer counts from the change on. */
  #earlier: { readonly untilMs: number; readonly holding: LeaseTiming } | null = null
  #mastership: Mastership = { epoch: 0, leader: null, vice: null, commitIndex: 0 }
  #promise: VotePromise
  /** Set while this node leads. */
  #lease: LeaderLease | null = null
  /** The last epoch this node led. */
  #ledEpoch = -1
  #acquiredAtMs: number | null = null
  #nodeBasisMs = Number.NEGATIVE_INFINITY
  /** In an epoch below this one nothing is promised any more, nor any lease of this node's own prolonged. */
  #closedBelow = 0
  #told = { leader: false, node: false }

  constructor(who: Voters, timing: EffectiveTiming, startedAtMs: number) {
    this.#who = who
    this.#timing = timing
    this.#promise = promiseAtStart(startedAtMs, timing.waiting)
  }

  get mastership(): Mastership {
    return this.#mastership
  }

  /** When this node became master; null while it is not. */
  get acquiredAtMs(): number | null {
    return this.#acquiredAtMs
  }

  get isDropped(): boolean {
    return this.#lease?.isDropped ?? false
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

  /**
   * Other voters or timings hold from now on. What was promised by then stays, or is made longer: this life may have promised by
   * a timing that is shorter than what the leader it was promised to counts on, until it was told of the cluster's. Leases
   * become shorter at once; longer ones need an echo of a heartbeat that is sent from now on, or one that is over would revive.
   */
  configure(who: Voters, timing: EffectiveTiming, nowMs: number): void {
    this.#settle(nowMs)
    const before = this.#timing
    this.#who = who
    this.#timing = timing
    this.#earlier = { untilMs: nowMs, holding: this.#holdingAt(nowMs, before.holding) }
    if (timing.waiting.leaderLeaseMs <= before.waiting.leaderLeaseMs) return
    const untilMs = Math.max(this.#promise.untilMs, nowMs + awaitedMs(timing.waiting.leaderLeaseMs))
    this.#promise = { ...this.#promise, untilMs }
  }

  /**
   * May this node vote in the epoch? null: yes, and nothing is promised any more in an earlier one, so that the answer stays
   * true. Else until when it is bound, and nothing has changed. A promise to `exempt`, who gave up its lease, does not bind.
   */
  ask({ epoch, exempt }: PromiseQuestion, nowMs: number): number | null {
    // A leader that hands over was free when it was elected: what it had promised before is over.
    const isExempt = exempt !== null && (exempt === this.#promise.leader || exempt === this.#who.self)
    const promisedUntilMs = isExempt ? Number.NEGATIVE_INFINITY : this.#promise.untilMs
    const untilMs = Math.max(promisedUntilMs, this.leaderLeaseUntilMs(nowMs))
    if (nowMs < untilMs) return untilMs
    this.#closedBelow = Math.max(this.#closedBelow, epoch)
    if (this.#lease && this.#lease.epoch < this.#closedBelow) this.drop(nowMs)
    return null
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
    const isClaim = heartbeat.leader === from && heartbeat.epoch === epoch && epoch >= this.#closedBelow
    const isLeaders = isClaim && (leader === null || leader === from)
    if (isLeaders) this.#promise = promised(this.#promise, { leader: from, receivedAtMs: nowMs }, this.#timing.waiting)
    if (echo && echo.sentAtMs <= nowMs) {
      if (this.#lease) this.#lease = echoed(this.#lease, { ...this.#who, voter: from, echo })
      if (echo.granting && heartbeat.leader === from && heartbeat.epoch >= epoch) this.#grant(echo.sentAtMs)
    }
    this.#settle(nowMs)
    return isLeaders
  }

  leaderLeaseUntilMs(nowMs: number): number {
    if (!this.#lease) return Number.NEGATIVE_INFINITY
    const sinceMs = followedSinceMs(this.#lease, { ...this.#who, nowMs })
    return leaderLeaseUntilMs(sinceMs, this.#holdingSince(sinceMs))
  }

  nodeLeaseUntilMs(nowMs: number): number {
    this.#settle(nowMs)
    return nodeLeaseUntilMs(this.#nodeBasisMs, this.#holdingSince(this.#nodeBasisMs))
  }

  /** What the node lease leaves for stopping when it has ended. */
  selfStopMs(nowMs: number): number {
    this.#settle(nowMs)
    return this.#holdingSince(this.#nodeBasisMs).selfStopMs
  }

  promiseUntilMs(nowMs: number): number {
    return Math.max(this.#promise.untilMs, this.leaderLeaseUntilMs(nowMs))
  }

  /** What was gained or lost since the last call. */
  edges(nowMs: number): readonly HeartbeatEvent[] {
    const told = this.#told
    const now = { leader: nowMs < this.leaderLeaseUntilMs(nowMs), node: nowMs < this.nodeLeaseUntilMs(nowMs) }
    if (now.leader === told.leader && now.node === told.node) return none
    this.#told = now
    const events: HeartbeatEvent[] = []
    if (now.leader !== told.leader) events.push({ type: now.leader ? 'leaderLease.gained' : 'leaderLease.lost' })
    if (now.node !== told.node) events.push({ type: now.node ? 'nodeLease.gained' : 'nodeLease.lost' })
    return events
  }

  /** A master's own node lease follows from what it was echoed; it stands still when the mastership ends. */
  #settle(nowMs: number): void {
    if (this.#lease) this.#grant(followedSinceMs(this.#lease, { ...this.#who, nowMs }))
  }

  #holdingSince(sinceMs: number): LeaseTiming {
    const { holding } = this.#timing
    return this.#earlier && sinceMs < this.#earlier.untilMs ? shorter(this.#earlier.holding, holding) : holding
  }

  /** What leases from before now are held by: the shortest that was in force while the older of them may still last. */
  #holdingAt(nowMs: number, holding: LeaseTiming): LeaseTiming {
    const { leaderLeaseMs, nodeLeaseMs } = holding
    const isOver = this.#earlier === null || nowMs - this.#earlier.untilMs > Math.max(leaderLeaseMs, nodeLeaseMs)
    return isOver ? holding : shorter(this.#earlier!.holding, holding)
  }

  #grant(basisMs: number): void {
    this.#nodeBasisMs = Math.max(this.#nodeBasisMs, basisMs)
  }
}

function shorter(a: LeaseTiming, b: LeaseTiming): LeaseTiming {
  return effectiveTiming(a, b).holding
}
