/**
 * One life of an arbiter in one cluster (SPEC M1): a voter that keeps the places of the log and no data, and never leads. Heartbeats,
 * promises and votes are in one process: there is nothing to protect from each other, since an arbiter runs no component.
 *
 * A seat ends by itself in three ways, of which `onEnd` tells once: its store cannot be written, its disk turns out to be an old copy,
 * or a life of its number has been, on a disk that is no longer here.
 * Nothing is said to anybody from then on; whoever opened it closes it.
 */

import { join } from 'node:path'
import { catalogue } from '../../machines/index.ts'
import { releaseProtocols } from '../../machines/logic/protocol.ts'
import { type Members, quorumMembers } from '../../machines/logic/replicatedLog.ts'
import type { MembershipEffect, MembershipEvent, MembershipInput } from '../../machines/membership.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { Engine } from '../engine/engine.ts'
import type { HeartbeatEvent } from '../guard/heartbeatEvent.ts'
import type { HeartbeatNetwork } from '../guard/heartbeatService.ts'
import { createHeartbeats, type Heartbeats } from '../guard/heartbeats.ts'
import type { LivenessPort, PeerEnded } from '../guard/liveness.ts'
import { surroundingsOf } from '../guard/surroundings.ts'
import { logger } from '../log/log.ts'
import { addressesOf, foreign, joiningOf } from '../node/joining.ts'
import { actorOf } from '../node/parts.ts'
import { localSight } from '../node/sightLocal.ts'
import type { BlackBox } from '../recorder/index.ts'
import type { Joining } from '../repository/joining.ts'
import { createReplica, type Replica } from '../repository/replica.ts'
import type { Store } from '../repository/store.ts'
import type { Network } from '../transport/network.ts'
import { msgpackCodec } from '../wire/codec.ts'
import { type PeerMessage, parsePeerMessage } from '../wire/messages/index.ts'
import type { ArbiterPorts } from './ports.ts'

export type SeatEnd =
  | { readonly type: 'storeFailed'; readonly detail: string }
  /** `by` knows the later life `known` of this arbiter. */
  | { readonly type: 'outdated'; readonly known: number; readonly by: NodeName }
  /** `by` knows a life of this number to have ended, and hears nothing of this one. */
  | { readonly type: 'counted'; readonly by: NodeName }

export interface SeatOptions {
  /** Of the cluster, which has an arbiter: this. */
  readonly configuration: Configuration
  readonly ports: ArbiterPorts
  readonly onEnd: (end: SeatEnd) => void
}

const log = logger('arbiter')

/** Elections are all that it has to tell. */
const blackBox = { segmentSizeBytes: 128 * 1024, segmentCountMax: 4 }

/** Rejects with what cannot be opened: a link (`LinkError`), the store (`StoreError`), a socket. Nothing is left open then. */
export async function openSeat(options: SeatOptions): Promise<Seat> {
  const seat = new Seat(options)
  try {
    await seat.open()
    return seat
  } catch (error) {
    await seat.close()
    throw error
  }
}

export class Seat {
  readonly incarnation: number
  readonly #options: SeatOptions
  readonly #self: NodeName
  readonly #heartbeats: Heartbeats
  readonly #engine: Engine
  readonly #recorder: BlackBox
  readonly #liveness: LivenessPort
  readonly #foreigners = new Map<NodeName, string>()
  #heartbeatNetwork: HeartbeatNetwork | null = null
  #network: Network<PeerMessage> | null = null
  /** Until the replica has it, which closes it. */
  #store: Store | null = null
  #replica: Replica | null = null
  #joining: Joining | null = null
  #cancelTick = (): void => {}
  #tickCount = 0
  /** Nothing is heeded or said any more. */
  #isOver = false

