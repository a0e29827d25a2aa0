/**
 * Leases: who may act, until when, without asking (DESIGN §3; after Gray and Cheriton, 1989, and the leader leases of Raft,
 * Ongaro 2014 §6.4). All pure; times are milliseconds of the monotonic clock of the node that computes them, and no clock is
 * ever compared with another's: a node only gets its *own* send times back, echoed.
 *
 * Drift. A clock may run up to 1 % (`clockDrift`) fast or slow. Each side pays for its own clock: who *holds* something lets
 * it end after 0.99 of the period, who *waits* for its end waits 1.01 of it. So in true time every holder is done within the
 * nominal period and every waiter waits at least that long. A machine that was suspended with its clock stopped is beyond
 * this; fencing tokens are for that.
 *
 * 1. Promise. A voter that takes a heartbeat as that of the leader of its own, current epoch votes for nobody until receipt +
 *    1.01 × leaderLeaseMs. A voter that has just started made promises it does not remember, and waits as long from its start.
 *    A leader's own promise lasts as long as its lease.
 * 2. Leader lease. The leader's ends at S + 0.99 × leaderLeaseMs, S being the quorum-th latest of the voters' echoes: its own
 *    send times as received by voters that followed it in its epoch when they received them, itself counted as now. Receipt
 *    is after sending, so a quorum's promises outlast it.
 *    Invariant I1: at no true instant do two leaders hold a valid lease. (A successor needs votes of a quorum; it shares a
 *    voter with the old leader's quorum, and that voter votes only when its promise, and so the old lease, is over.)
 * 3. Node lease. The permission to keep exclusive primaries: it ends at B + 0.99 × nodeLeaseMs, B being the latest own send
 *    time that the master echoed while granting. The master grants only while its leader lease is valid, and only to nodes
 *    whose silence it has not confirmed. Its own B is the S of 2.
 * 4. Isolation. A node last heard at H by a master that acquired mastership at A has stopped its exclusive primaries by
 *    max(H, A) + `isolationWaitMs`, provided that it is granted nothing meanwhile and that master's own lease is valid then.
 *    Invariant I2: nothing that master or a predecessor granted lasts longer. What it granted itself was for a heartbeat it
 *    had received, so B <= H; what a predecessor granted was granted under its leader lease, over by A (I1), for a heartbeat
 *    already sent, so B < A. A predecessor's own lease likewise: the shared voter had received a heartbeat as late as S before
 *    it voted for the successor, or it is the predecessor itself, whose S stands still from then on.
 *
 * 5. Changes of the timings (`effectiveTiming`). Two places of the replicated log hold them: `wanted`, as configured, and
 *    `settled`, written by a master once every node has applied the wanted ones of the present revision, and only while no
 *    later change of them is in its log. Who holds goes by the shorter of both, who waits by the longer.
 *    Invariant I3: what a node at any applied place of the log holds is never longer than what any node at any other place
 *    waits, as long as every node has applied the revision r at which the latest `settled` in force anywhere was wanted.
 *    (Let s be that `settled`, written at w > r. Between r and w nothing else was wanted. A node between r and w has
 *    s as `wanted`; one after w has s as `settled`, or a later one, for which the same holds. So s is one of the two that each
 *    side goes by: it holds at most s, and it waits at least s.)
 *    A node that has not applied r grants, holds and promises nothing: it is no voter, and has no component, before.
 *    I1 and I2 compare what is held with what is waited at different times, so besides: what has become longer, time for
 *    stopping included, counts for echoes of heartbeats that were sent after that only; what has become shorter counts at
 *    once; a wait that has begun, and a promise, stay as long as they are. "Applied" means by all of the node, for good: by its
 *    machines and by whoever keeps its leases, and no later life of it goes by less.
 *
 * What the shell owes: an epoch is durable, and told here, before anything is promised in it; a candidate's own new epoch is
 * told here before its vote requests leave; `sentAtMs` is read before sending.
 */
import type { Timing } from '../model/configuration.ts'
import type { NodeName } from '../model/ids.ts'

export type LeaseTiming = Pick<Timing, 'leaderLeaseMs' | 'nodeLeaseMs' | 'selfStopMs' | 'takeOverMarginMs'>

/** Bound on the error of any monotonic clock's rate; a disciplined one stays below 0.0005. */
export const clockDrift = 0.01

/** How long a holder counts on a period. */
function heldMs(periodMs: number): number {
  return periodMs * (1 - clockDrift)
}

/** How long to wait until a period is over for its holder. */
export function awaitedMs(periodMs: number): number {
  return periodMs * (1 + clockDrift)
}

/** A voter's word: no vote before `untilMs`. `leader` is null for what an earlier life may have promised. */
export interface VotePromise {
  readonly leader: NodeName | null
  readonly untilMs: number
}

export function promiseAtStart(startedAtMs: number, timing: LeaseTiming): VotePromise {
  return { leader: null, untilMs: startedAtMs + awaitedMs(timing.leaderLeaseMs) }
}

/** A heartbeat of the leader of the current epoch was received. A promise only ever grows. */
export function promised(
  p: VotePromise,
  to: { leader: NodeName; receivedAtMs: number },
  timing: LeaseTiming,
): VotePromise {
  return { leader: to.leader, untilMs: Math.max(p.untilMs, to.receivedAtMs + awaitedMs(timing.leaderLeaseMs)) }
}

/**
 * The leader gave its lease up, or its process is known to have ended. Frees of older promises too: that leader was elected
 * after those they were made to had lost their leases (I1).
 */
export function released(p: VotePromise, leader: NodeName): VotePromise {
  return p.leader === leader ? { leader: null, untilMs: Number.NEGATIVE_INFINITY } : p
}

