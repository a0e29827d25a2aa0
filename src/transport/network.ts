/**
 * What a node knows of the network: messages to peers and from them, by name, sealed, over all links (SPEC M2, D1, D2).
 * Nothing waits on its way: a message leaves within the call that sends it and is delivered in the turn that brings it.
 */
import { randomBytes } from 'node:crypto'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { Codec } from '../wire/codec.ts'
import type { NetworkCounters } from './counters.ts'
import { Exchange } from './exchange.ts'
import { formatLinkAddress, type IcmpRemedies, openUdpLinks } from './links.ts'

export interface MessageMeta {
  /** The sender's life. */
  readonly incarnation: Incarnation
  /** Index of the link whose copy came first. */
  readonly link: number
  /** It came by `post`, in order, not by `send`. */
  readonly isReliable: boolean
}

/** Why posted messages were given up: the peer began another life, or `forget` was called. */
export type DropReason = 'restarted' | 'forgotten'

export interface NetworkHandlers<Message> {
  readonly codec: Codec<Message>
  readonly onMessage: (from: NodeName, message: Message, meta: MessageMeta) => void
  /** A peer was heard for the first time (`previous` 0), or in a new life; before its first message is delivered. */
  readonly onPeerIncarnation?: (node: NodeName, incarnation: Incarnation, previous: Incarnation) => void
  /**
   * A peer speaks to a later life of this node, or has heard another with the number of this one: such a life has been, so what this
   * one found on its disk is an old copy, or another machine runs under this node's name. Told once of each by each peer.
   */
  readonly onLaterLife?: (known: Incarnation, by: NodeName) => void
  /**
   * A peer knows this life to have ended: its number was counted before, on a disk that is no longer here, or the peer is wrong. It hears
   * nothing of this life any more. Told again as long as this node speaks to it.
   */
  readonly onEndedLife?: (by: NodeName) => void
  /** Posted messages that were not acknowledged, oldest first; the old life may have seen some of them (SPEC M4). */
  readonly onDropped?: (to: NodeName, messages: readonly Message[], reason: DropReason) => void
}

export interface NetworkOptions<Message> extends NetworkHandlers<Message> {
  readonly self: NodeName
  /** At least 1, and higher with each start of the node: a life with a lower or the same one is not heard. */
  readonly incarnation: Incarnation
  /** Tells this life from another of the same number: by chance, below 2^32. 0, the default: it can't be told. */
  readonly mark?: number
  readonly cluster: string
  readonly secret: string | null
  /** Every other node. Who is not in it is refused. */
  readonly peers: Readonly<Record<NodeName, readonly LinkAddress[]>>
  readonly ownLinks: readonly LinkAddress[]
  readonly clock: Clock
}

export interface LinkHealth {
  /** The peer's: `127.0.0.2:7101`. */
  readonly address: string
  /** When a new datagram of the peer last came by this link, first copy or not; null: never. */
  readonly lastHeardMs: number | null
  /** The last send on this link was taken by the operating system. */
  readonly isSendable: boolean
}

export interface Network<Message> {
  /**
   * Unreliable, on all links, first copy wins (D2). At most `sendBytesMax` long once encoded, counted as refused
   * otherwise; over 1400 bytes it is fragmented by IP, and one lost fragment loses it. For a node that is
   * no peer, or no longer, it is lost: the log may count a node that has already left the configuration.
   */
  send(to: NodeName, message: Message): void
  /**
   * Reliable and in order, as long as the peer's life lasts (D1). False: refused, as the message is over 1 MiB or too much
   * is queued for the peer (4 MiB or 4096 messages), or the node is no peer.
   */
  post(to: NodeName, message: Message): boolean
  /** Gives up at once what was posted to a node that left and is not acknowledged (M4), and tells `onDropped`. */
  forget(node: NodeName): void
  /** This life of a peer is known to have ended: it is not heard any more, and told so. */
  endLife(node: NodeName, incarnation: Incarnation): void
  /** The latest life of a peer that was heard; 0: none, or it is no peer. */
  incarnationOf(node: NodeName): Incarnation
  /** For each peer, one a link. */
  links(): Readonly<Record<NodeName, readonly LinkHealth[]>>
  /**
   * Who the peers are from now on. One that is not among them any more, or has other addresses, is forgotten with all that was
   * posted to it; one that is new has not been heard.
   */
  setPeers(peers: Readonly<Record<NodeName, readonly LinkAddress[]>>): void
  /** A copy. */
  counters(): NetworkCounters
  /** Nothing is sent or delivered after it. What is queued is lost, and not reported. */
  close(): void
}

/** Throws a LinkError when a link cannot be opened. `remedies` is for a test. */
export async function openNetwork<Message>(
  options: NetworkOptions<Message>,
  { remedies }: { remedies?: IcmpRemedies } = {},
): Promise<Network<Message>> {
  const exchange = new Exchange({ mark: randomBytes(4).readUInt32BE(), ...options }, addressesOf(options.peers))
  const links = await openUdpLinks({
    own: options.ownLinks,
    peers: options.peers,
    onDatagram: (datagram, link) => exchange.receive(datagram, link),
    ...(remedies && { remedies }),
  })
  exchange.attach(links)
  return exchange
}

function addressesOf(peers: Readonly<Record<NodeName, readonly LinkAddress[]>>): Record<NodeName, readonly string[]> {
  return Object.fromEntries(Object.entries(peers).map(([name, links]) => [name, links.map(formatLinkAddress)]))
}
