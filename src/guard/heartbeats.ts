/**
 * Heartbeats (SPEC M1, M2, E5; DESIGN §3): sends ours, judges the silence of others, and keeps this node's promise and leases.
 * Knows nothing of the engine, so that it can run in whichever process of the node is the most punctual. The rules are in
 * `machines/logic/`: `suspicion.ts`, `awareness.ts`, `lease.ts`.
 *
 * A tick sends to every peer, then judges. Besides, a heartbeat leaves at once when it would be missed: from the master to all
 * when its mastership changes or its lease begins, and to a leader from whoever takes a claim of it for the first time. So a
 * new master has its lease after one round trip, its nodes theirs after one more; only changes cause these, so they are few.
 *
 * What the caller owes beyond `lease.ts`: `onEvent` is handled before it returns, or grants to a returning peer would run
 * ahead of the machine that counts the time until it is isolated. `ended` comes before `releasePromise`, or a last datagram
 * still on its way renews the promise.
 */
import type { LeaseTiming } from '../../machines/logic/lease.ts'
import type { SuspicionTiming } from '../../machines/logic/suspicion.ts'
import type { Timing } from '../../machines/model/configuration.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import { type Echo, type Heartbeat, heartbeatNodeCountMax } from '../wire/messages/heartbeat.ts'
import type { HeartbeatEvent } from './heartbeatEvent.ts'
import { HeartbeatLeases, type Mastership } from './heartbeatLeases.ts'
import { HeartbeatPeers } from './heartbeatPeers.ts'
import { createTicker } from './heartbeatTicker.ts'

export type { HeartbeatEvent } from './heartbeatEvent.ts'
export type { Mastership } from './heartbeatLeases.ts'

export interface HeartbeatsOptions {
  readonly self: NodeName
  readonly incarnation: Incarnation
  /** All other nodes, at most `heartbeatNodeCountMax`. */
  readonly peers: readonly NodeName[]
  readonly voters: readonly NodeName[]
  readonly timing: LeaseTiming & SuspicionTiming & Pick<Timing, 'heartbeatIntervalMs'>
  readonly clock: Pick<Clock, 'nowMs' | 'setTimer'>
  readonly send: (to: NodeName, heartbeat: Heartbeat) => void
  readonly onEvent: (event: HeartbeatEvent) => void
  /** Calls back at the next turn of the event loop; a port for simulations. */
  readonly turn?: (callback: () => void) => void
}

export interface Heartbeats {
  start(): void
  /** Sends and judges nothing more. Leases still run out by the clock. */
  stop(): void
  receive(from: NodeName, heartbeat: Heartbeat, packet: { incarnation: Incarnation; link: number }): void
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
  isLeaderLeaseValid(): boolean
  isNodeLeaseValid(): boolean
  /** 0: no such lease. */
  leaderLeaseUntilMs(): number
  nodeLeaseUntilMs(): number
  /** No vote before this. 0: nothing was promised. */
  promiseUntilMs(): number
  lastHeardMs(node: NodeName): number | null
  linkHeardMs(node: NodeName, link: number): number | null
  /** Those heard and neither suspected nor ended, with this node, sorted. */
  aliveNodes(): NodeName[]
}

export function createHeartbeats(options: HeartbeatsOptions): Heartbeats {
  const { self, incarnation, peers: names, voters, timing, clock, onEvent, turn = setImmediate } = options
  if (names.length > heartbeatNodeCountMax) throw new Error(`${names.length} peers, at most ${heartbeatNodeCountMax}`)
  const peers = new HeartbeatPeers(names, timing, clock.nowMs())
  const leases = new HeartbeatLeases({ self, voters }, timing, clock.nowMs())
  /** The claim last raised as `leader.heard`, so that it is raised once even if it is not followed. */
  let claimHeard = ''
  /** The claim last answered at once. */
  let claimAnswered = ''
  let isRunning = false
  const ticker = createTicker({
    clock,
    intervalMs: timing.heartbeatIntervalMs,
    turn,
    onTick: sendToAll,
    onJudge: judge,
  })

  function isLeaderLeaseValid(): boolean {
    const nowMs = clock.nowMs()
    return nowMs < leases.leaderLeaseUntilMs(nowMs)
  }

  function sendToAll(): void {
    const nowMs = clock.nowMs()
    const hears = peers.hears(nowMs)
    for (const name of names) sendTo(name, nowMs, hears)
  }

  function sendTo(to: NodeName, nowMs = clock.nowMs(), hears = peers.hears(nowMs)): void {
    if (!isRunning) return
    const { epoch, vice, commitIndex } = leases.mastership
    const echo = peers.echoFor(to)
    const granting = isLeaderLeaseValid() && !peers.isGone(to)
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
      progress: 0,
    })
  }

  function judge(lateMs: number): void {
    const { acquiredAtMs } = leases
    for (const event of peers.judge({ nowMs: clock.nowMs(), lateMs, acquiredAtMs })) onEvent(event)
    raiseEdges()
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

  function receive(from: NodeName, heartbeat: Heartbeat, packet: { incarnation: Incarnation; link: number }): void {
    const nowMs = clock.nowMs()
    const { sentAtMs, echoes, hears } = heartbeat
    const hearing = peers.hear(from, { ...packet, sentAtMs }, nowMs)
    if (hearing === 'refused' || hearing === 'stale') return
    if (hearing === 'returned') onEvent({ type: 'peer.heard', node: from, incarnation: packet.incarnation })
    peers.vouch(from, hears, nowMs)
    if (heartbeat.leader === from) raiseClaim(from, heartbeat)
    const echo = Object.hasOwn(echoes, self) && echoes[self]!.incarnation === incarnation ? echoes[self]! : null
    const isLeaders = leases.take(from, heartbeat, echo, nowMs)
    const { epoch } = leases.mastership
    peers.keepEcho(from, { sentAtMs, incarnation: packet.incarnation, epoch, leader: isLeaders ? from : null })
    const claim = `${epoch} ${from} ${packet.incarnation}`
    if (isLeaders && claim !== claimAnswered) {
      claimAnswered = claim
      sendTo(from)
    }
    raiseEdges()
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
    promiseUntilMs: () => Math.max(0, leases.promiseUntilMs(clock.nowMs())),
    lastHeardMs: (node) => peers.lastHeardMs(node),
    linkHeardMs: (node, link) => peers.linkHeardMs(node, link),
    aliveNodes: () => [self, ...peers.aliveNames()].sort(),
  }
}