  /** Throws when an own link cannot be listened on, or the directory not be written. */
  constructor(options: SeatOptions) {
    const { configuration, ports } = options
    const { cluster, secret, timing, arbiter, stateDirectory } = configuration
    const { clock } = ports
    const self = arbiter!.name
    const { peers, voters } = surroundingsOf(configuration, self)
    this.#options = options
    this.#self = self
    this.incarnation = ports.nextIncarnation(join(stateDirectory, self))
    this.#engine = new Engine({
      node: self,
      incarnation: this.incarnation,
      clock,
      catalogue,
      recorder: { append: (record) => this.#recorder.append(record) },
      perform: (effect) => this.#perform(effect as MembershipEffect),
    })
    this.#heartbeats = createHeartbeats({
      self,
      incarnation: this.incarnation,
      peers: Object.keys(peers),
      voters,
      timing,
      clock,
      turn: ports.turn,
      progress: () => this.#tickCount,
      send: (to, heartbeat) => this.#heartbeatNetwork?.send(to, heartbeat),
      onEvent: (event) => this.#heard(event),
    })
    this.#recorder = ports.openRecorder({
      directory: join(stateDirectory, self, 'black-box'),
      cluster,
      node: self,
      incarnation: this.incarnation,
      ...blackBox,
      snapshots: () => this.#engine.snapshots(),
      wallUs: () => clock.wallUs(),
      onProblem: ({ code, detail }) => log.error('{cluster}: black box: {code}: {detail}', { cluster, code, detail }),
    })
    this.#liveness = ports.openLiveness({
      cluster,
      secret,
      node: self,
      incarnation: this.incarnation,
      links: arbiter!.links,
      peers,
      onEnded: (ended) => this.#peerEnded(ended),
    })
  }

  /** To be called once. Rejects with what cannot be opened; then it is to be closed. */
  async open(): Promise<void> {
    const { configuration, ports } = this.#options
    const { cluster, secret, arbiter } = configuration
    const own = { self: this.#self, incarnation: this.incarnation, cluster, secret, ownLinks: arbiter!.links }
    this.#store = await ports.openStore({ directory: join(configuration.stateDirectory, this.#self, 'repository') })
    this.#store.onFailure(({ message }) => this.#end({ type: 'storeFailed', detail: message }))
    const peers = addressesOf(configuration, this.#self)
    this.#heartbeatNetwork = await ports.openHeartbeatNetwork({
      ...own,
      peers,
      onHeartbeat: (...heartbeat) => this.#replica && !this.#isOver && this.#heartbeats.receive(...heartbeat),
    })
    this.#network = await ports.openNetwork({
      ...own,
      peers,
      clock: ports.clock,
      codec: msgpackCodec(parsePeerMessage),
      onLaterLife: (known, by) => this.#end({ type: 'outdated', known, by }),
      // One that a leader hears goes on: one peer must not end what the others need.
      onEndedLife: (by) => this.#heartbeats.isNodeLeaseValid() || this.#end({ type: 'counted', by }),
      onMessage: (from, message) => this.#receive(from, message),
    })
    this.#begin(this.#store, this.#network)
  }

  /** Leaves the cluster, in order. Resolves when everything is written and nothing is held any more. */
  async close(): Promise<void> {
    this.#isOver = true
    this.#cancelTick()
    this.#joining?.stop()
    this.#heartbeats.stop()
    this.#heartbeatNetwork?.close()
    this.#network?.close()
    await (this.#replica ?? this.#store)?.close()
    this.#engine.stop()
    this.#recorder.close()
    this.#liveness.ended()
    this.#liveness.close()
  }

  #begin(store: Store, network: Network<PeerMessage>): void {
    const { configuration, ports } = this.#options
    const { clock } = ports
    const { timing } = configuration
    const sight = localSight(this.#heartbeats, {
      clock,
      stalledAfterMs: timing.hungAfterMs,
      linkHeardMs: (node, link) => this.#heartbeatNetwork?.links()[node]?.[link]?.lastHeardMs ?? null,
    })
    this.#replica = createReplica({
      self: this.#self,
      clock,
      store,
      timing: () => timing,
      membership: { send: (event) => this.#tell(event) },
      send: (to, message) => !this.#isOver && network.send(to, message),
      askPromise: (question, answer) => sight.askPromise(question, answer),
      isLeaderClaiming: () => sight.isPromised(),
      isLeaseDropped: () => sight.isLeaseDropped(),
      isLeaderLeaseValid: () => sight.isLeaderLeaseValid(),
      aliveVoters: () => sight.aliveNodes(),
      // It has no data that anything could follow from.
      onApplied: () => {},
      onMembers: (members) => this.#membersChanged(members),
      onForeign: (node, cluster) => foreign(this.#foreignParts(), node, cluster),
      onMastership: (mastership) => sight.setMastership(mastership),
    })
    this.#joining = joiningOf({
      self: this.#self,
      clock,
      configuration,
      replica: this.#replica,
      engine: this.#engine,
      addresses: new Map(Object.entries(addressesOf(configuration, this.#self))),
      network,
      disks: new Map(),
      foreigners: this.#foreigners,
      isFoundingForced: false,
      protocols: new Map(),
      ownProtocols: releaseProtocols,
    })
    this.#startMembership(this.#replica)
    this.#heartbeats.start()
    for (const ended of this.#liveness.endedPeers) this.#peerEnded(ended)
    this.#joining.start()
    this.#everyHeartbeat(this.#replica)
  }

  #foreignParts() {
    return { foreigners: this.#foreigners, replica: this.#replica!, engine: this.#engine }
  }

  #startMembership({ members, epoch }: Replica): void {
    const { ports, configuration } = this.#options
    const { electionTimeoutMs, leaderLeaseMs, heartbeatIntervalMs } = configuration.timing
    const input: MembershipInput = {
      self: this.#self,
      voters: quorumMembers(members).map(({ name }) => name),
      isEligible: false,
      timing: { electionTimeoutMs, leaderLeaseMs, successionDelayMs: 2 * heartbeatIntervalMs },
      seed: ports.seed(),
    }
    this.#engine.start(actorOf.membership, 'membership', input)
    this.#tell({ type: 'membership.start', epoch })
  }

  #everyHeartbeat(replica: Replica): void {
    const { ports, configuration } = this.#options
    this.#cancelTick = ports.clock.setTimer(configuration.timing.heartbeatIntervalMs, () => {
      if (this.#isOver) return
      this.#everyHeartbeat(replica)
      this.#tickCount += 1
      replica.tick()
    })
  }

  /** What else nodes say is for nodes. */
  #receive(from: NodeName, message: PeerMessage): void {
    if (this.#isOver) return
    if (message.type === 'consensus') this.#replica?.receive(from, message)
    if (message.type === 'hello') this.#joining?.receive(from, message)
  }

  /** A suspicion is nothing yet, and a lease it never has. */
  #heard(event: HeartbeatEvent): void {
    const { cluster } = this.#options.configuration
    if (event.type === 'peer.heard') {
      const { node, incarnation } = event
      log.info('{cluster}: {node} is heard, life {incarnation}', { cluster, node, incarnation })
    } else if (event.type === 'peer.confirmedSilent') {
      const { node } = event
      log.warn('{cluster}: {node} is silent', { cluster, node })
      if (this.#replica?.leader === node) this.#tell({ type: 'leader.suspected', leader: node })
    } else if (event.type === 'leader.heard') this.#tell(event)
  }

  /** Whose votes count is for those who lead to know. */
  #membersChanged(members: Members): void {
    const { cluster } = this.#options.configuration
    const voters = quorumMembers(members).map(({ name }) => name)
    log.info('{cluster}: the voters are {voters}', { cluster, voters: voters.join(', ') })
  }

  /** A guard proved it. What was promised to that life is void, so that another can be elected at once. */
  #peerEnded({ node, incarnation }: PeerEnded): void {
    if (this.#isOver || !this.#replica || !this.#heartbeats.ended(node, incarnation)) return
    const { cluster } = this.#options.configuration
    if (incarnation !== null) log.warn('{cluster}: {node} has ended', { cluster, node })
    this.#heartbeats.releasePromise(node)
    if (this.#replica.leader === node) this.#tell({ type: 'leader.ended', leader: node })
  }

  #perform(effect: MembershipEffect): void {
    const { cluster } = this.#options.configuration
    switch (effect.type) {
      case 'leader.changed':
        return log.info('{cluster}: master is {leader}, vice {vice}, epoch {epoch}', { cluster, ...effect })
      case 'lease.drop':
      case 'mastership.acquired':
      case 'mastership.lost':
        throw new Error(`${effect.type}: the arbiter of ${cluster} never leads`)
      default:
        this.#replica?.perform(effect)
    }
  }

  #tell(event: MembershipEvent): void {
    if (!this.#isOver) this.#engine.send(actorOf.membership, { ...event })
  }

  #end(end: SeatEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.onEnd(end)
  }
}