/** What a leader knows of one mastership of its own. */
export interface LeaderLease {
  readonly epoch: number
  readonly isDropped: boolean
  /** Latest own send time that each node echoed, voter or not: everybody promises, so who becomes a voter counts from the first moment. */
  readonly echoedMs: Readonly<Record<NodeName, number>>
}

/** Who votes. `self` counts as echoing at once, if it is a voter. */
export interface Voters {
  readonly self: NodeName
  readonly voters: readonly NodeName[]
}

/** A voter's echo of a heartbeat: when we sent it, and whom in which epoch the voter followed when it received it. */
export interface VoterEcho {
  readonly sentAtMs: number
  readonly epoch: number
  readonly leader: NodeName | null
}

export function leading(epoch: number): LeaderLease {
  return { epoch, isDropped: false, echoedMs: {} }
}

/** Takes an echo; one of another epoch or another leader counts for nothing, a late one changes nothing. */
export function echoed(lease: LeaderLease, from: { self: NodeName; voter: NodeName; echo: VoterEcho }): LeaderLease {
  const { voter, echo } = from
  if (echo.epoch !== lease.epoch || echo.leader !== from.self) return lease
  if (echo.sentAtMs <= (lease.echoedMs[voter] ?? Number.NEGATIVE_INFINITY)) return lease
  return { ...lease, echoedMs: { ...lease.echoedMs, [voter]: echo.sentAtMs } }
}

/** Ends the lease for the rest of the epoch. */
export function dropped(lease: LeaderLease): LeaderLease {
  return { ...lease, isDropped: true }
}

/** S: since when at least a quorum has been following. A single voter follows itself now. -Infinity: not yet. */
export function followedSinceMs(lease: LeaderLease, at: Voters & { nowMs: number }): number {
  if (lease.isDropped) return Number.NEGATIVE_INFINITY
  const { voters } = at
  const quorumCount = Math.floor(voters.length / 2) + 1
  // The latest time that at least a quorum is not earlier than. Asked for at every heartbeat: without a list that is sorted.
  let sinceMs = Number.NEGATIVE_INFINITY
  for (const voter of voters) {
    const candidateMs = followedMs(lease, voter, at)
    if (candidateMs <= sinceMs) continue
    let count = 0
    for (const other of voters) if (followedMs(lease, other, at) >= candidateMs) count += 1
    if (count >= quorumCount) sinceMs = candidateMs
  }
  return sinceMs
}

function followedMs(lease: LeaderLease, voter: NodeName, { self, nowMs }: { self: NodeName; nowMs: number }): number {
  return voter === self ? nowMs : (lease.echoedMs[voter] ?? Number.NEGATIVE_INFINITY)
}

/** `sinceMs` is S (`followedSinceMs`). */
export function leaderLeaseUntilMs(sinceMs: number, timing: LeaseTiming): number {
  return sinceMs + heldMs(timing.leaderLeaseMs)
}

/** `basisMs` is B: the latest own send time echoed by a granting master, or a master's own S. -Infinity: never granted. */
export function nodeLeaseUntilMs(basisMs: number, timing: LeaseTiming): number {
  return basisMs + heldMs(timing.nodeLeaseMs)
}

/**
 * From when the wait for a silent node's isolation counts: max(H, A). `acquiredAtMs` null: the asking node is not master; it
 * must wait anew when it becomes so.
 */
export function isolatingSinceMs({
  heardAtMs,
  acquiredAtMs,
}: {
  heardAtMs: number
  acquiredAtMs: number | null
}): number {
  return acquiredAtMs === null ? heardAtMs : Math.max(heardAtMs, acquiredAtMs)
}

/**
 * How long to wait: nodeLeaseMs × 1.01 + selfStopMs × 1.01/0.99 + takeOverMarginMs. The holder shortens its lease for its own
 * drift but not its time for stopping, so for that the waiter pays for both clocks; the margin is left whole for late
 * wake-ups.
 */
export function isolationWaitMs(timing: LeaseTiming): number {
  return awaitedMs(timing.nodeLeaseMs + timing.selfStopMs / (1 - clockDrift)) + timing.takeOverMarginMs
}

/** The settings that one node holds by while another waits by them. */
export function leaseTimingOf({ leaderLeaseMs, nodeLeaseMs, selfStopMs, takeOverMarginMs }: LeaseTiming): LeaseTiming {
  return { leaderLeaseMs, nodeLeaseMs, selfStopMs, takeOverMarginMs }
}

export function isSameLeaseTiming(a: LeaseTiming, b: LeaseTiming): boolean {
  return leaseSettings.every((setting) => a[setting] === b[setting])
}

/** What to hold by and what to wait by. */
export interface EffectiveTiming {
  readonly holding: LeaseTiming
  readonly waiting: LeaseTiming
}

/** While a change may not have reached every node; see 5. */
export function effectiveTiming(settled: LeaseTiming, wanted: LeaseTiming): EffectiveTiming {
  return { holding: combined(Math.min, settled, wanted), waiting: combined(Math.max, settled, wanted) }
}

export const leaseSettings = ['leaderLeaseMs', 'nodeLeaseMs', 'selfStopMs', 'takeOverMarginMs'] as const

function combined(choose: (a: number, b: number) => number, a: LeaseTiming, b: LeaseTiming): LeaseTiming {
  return {
    leaderLeaseMs: choose(a.leaderLeaseMs, b.leaderLeaseMs),
    nodeLeaseMs: choose(a.nodeLeaseMs, b.nodeLeaseMs),
    selfStopMs: choose(a.selfStopMs, b.selfStopMs),
    takeOverMarginMs: choose(a.takeOverMarginMs, b.takeOverMarginMs),
  }
}
