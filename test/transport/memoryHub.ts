/**
 * Networks in one process, for tests: everything is the real thing, sealing and channels included, except
 * that the links are memory, with faults drawn from a seed. The same seed and the same calls give the same run, but for the
 * nonces.
 */
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../../src/engine/clock.ts'
import { randomOf } from '../../src/simulate/random.ts'
import { Exchange } from '../../src/transport/exchange.ts'
import type { DatagramHandler, Links } from '../../src/transport/links.ts'
import type { Network, NetworkHandlers, NetworkOptions } from '../../src/transport/network.ts'

/** Applies to each copy on each link by itself. Unequal delays reorder. */
export interface MemoryFaults {
  /** From 0 to 1. */
  readonly lossRate: number
  readonly duplicateRate: number
  readonly delayMinMs: number
  readonly delayMaxMs: number
}

export interface MemoryHubOptions {
  readonly clock: Clock
  readonly seed: number
  readonly linkCount?: number
  readonly faults?: Partial<MemoryFaults>
}

export interface MemoryNodeOptions<Message> extends NetworkHandlers<Message> {
  readonly self: NodeName
  readonly incarnation: number
  readonly peers: readonly NodeName[]
  /** Tells lives of one number apart (`network.ts`). */
  readonly mark?: number
}

/** A copy on its way. `isCut` is asked when it is sent. */
export interface Route {
  readonly from: NodeName
  readonly to: NodeName
  readonly link: number
}

const noFaults: MemoryFaults = { lossRate: 0, duplicateRate: 0, delayMinMs: 0.05, delayMaxMs: 0.05 }

export class MemoryHub {
  /** May be exchanged at any time: for partitions, one-way links, dead links. */
  isCut: (route: Route) => boolean = () => false
  faults: MemoryFaults
  readonly #clock: Clock
  readonly #random: () => number
  readonly #linkCount: number
  /** Who hears under a name: the life opened last. */
  readonly #handlers = new Map<NodeName, DatagramHandler>()

  constructor({ clock, seed, linkCount = 2, faults }: MemoryHubOptions) {
    this.#clock = clock
    this.#random = randomOf(seed, 'links').next
    this.#linkCount = linkCount
    this.faults = { ...noFaults, ...faults }
  }

  /** Opens a node's network. An earlier life that was not closed hears nothing any more. */
  open<Message>({ peers, ...options }: MemoryNodeOptions<Message>): Network<Message> {
    const names = Object.fromEntries(peers.map((peer) => [peer, this.#addressesOf(peer)]))
    const all: NetworkOptions<Message> = {
      ...options,
      cluster: 'memory',
      secret: null,
      peers: {},
      ownLinks: [],
      clock: this.#clock,
    }
    const exchange = new Exchange(all, names)
    const handler: DatagramHandler = (datagram, link) => exchange.receive(datagram, link)
    this.#handlers.set(options.self, handler)
    exchange.attach(this.#linksOf(options.self, handler))
    return exchange
  }

  #addressesOf(name: NodeName): readonly string[] {
    return Array.from({ length: this.#linkCount }, (_, link) => `memory:${name}:${link}`)
  }

  #linksOf(from: NodeName, handler: DatagramHandler): Links {
    return {
      linkCount: this.#linkCount,
      failureCount: 0,
      isSendable: () => true,
      setPeers: (peers) => Object.fromEntries(Object.keys(peers).map((name) => [name, this.#addressesOf(name)])),
      send: (to, datagram) => {
        for (let link = 0; link < this.#linkCount; link++) this.#carry({ from, to, link }, datagram)
        return this.#linkCount
      },
      close: () => {
        if (this.#handlers.get(from) === handler) this.#handlers.delete(from)
      },
    }
  }

  #carry(route: Route, datagram: Uint8Array): void {
    const { lossRate, duplicateRate, delayMinMs, delayMaxMs } = this.faults
    const copyCount = this.#random() < duplicateRate ? 2 : 1
    for (let copy = 0; copy < copyCount; copy++) {
      const delayMs = delayMinMs + this.#random() * (delayMaxMs - delayMinMs)
      if (this.#random() < lossRate || this.isCut(route)) continue
      this.#clock.setTimer(delayMs, () => this.#handlers.get(route.to)?.(datagram, route.link))
    }
  }
}
