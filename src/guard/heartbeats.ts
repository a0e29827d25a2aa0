/**
 * Heartbeats (SPEC M1, M2, E5; DESIGN §3): sends ours, judges the silence of others, and keeps this node's promise and leases.
 * Runs in the guard, the most punctual process of the node, and knows nothing of the engine. The rules are in
 * `machines/logic/`: `suspicion.ts`, `awareness.ts`, `lease.ts`.
 *
 * A tick sends to every peer, then judges. Besides, a heartbeat leaves at once when it would be missed: from the master to all
 * when its mastership changes or its lease begins, and to a leader from whoever takes a claim of it for the first time. So a
 * new master has its lease after one round trip, its nodes theirs after one more; only changes cause these, so they are few.
 *
 * The machines of the node may run in another process and hear of all this a little later. Therefore: a vote is preceded by
 * `askPromise`; a peer that comes back is granted nothing before `accept`, or grants would run ahead of the machine that counts
 * the time until it is isolated; and a claim that is followed late is promised to when `setMastership` says so, by the claim's
 * last heartbeat, as if that had come only now.
 *
 * What the caller owes beyond `lease.ts`: `ended` comes before `releasePromise`, or a last datagram still on its way renews
 * the promise.
 */
import type { EffectiveTiming, LeaseTiming } from '../../machines/logic/lease.ts'
import type { SuspicionTiming } from '../../machines/logic/suspicion.ts'
import type { Timing } from '../../machines/model/configuration.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import { type Echo, type Heartbeat, heartbeatNodeCountMax } from '../wire/messages/heartbeat.ts'
import type { HeartbeatEvent } from './heartbeatEvent.ts'
import { HeartbeatLeases, type Mastership, type PromiseQuestion } from './heartbeatLeases.ts'
import { HeartbeatPeers } from './heartbeatPeers.ts'
import { createTicker, type Ticker } from './heartbeatTicker.ts'

export type { HeartbeatEvent } from './heartbeatEvent.ts'
export type { Mastership, PromiseQuestion } from './heartbeatLeases.ts'

export type HeartbeatTiming = LeaseTiming & SuspicionTiming & Pick<Timing, 'heartbeatIntervalMs'>

/** What may change while heartbeats run. */
export interface HeartbeatSurroundings {
  /** All other nodes, at most `heartbeatNodeCountMax`. */
  readonly peers: readonly NodeName[]
  readonly voters: readonly NodeName[]
  /** To wait by, where a lease is concerned. */
  readonly timing: HeartbeatTiming
  /** To hold leases by, while they change; left out: as `timing` has it. */
  readonly holding?: LeaseTiming
}

export interface HeartbeatsOptions extends HeartbeatSurroundings {
  readonly self: NodeName
  readonly incarnation: Incarnation
  readonly clock: Pick<Clock, 'nowMs' | 'setTimer'>
  readonly send: (to: NodeName, heartbeat: Heartbeat) => void
  readonly onEvent: (event: HeartbeatEvent) => void
  /** Called after each judgement: whoever reports what is does so at least that often. */
  readonly onJudged?: () => void
  /** How far the node process has counted. */
  readonly progress?: () => number
  /** Calls back at the next turn of the event loop; a port for simulations. */
  readonly turn?: (callback: () => void) => void
}

export interface Heartbeats {
  start(): void
  /** Sends and judges nothing more. Leases still run out by the clock. */
  stop(): void
  receive(from: NodeName, heartbeat: Heartbeat, packet: { incarnation: Incarnation }): void
  setMastership(mastership: Mastership): void
  /** Gives the leader lease up for the rest of the epoch. The node lease runs out by itself. */
  dropLease(): void
  /** The leader promised to cannot act any more: it gave up, or its process is known to have ended. */
  releasePromise(leader: NodeName): void
  /**
   * Evidence: that life (null: whichever was the last) has ended. It is silent from now on, whatever still arrives; no event
   * is raised. Returns false, and does nothing, if a later life is known, or the evidence names none while the node is heard.
   */
  ended(node: NodeName, incarnation: Incarnation | null): boolean
  /** The answer is the node's leave to vote (`PromiseQuestion`): null, or until when it is bound. */
  askPromise(question: PromiseQuestion): number | null
  /** That return of a peer is known to whoever counts its isolation: it may be granted its lease again. */
  accept(node: NodeName, returned: { incarnation: Incarnation; returnCount: number }): void
  configure(surroundings: HeartbeatSurroundings): void
  /** This node leads, but has given its lease up. */
  isLeaseDropped(): boolean
  isLeaderLeaseValid(): boolean
  isNodeLeaseValid(): boolean
  /** 0: no such lease. */
  leaderLeaseUntilMs(): number
  nodeLeaseUntilMs(): number
  /** What that lease leaves for stopping when it has ended. */
  selfStopMs(): number
  /** No vote before this. 0: nothing was promised. */
  promiseUntilMs(): number
  lastHeardMs(node: NodeName): number | null
  /** Those heard and neither suspected nor ended, with this node, sorted. */
  aliveNodes(): NodeName[]
  /** Those of them whose node process has stood still for so long. */
  stalledNodes(afterMs: number): NodeName[]
}

