/**
 * Liveness evidence between guards (DESIGN §3): each keeps an idle TCP connection to every other on every link. When a
 * guard dies its kernel says so within a millisecond, long before silence would mean anything. See livenessPeer.ts for
 * what counts as evidence.
 */
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { LivenessLink } from './livenessLink.ts'
import { LivenessListener } from './livenessListener.ts'
import { type Greeting, livenessKey } from './livenessMessages.ts'
import { LivenessPeer, type PeerEnded } from './livenessPeer.ts'

export type { PeerEnded } from './livenessPeer.ts'

/** The evidence as the guard uses it: a port. */
export interface LivenessPort {
  /** A new life of this node's node process begins. Nothing of the earlier one may be left. */
  alive(incarnation: number): void
  /** Of the present life no process is left: it crashed and was cleared away, or it has left in order. */
  ended(): void
  /** The peers that have ended and not come back: for a node process that starts and has not heard. */
  readonly endedPeers: readonly PeerEnded[]
  /** Whom to watch from now on. One whose links have changed is got to know anew. */
  setPeers(peers: Readonly<Record<string, readonly LinkAddress[]>>): void
  close(): void
}

export interface LivenessOptions {
  readonly cluster: string
  readonly secret: string | null
  readonly node: string
  /** Of the life of the node process that begins now. */
  readonly incarnation: number
  readonly links: readonly LinkAddress[]
  readonly peers: Readonly<Record<string, readonly LinkAddress[]>>
  readonly onEnded: (ended: PeerEnded) => void
}

interface Peer {
  readonly addresses: string
  readonly judge: LivenessPeer
  readonly links: LivenessLink[]
  renewedAtMs: number
}

/** A greeting makes us drop and dial again at most this often a peer: greetings are not authenticated. */
const renewIntervalMs = 1000

export class Liveness implements LivenessPort {
  readonly #options: LivenessOptions
  readonly #listener: LivenessListener
  readonly #peers = new Map<string, Peer>()
  readonly #key: Buffer
  #incarnation: number

  /** Throws when an own link cannot be listened on. */
  constructor(options: LivenessOptions) {
    this.#options = options
    this.#incarnation = options.incarnation
    const { cluster, node, links, peers } = options
    const key = livenessKey(options)
    this.#key = key
    this.#listener = new LivenessListener(
      { cluster, node, key, links, onGreeting: (greeting) => this.#greeted(greeting) },
      options.incarnation,
    )
    this.setPeers(peers)
  }

  setPeers(peers: Readonly<Record<string, readonly LinkAddress[]>>): void {
    for (const [name, peer] of this.#peers) {
      if (Object.hasOwn(peers, name) && JSON.stringify(peers[name]) === peer.addresses) continue
      for (const link of peer.links) link.close()
      this.#peers.delete(name)
    }
    for (const [name, addresses] of Object.entries(peers)) if (!this.#peers.has(name)) this.#watch(name, addresses)
  }

  alive(incarnation: number): void {
    this.#incarnation = incarnation
    this.#listener.say({ incarnation, isAlive: true })
  }

  ended(): void {
    this.#listener.say({ incarnation: this.#incarnation, isAlive: false })
  }

  get endedPeers(): PeerEnded[] {
    return [...this.#peers.values()].map(({ judge }) => judge.ended).filter((ended) => ended !== null)
  }

  close(): void {
    for (const { links } of this.#peers.values()) for (const link of links) link.close()
    this.#listener.close()
  }

  #watch(name: string, addresses: readonly LinkAddress[]): void {
    const { cluster, node, onEnded } = this.#options
    const judge = new LivenessPeer(name, onEnded)
    const links: LivenessLink[] = []
    const key = this.#key
    this.#peers.set(name, {
      addresses: JSON.stringify(addresses),
      judge,
      links,
      renewedAtMs: Number.NEGATIVE_INFINITY,
    })
    for (const address of addresses) {
      const link = new LivenessLink({
        cluster,
        node,
        peer: name,
        key,
        address,
        incarnation: () => this.#incarnation,
        onState: (state, lost) => judge.heard(state, lost),
        onRefused: (lost) => {
          const areAllRefused = links.length === addresses.length && links.every(({ isRefused }) => isRefused)
          judge.refused(lost, { isAnyUp: links.some(({ isUp }) => isUp), areAllRefused })
        },
      })
      links.push(link)
    }
  }

  /** A guard that greets can be dialled: now, if it is not, and anew, if it seems to be another than the one we know. */
  #greeted({ node, incarnation }: Greeting): void {
    const peer = this.#peers.get(node)
    if (!peer?.judge.isNews(incarnation)) return
    const nowMs = performance.now()
    if (nowMs - peer.renewedAtMs < renewIntervalMs) return
    peer.renewedAtMs = nowMs
    for (const link of peer.links) link.renew()
  }
}
