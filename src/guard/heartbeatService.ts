/**
 * Heartbeats and leases of one life of the node process, with their network, and what the node process and its guard say
 * to each other about them. Begins when the node takes part (`begin`), ends with the node process.
 */
import type { LeaseTiming } from '../../machines/logic/lease.ts'
import type { LinkAddress, Timing } from '../../machines/model/configuration.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { LinkHealth } from '../transport/network.ts'
import type { Heartbeat } from '../wire/messages/heartbeat.ts'
import type { HeartbeatEvent } from './heartbeatEvent.ts'
import { createHeartbeats, type Heartbeats } from './heartbeats.ts'
import { LeaseReporter, reportBy } from './leaseReports.ts'
import type { PeerEnded } from './livenessPeer.ts'
import type { FrameOf, GuardFrame, NodeFrame } from './protocol.ts'
import type { SharedTime } from './sharedTime.ts'

/** Carries heartbeats and nothing else: a port. */
export interface HeartbeatNetwork {
  send(to: NodeName, heartbeat: Heartbeat): void
  links(): Readonly<Record<NodeName, readonly LinkHealth[]>>
  /** Who is not named any more is not heard. */
  setPeers(peers: Readonly<Record<NodeName, readonly LinkAddress[]>>): void
  close(): void
}

export interface HeartbeatNetworkOptions {
  readonly incarnation: Incarnation
  /** The links as configured: where heartbeats go is for the network to know. */
  readonly peers: Readonly<Record<NodeName, readonly LinkAddress[]>>
  readonly onHeartbeat: (from: NodeName, heartbeat: Heartbeat, packet: { incarnation: Incarnation }) => void
}

/** The cluster as far as the guard has to know it. */
export interface Surroundings {
  readonly peers: Readonly<Record<NodeName, readonly LinkAddress[]>>
  /** In order of rank. */
  readonly voters: readonly NodeName[]
  /** To wait by, where a lease is concerned. */
  readonly timing: Timing
  /** To hold leases by. */
  readonly holding: LeaseTiming
}

export interface HeartbeatServiceOptions {
  readonly self: NodeName
  readonly incarnation: Incarnation
  readonly surroundings: Surroundings
  readonly clock: Clock
  readonly turn: (callback: () => void) => void
  readonly sharedTime: SharedTime
  readonly progress: () => number
  readonly send: (frame: GuardFrame) => void
}

/** What of the node process's frames is for the heartbeats. */
export type HeartbeatFrame = Extract<
  NodeFrame,
  { type: 'mastership.set' | 'lease.drop' | 'promise.ask' | 'peer.accepted' | 'peer.fenced' }
>

export class HeartbeatService {
  readonly #options: HeartbeatServiceOptions
  readonly #heartbeats: Heartbeats
  readonly #reporter: LeaseReporter
  #surroundings: Surroundings
  #network: HeartbeatNetwork | null = null
  #epoch = 0
  #isClosed = false

  constructor(options: HeartbeatServiceOptions) {
    const { self, incarnation, clock, turn, surroundings, progress } = options
    this.#options = options
    this.#surroundings = surroundings
    this.#heartbeats = createHeartbeats({
      self,
      incarnation,
      ...named(surroundings),
      clock,
      turn,
      progress,
      send: (to, heartbeat) => this.#network?.send(to, heartbeat),
      onEvent: (event) => this.#raised(event),
      onJudged: () => this.#reporter.consider(),
    })
    this.#reporter = new LeaseReporter({
      clock,
      heartbeats: this.#heartbeats,
      epoch: () => this.#epoch,
      timing: () => this.#surroundings.timing,
      linkHeardMs: () => this.#linkHeardMs(),
      send: (report) => options.send({ type: 'lease.report', ...reportBy(options.sharedTime.toShared, report) }),
    })
  }

  /** Rejects when a link cannot be opened. */
  async open(openNetwork: (options: HeartbeatNetworkOptions) => Promise<HeartbeatNetwork>): Promise<void> {
    const network = await openNetwork({
      incarnation: this.#options.incarnation,
      peers: this.#surroundings.peers,
      onHeartbeat: (from, heartbeat, packet) => {
        if (!this.#isClosed) this.#heartbeats.receive(from, heartbeat, packet)
      },
    })
    if (this.#isClosed) network.close()
    else this.#network = network
  }

  /** The node takes part from now on. */
  begin(): void {
    if (!this.#isClosed) this.#heartbeats.start()
  }

  /** Throws on what would break the leases: whoever asks for it cannot be trusted any more. */
  take(frame: HeartbeatFrame): void {
    const { send, sharedTime } = this.#options
    switch (frame.type) {
      case 'mastership.set': {
        const { type: _, ...mastership } = frame
        this.#epoch = mastership.epoch
        this.#heartbeats.setMastership(mastership)
        break
      }
      case 'lease.drop':
        this.#drop(frame.epoch)
        break
      case 'promise.ask': {
        const untilMs = this.#heartbeats.askPromise(frame)
        send({
          type: 'promise.answer',
          id: frame.id,
          untilMs: untilMs === null ? null : sharedTime.toShared(untilMs),
        })
        break
      }
      case 'peer.accepted':
        this.#heartbeats.accept(frame.node, frame)
        break
      case 'peer.fenced': {
        const { type: _, ...ended } = frame
        this.peerEnded(ended)
      }
    }
  }

  /** What leases are left is reported before anything else is said: they may have become shorter. */
  configure(surroundings: Surroundings): void {
    this.#surroundings = surroundings
    this.#network?.setPeers(surroundings.peers)
    this.#heartbeats.configure(named(surroundings))
    this.#reporter.report()
  }

  /**
   * A guard or a fence proved that a life of a peer has ended. The heartbeats judge first whether the evidence still counts: only then is
   * the peer's promise void and the node process told, all three together, or leases would go on being granted to the dead.
   */
  peerEnded(ended: PeerEnded): void {
    if (!this.#heartbeats.ended(ended.node, ended.incarnation)) return
    this.#heartbeats.releasePromise(ended.node)
    this.#reporter.consider()
    this.#options.send({ type: 'peer.ended', ...ended })
  }

  /** null: there was none yet. */
  nodeLeaseUntilMs(): number | null {
    return this.#heartbeats.nodeLeaseUntilMs() || null
  }

  selfStopMs(): number {
    return this.#heartbeats.selfStopMs()
  }

  close(): void {
    this.#isClosed = true
    this.#heartbeats.stop()
    this.#network?.close()
    this.#network = null
  }

  /** Of an earlier epoch than the present there is nothing left to drop. */
  #drop(epoch: number): void {
    if (epoch === this.#epoch) this.#heartbeats.dropLease()
    this.#reporter.consider()
    this.#options.send({ type: 'lease.dropped', epoch })
  }

  /** Gains and losses of leases are seen from the reports, which the node process judges by its own clock. */
  #raised(event: HeartbeatEvent): void {
    this.#reporter.consider()
    const isTold = event.type.startsWith('peer.') || event.type === 'leader.heard'
    if (isTold)
      this.#options.send({ type: 'heartbeat.event', event: event as FrameOf<GuardFrame, 'heartbeat.event'>['event'] })
  }

  #linkHeardMs(): Record<NodeName, (number | null)[]> {
    const links = this.#network?.links() ?? {}
    return Object.fromEntries(
      Object.entries(links).map(([node, each]) => [node, each.map(({ lastHeardMs }) => lastHeardMs)]),
    )
  }
}

function named({ peers, voters, timing, holding }: Surroundings) {
  return { peers: Object.keys(peers), voters, timing, holding }
}
