/**
 * What nodes send, over simulated wires. Messages of node processes pass through the real exchange, with its envelopes, channels
 * and lives; only the seal is left out, since nobody damages or forges here. Heartbeats, nine of ten datagrams, are handed over
 * as they are, and what the exchange would refuse is refused here: earlier lives, second copies, what means another life.
 */
import type { NodeName } from '../../../machines/model/ids.ts'
import type { HeartbeatNetwork, HeartbeatNetworkOptions } from '../../guard/heartbeatService.ts'
import { Exchange } from '../../transport/exchange.ts'
import type { DatagramHandler } from '../../transport/links.ts'
import type { Network, NetworkOptions } from '../../transport/network.ts'
import type { Heartbeat } from '../../wire/messages/heartbeat.ts'
import { createHeartbeatCodec, type HeartbeatFormats, heartbeatFormats } from '../../wire/messages/heartbeatCodec.ts'
import { ReplayWindow } from '../../wire/replayWindow.ts'
import type { Sealer } from '../../wire/sealing.ts'
import type { Random } from '../random.ts'
import type { ProcessClock } from './clocks.ts'
import { ObjectCodecs } from './objectCodec.ts'
import type { Paths } from './paths.ts'

export interface NetworksOptions {
  /** Messages travel as bytes, not as objects. */
  readonly isEncoding: boolean
  /** Heartbeats too, and each guard is of some release. */
  readonly isMixed: boolean
  readonly random: Random
}

interface HeartbeatPeer {
  incarnation: number
  window: ReplayWindow
  sentSequence: number
}

interface HeartbeatPort {
  readonly process: ProcessClock
  readonly take: (from: NodeName, packet: Packet) => void
}

interface Packet {
  readonly heartbeat: Heartbeat | Uint8Array
  readonly incarnation: number
  readonly recipientIncarnation: number
  readonly sequence: number
}

/** The formats that releases read and write: a new one, and the one before it. */
const releases: readonly HeartbeatFormats[] = [heartbeatFormats, { oldest: 1, newest: 1 }]

/** Without a seal. Nobody writes to a datagram. */
const openSealer: Sealer = { seal: (plain) => plain, open: (datagram) => datagram }

export class Networks {
  readonly #paths: Paths
  readonly #datagrams = new Map<NodeName, { process: ProcessClock; handler: DatagramHandler }>()
  readonly #heartbeats = new Map<NodeName, HeartbeatPort>()

  readonly #isMixed: boolean
  readonly #random: Random
  #lifeCount = 0
  /** null: messages travel as bytes. */
  readonly #codecs: ObjectCodecs | null

  constructor(paths: Paths, { isEncoding, isMixed, random }: NetworksOptions) {
    this.#paths = paths
    this.#isMixed = isMixed
    this.#random = random
    this.#codecs = isEncoding ? null : new ObjectCodecs()
  }

  /** The network of a node process. */
  open<Message>(process: ProcessClock, options: NetworkOptions<Message>): Network<Message> {
    const { self } = options
    const addresses = addressesOf(Object.keys(options.peers), this.#paths.linkCount)
    const codec = this.#codecs?.of<Message>() ?? options.codec
    const exchange = new Exchange({ ...options, codec, mark: ++this.#lifeCount }, addresses, openSealer)
    const port = { process, handler: (datagram: Uint8Array, link: number) => exchange.receive(datagram, link) }
    this.#datagrams.set(self, port)
    exchange.attach({
      linkCount: this.#paths.linkCount,
      failureCount: 0,
      isSendable: () => true,
      send: (to, datagram) => {
        if (process.isAlive)
          this.#paths.carry(self, to, (link) => {
            const receiver = this.#datagrams.get(to)
            receiver?.process.receive(() => receiver.handler(datagram, link))
          })
        return this.#paths.linkCount
      },
      setPeers: (peers) => addressesOf(Object.keys(peers), this.#paths.linkCount),
      close: () => {
        if (this.#datagrams.get(self) === port) this.#datagrams.delete(self)
      },
    })
    return exchange
  }

  /** The network of a guard. */
  openHeartbeats(process: ProcessClock, self: NodeName, options: HeartbeatNetworkOptions): HeartbeatNetwork {
    const { incarnation, onHeartbeat } = options
    let names = Object.keys(options.peers)
    const codec = this.#isMixed ? createHeartbeatCodec(this.#random.pick(releases)) : null
    const peers = new Map<NodeName, HeartbeatPeer>()
    const peerOf = (name: NodeName): HeartbeatPeer => {
      const known = peers.get(name)
      if (known) return known
      const fresh = { incarnation: 0, window: new ReplayWindow(), sentSequence: 0 }
      peers.set(name, fresh)
      return fresh
    }
    const port: HeartbeatPort = {
      process,
      take(from, packet) {
        if (!names.includes(from)) return
        const peer = peerOf(from)
        if (packet.incarnation < peer.incarnation) return
        if (packet.incarnation > peer.incarnation) {
          peer.incarnation = packet.incarnation
          peer.window = new ReplayWindow()
        }
        if (peer.window.accept(packet.sequence) !== 'fresh') return
        if (packet.recipientIncarnation !== 0 && packet.recipientIncarnation !== incarnation) return
        const heartbeat =
          packet.heartbeat instanceof Uint8Array ? (codec?.decode(packet.heartbeat, from) ?? null) : packet.heartbeat
        if (heartbeat !== null) onHeartbeat(from, heartbeat, packet)
      },
    }
    this.#heartbeats.set(self, port)
    return {
      send: (to, heartbeat) => {
        if (!process.isAlive) return
        const peer = peerOf(to)
        peer.sentSequence += 1
        const packet = {
          heartbeat: codec ? Buffer.from(codec.encode(heartbeat, to)) : heartbeat,
          incarnation,
          recipientIncarnation: peer.incarnation,
          sequence: peer.sentSequence,
        }
        this.#paths.carry(self, to, () => {
          const receiver = this.#heartbeats.get(to)
          receiver?.process.receive(() => receiver.take(self, packet))
        })
      },
      links: () => ({}),
      setPeers(next) {
        names = Object.keys(next)
      },
      close: () => {
        if (this.#heartbeats.get(self) === port) this.#heartbeats.delete(self)
      },
    }
  }
}

function addressesOf(peers: readonly NodeName[], linkCount: number): Record<NodeName, readonly string[]> {
  const linksOf = (peer: NodeName) => Array.from({ length: linkCount }, (_, link) => `${peer}:${link}`)
  return Object.fromEntries(peers.map((peer) => [peer, linksOf(peer)]))
}