interface Claim {
  readonly from: NodeName
  readonly heartbeat: Heartbeat
  readonly incarnation: Incarnation
}

export function createHeartbeats(options: HeartbeatsOptions): Heartbeats {
  const { self, incarnation, clock, onEvent, turn = setImmediate } = options
  let names = checked(options.peers)
  let sorted = [self, ...names].sort()
  const peers = new HeartbeatPeers(names, options.timing, clock.nowMs())
  const leases = new HeartbeatLeases({ self, voters: options.voters }, leaseTimings(options), clock.nowMs())
  /** The claim last raised as `leader.heard`, so that it is raised once even if it is not followed. */
  let claimHeard = ''
  /** The claim last answered at once. */
  let claimAnswered = ''
  /** The last heartbeat that claimed what this node does not follow yet. */
  let claimOpen: Claim | null = null
  let isRunning = false
  let ticker = tickerEvery(options.timing.heartbeatIntervalMs)

  function tickerEvery(intervalMs: number): Ticker {
    return createTicker({ clock, intervalMs, turn, onTick: sendToAll, onJudge: judge })
  }

  function isLeaderLeaseValid(): boolean {
    const nowMs = clock.nowMs()
    return nowMs < leases.leaderLeaseUntilMs(nowMs)
  }

  function sendToAll(): void {
    const nowMs = clock.nowMs()
    // The same to all: what is worked out once is not worked out again for each of many peers.
    const same = { nowMs, hears: peers.hears(nowMs), isGranting: isLeaderLeaseValid() }
    for (const name of names) sendTo(name, same)
  }

  function sendTo(to: NodeName, same?: { nowMs: number; hears: Record<NodeName, number>; isGranting: boolean }): void {
    if (!isRunning) return
    const nowMs = same?.nowMs ?? clock.nowMs()
    const hears = same?.hears ?? peers.hears(nowMs)
    const { epoch, vice, commitIndex } = leases.mastership
    const echo = peers.echoFor(to)
    const granting = (same?.isGranting ?? isLeaderLeaseValid()) && peers.isGrantable(to)
    const echoes: Record<NodeName, Echo> = echo ? { [to]: { ...echo, granting } } : {}
    options.send(to, {
      type: 'heartbeat',
      epoch,
      leader: leases.claimedLeader,
      vice,
      sentAtMs: nowMs,
      echoes,
      hears,
      commitIndex,
      progress: options.progress?.() ?? 0,
    })
  }

  function judge(lateMs: number): void {
    const { acquiredAtMs } = leases
    for (const event of peers.judge({ nowMs: clock.nowMs(), lateMs, acquiredAtMs })) onEvent(event)
    raiseEdges()
    options.onJudged?.()
  }

  function raiseEdges(): void {
    for (const event of leases.edges(clock.nowMs())) {
      onEvent(event)
      if (event.type === 'leaderLease.gained') sendToAll()
    }
  }

  /** Raised before the heartbeat is taken: whoever follows the leader right away then promises by this very heartbeat. */
  function raiseClaim(leader: NodeName, { epoch, vice }: Heartbeat): void {
    const known = leases.mastership
    const claim = `${epoch} ${leader} ${vice}`
    const isKnown = known.epoch === epoch && known.leader === leader && known.vice === vice
    if (epoch < known.epoch || isKnown || claim === claimHeard) return
    claimHeard = claim
    onEvent({ type: 'leader.heard', leader, epoch, vice })
  }

  function receive(from: NodeName, heartbeat: Heartbeat, packet: { incarnation: Incarnation }): void {
    const nowMs = clock.nowMs()
    const { sentAtMs, hears, progress } = heartbeat
    const hearing = peers.hear(from, { incarnation: packet.incarnation, sentAtMs, progress }, nowMs)
    if (hearing === 'refused' || hearing === 'stale') return
    if (hearing === 'returned') {
      onEvent({
        type: 'peer.heard',
        node: from,
        incarnation: packet.incarnation,
        returnCount: peers.returnCountOf(from),
      })
    }
    peers.vouch(from, hears, nowMs)
    if (heartbeat.leader === from) raiseClaim(from, heartbeat)
    take({ from, heartbeat, incarnation: packet.incarnation })
    raiseEdges()
  }

  /** Promises and echoes; the first heartbeat of a claim is answered at once. */
  function take(claim: Claim): void {
    const { from, heartbeat } = claim
    const { echoes, sentAtMs } = heartbeat
    const echo = Object.hasOwn(echoes, self) && echoes[self]!.incarnation === incarnation ? echoes[self]! : null
    const isLeaders = leases.take(from, heartbeat, echo, clock.nowMs())
    const { epoch } = leases.mastership
    peers.keepEcho(from, { sentAtMs, incarnation: claim.incarnation, epoch, leader: isLeaders ? from : null })
    if (heartbeat.leader === from && heartbeat.epoch >= epoch && !isLeaders) claimOpen = claim
    else if (claimOpen?.from === from) claimOpen = null
    const name = `${epoch} ${from} ${claim.incarnation}`
    if (isLeaders && name !== claimAnswered) {
      claimAnswered = name
      sendTo(from)
    }
  }

  /** The claim is followed now. Whoever made it lives on, and nothing later of it was taken, or that would be open instead. */
  function takeOpenClaim({ leader, epoch }: Mastership): void {
    const claim = claimOpen
    if (claim?.from !== leader || claim?.heartbeat.epoch !== epoch) return
    claimOpen = null
    if (peers.incarnationOf(claim.from) === claim.incarnation && peers.isAlive(claim.from)) take(claim)
  }

  return {
    start() {
      isRunning = true
      peers.begin(clock.nowMs())
      ticker.start()
    },
    stop() {
      isRunning = false
      ticker.stop()
    },
    receive,
    setMastership(mastership) {
      const wasLeader = leases.mastership.leader === self
      const isChanged = leases.setMastership(mastership, clock.nowMs())
      if (isChanged) claimHeard = ''
      takeOpenClaim(mastership)
      if (isChanged && (wasLeader || mastership.leader === self)) sendToAll()
      raiseEdges()
    },
    dropLease() {
      leases.drop(clock.nowMs())
      raiseEdges()
    },
    releasePromise: (leader) => leases.release(leader),
    ended: (node, life) => peers.end(node, life),
    isLeaderLeaseValid,
    isNodeLeaseValid: () => clock.nowMs() < leases.nodeLeaseUntilMs(clock.nowMs()),
    leaderLeaseUntilMs: () => Math.max(0, leases.leaderLeaseUntilMs(clock.nowMs())),
    nodeLeaseUntilMs: () => Math.max(0, leases.nodeLeaseUntilMs(clock.nowMs())),
    selfStopMs: () => leases.selfStopMs(clock.nowMs()),
    promiseUntilMs: () => Math.max(0, leases.promiseUntilMs(clock.nowMs())),
    lastHeardMs: (node) => peers.lastHeardMs(node),
    aliveNodes: () => sorted.filter((name) => name === self || peers.isAlive(name)),
    stalledNodes: (afterMs) => peers.stalledNames(clock.nowMs(), afterMs),
    isLeaseDropped: () => leases.isDropped,
    askPromise(question) {
      const untilMs = leases.ask(question, clock.nowMs())
      raiseEdges()
      return untilMs
    },
    accept: (node, returned) => peers.accept(node, returned),
    configure(surroundings) {
      const { peers: next, voters, timing } = surroundings
      names = checked(next)
      sorted = [self, ...names].sort()
      peers.configure(names, timing, clock.nowMs())
      leases.configure({ self, voters }, leaseTimings(surroundings), clock.nowMs())
      ticker.stop()
      ticker = tickerEvery(timing.heartbeatIntervalMs)
      if (isRunning) ticker.start()
      raiseEdges()
    },
  }
}

function checked(names: readonly NodeName[]): readonly NodeName[] {
  if (names.length > heartbeatNodeCountMax) throw new Error(`${names.length} peers, at most ${heartbeatNodeCountMax}`)
  return names
}

function leaseTimings({ timing, holding = timing }: HeartbeatSurroundings): EffectiveTiming {
  return { holding, waiting: timing }
}
