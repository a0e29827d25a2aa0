/**
 * The network behind its facade, over any links: seals and opens, refuses and counts, knows the lives of the peers, and
 * drains their channels. After every change of a channel its frames leave at once.
 *
 * Lives: every datagram names the sender's life and the life of the recipient that the sender means. An older life of the
 * sender is refused; what means another life of this node is refused too, and answered by `here`, so that the sender learns
 * of the present one. A node that starts says hello to all, so that this is rare. A life that has the number of the present one and
 * another mark is refused as well: a disk was brought back, and with it the count of lives.
 */
import type { LinkAddress } from '../../machines/model/configuration.ts'
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import { Channel } from '../wire/channel.ts'
import {
  type Envelope,
  type EnvelopeKind,
  encodeEnvelope,
  envelopeOverheadBytes,
  parseEnvelope,
} from '../wire/envelope.ts'
import { type AckFrame, type DataFrame, dataOverheadBytes, encodeFrame, parseFrame } from '../wire/frame.ts'
import type { ReplayVerdict } from '../wire/replayWindow.ts'
import { createSealer, type Sealer, sealOverheadBytes } from '../wire/sealing.ts'
import { type NetworkCounters, type RefusalReason, zeroCounters } from './counters.ts'
import type { Links } from './links.ts'
import type { DropReason, LinkHealth, Network, NetworkOptions } from './network.ts'
import { Peer } from './peer.ts'
import { Twins } from './twins.ts'

/** Of a datagram of the channel, headers and seal included: fits an Ethernet frame with room for tunnels. */
const datagramBytesMax = 1400

/** Of the body of an unreliable message: what one UDP datagram can carry. */
export const sendBytesMax = 60_000

const noBody = new Uint8Array(0)

const formerCountMax = 256

interface Admitted {
  readonly peer: Peer
  readonly envelope: Envelope
}

export class Exchange<Message> implements Network<Message> {
  readonly #options: NetworkOptions<Message>
  readonly #sealer: Sealer
  readonly #peers: Map<NodeName, Peer>
  /** Those that were peers in this life, the last `formerCountMax` of them. */
  readonly #former = new Map<NodeName, Peer>()
  readonly #counters = zeroCounters()
  readonly #twins = new Twins()
  /** Lives of this node after the present one, by who spoke of them. */
  readonly #laterLives = new Map<NodeName, Incarnation>()
  /** Null before `attach` and after `close`. */
  #links: Links | null = null

  /** `sealer`: a port for simulations. */
  constructor(
    options: NetworkOptions<Message>,
    addresses: Readonly<Record<NodeName, readonly string[]>>,
    sealer: Sealer = createSealer(options),
  ) {
    const { self, incarnation } = options
    if (!Number.isSafeInteger(incarnation) || incarnation < 1)
      throw new RangeError(`incarnation ${incarnation} of '${self}'`)
    this.#options = options
    this.#sealer = sealer
    this.#peers = new Map()
    this.#adopt(addresses)
  }

  setPeers(peers: Readonly<Record<NodeName, readonly LinkAddress[]>>): void {
    const next = this.#links?.setPeers(peers) ?? {}
    for (const peer of [...this.#peers.values()]) {
      if (Object.hasOwn(next, peer.name) && peer.isAt(next[peer.name]!)) continue
      peer.rest()
      this.#peers.delete(peer.name)
      this.#keepFormer(peer)
      this.#reportDropped(peer, peer.channel.forget(), 'forgotten')
    }
    for (const peer of this.#adopt(next)) this.#transmit(peer, 'hello', noBody)
  }

  /** Begins: the links take datagrams from now on, and every peer hears that this life has begun. */
  attach(links: Links): void {
    this.#links = links
    for (const peer of this.#peers.values()) this.#transmit(peer, 'hello', noBody)
  }

  send(to: NodeName, message: Message): void {
    const peer = this.#peers.get(to)
    if (peer === undefined) return
    const body = this.#options.codec.encode(message, to)
    if (body.length > sendBytesMax) this.#counters.sendRefusedCount += 1
    else this.#transmit(peer, 'message', body)
  }

  post(to: NodeName, message: Message): boolean {
    const peer = this.#peers.get(to)
    if (peer === undefined || this.#links === null) return false
    const isTaken = peer.channel.post(this.#options.codec.encode(message, to).slice())
    if (isTaken) this.#drain(peer)
    else this.#counters.postRefusedCount += 1
    return isTaken
  }

  forget(node: NodeName): void {
    const peer = this.#peers.get(node)
    if (peer) this.#reportDropped(peer, peer.channel.forget(), 'forgotten')
  }

  endLife(node: NodeName, incarnation: Incarnation): void {
    const peer = this.#peers.get(node)
    if (peer) peer.endedIncarnation = Math.max(peer.endedIncarnation, incarnation)
  }

  incarnationOf(node: NodeName): Incarnation {
    return this.#peers.get(node)?.incarnation ?? 0
  }

  links(): Record<NodeName, readonly LinkHealth[]> {
    return Object.fromEntries([...this.#peers.values()].map((peer) => [peer.name, this.#healthOf(peer)]))
  }

  counters(): NetworkCounters {
    let retransmittedCount = 0
    for (const { channel } of this.#peers.values()) retransmittedCount += channel.retransmittedCount
    return { ...this.#counters, refusedCount: { ...this.#counters.refusedCount }, retransmittedCount }
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.cancelTimer?.()
    this.#links?.close()
    this.#links = null
  }

  /** Takes one datagram from a link. Whatever it contains, it is delivered, answered, or refused and counted. */
  receive(datagram: Uint8Array, link: number): void {
    if (this.#links === null) return
    this.#counters.receivedCount += 1
    const admitted = this.#admit(datagram, link)
    if (typeof admitted === 'string') this.#refuse(admitted)
    else this.#take(admitted, link)
  }

  /** Who sent it and what it says; or why it is refused. */
  #admit(datagram: Uint8Array, link: number): Admitted | RefusalReason {
    const twin = this.#twins.find(datagram)
    if (twin) return this.#hear(twin, link) === 'stale' ? 'stale' : 'duplicate'
    const plain = this.#sealer.open(datagram)
    if (plain === null) return 'notSealed'
    const envelope = parseEnvelope(plain)
    if (envelope === null) return 'malformed'
    if (envelope.recipient !== this.#options.self) return 'misdirected'
    const peer = this.#peers.get(envelope.sender)
    if (peer === undefined) return 'unknownSender'
    if (envelope.senderIncarnation < peer.incarnation) return this.#refuseEarlierLife(peer, envelope)
    if (envelope.senderIncarnation > peer.incarnation) this.#beginLife(peer, envelope)
    if (isOtherLife(peer, envelope)) return this.#refuseOtherLife(peer, envelope)
    if (envelope.senderIncarnation === peer.endedIncarnation) return this.#refuseEndedLife(peer, envelope)
    const { sequence } = envelope
    const verdict = this.#hear({ peer, sequence }, link)
    if (verdict === 'fresh') this.#twins.keep(datagram, { peer, sequence })
    return verdict === 'fresh' ? { peer, envelope } : verdict
  }

  /** It is told of the life that it does not know of, so that it finds out that its disk is an old one. */
  #refuseEarlierLife(peer: Peer, { kind }: Envelope): RefusalReason {
    if (kind === 'hello' || kind === 'message') this.#transmit(peer, 'here', noBody)
    return 'stale'
  }

  /** A late datagram of it is answered in vain: the answer names a life that is not there. */
  #refuseEndedLife(peer: Peer, { kind }: Envelope): RefusalReason {
    if (kind === 'hello' || kind === 'message') this.#transmit(peer, 'ended', noBody)
    return 'stale'
  }

  /** It is told that its number was counted before, so that it finds out that its disk is an old one. */
  #refuseOtherLife(peer: Peer, { kind }: Envelope): RefusalReason {
    if (kind === 'hello' || kind === 'message') this.#transmit(peer, 'other', noBody)
    return 'stale'
  }

  #hear({ peer, sequence }: { peer: Peer; sequence: number }, link: number): ReplayVerdict {
    return peer.hear({ sequence, link, nowMs: this.#options.clock.nowMs() })
  }

  #take({ peer, envelope }: Admitted, link: number): void {
    const { kind, body } = envelope
    if (kind === 'here') this.#noteLaterLife(peer, envelope.recipientIncarnation)
    else if (kind === 'ended') {
      if (envelope.recipientIncarnation === this.#options.incarnation) this.#options.onEndedLife?.(peer.name)
    } else if (kind === 'other') {
      const { incarnation } = this.#options
      if (envelope.recipientIncarnation === incarnation) this.#tellLaterLife(peer, incarnation)
    } else if (kind === 'hello') {
      this.#transmit(peer, 'here', noBody)
    } else if (!this.#isForThisLife(envelope)) {
      this.#refuse('stale')
      this.#noteLaterLife(peer, envelope.recipientIncarnation)
      this.#transmit(peer, 'here', noBody)
    } else if (kind === 'message') {
      this.#deliver(peer, body, { link, isReliable: false })
    } else {
      this.#takeFrame(peer, parseFrame(kind, body), link)
    }
  }

  #noteLaterLife(peer: Peer, known: Incarnation): void {
    if (known > this.#options.incarnation) this.#tellLaterLife(peer, known)
  }

  #tellLaterLife(peer: Peer, known: Incarnation): void {
    if (this.#laterLives.get(peer.name) === known) return
    this.#laterLives.set(peer.name, known)
    this.#options.onLaterLife?.(known, peer.name)
  }

  /** An unreliable message may come from a peer that knows no life of this node yet; a channel is between two known lives. */
  #isForThisLife({ kind, recipientIncarnation }: Envelope): boolean {
    return recipientIncarnation === this.#options.incarnation || (kind === 'message' && recipientIncarnation === 0)
  }

  #takeFrame(peer: Peer, frame: DataFrame | AckFrame | null, link: number): void {
    if (frame === null) {
      this.#refuse('malformed')
      return
    }
    for (const message of peer.channel.receive(frame, this.#options.clock.nowMs())) {
      this.#deliver(peer, message, { link, isReliable: true })
    }
    this.#drain(peer)
  }

  #deliver(peer: Peer, body: Uint8Array, { link, isReliable }: { link: number; isReliable: boolean }): void {
    if (this.#links === null) return
    const message = this.#options.codec.decode(body, peer.name)
    if (message === null) {
      this.#refuse('unparsable')
      return
    }
    this.#counters.deliveredCount += 1
    this.#options.onMessage(peer.name, message, { incarnation: peer.incarnation, link, isReliable })
  }

  #beginLife(peer: Peer, { senderIncarnation: incarnation, senderMark }: Envelope): void {
    const previous = peer.incarnation
    peer.mark = senderMark
    this.#reportDropped(peer, peer.begin(incarnation), 'restarted')
    this.#options.onPeerIncarnation?.(peer.name, incarnation, previous)
    this.#drain(peer)
  }

  #reportDropped(peer: Peer, bodies: readonly Uint8Array[], reason: DropReason): void {
    if (bodies.length === 0) return
    this.#counters.droppedCount += bodies.length
    const messages = bodies
      .map((body) => this.#options.codec.decode(body, peer.name))
      .filter((message) => message !== null)
    this.#options.onDropped?.(peer.name, messages, reason)
  }

  /** Sends what the channel has to send, and sees to it that this is done again when it is due. */
  #drain(peer: Peer): void {
    if (this.#links === null) return
    const nowMs = this.#options.clock.nowMs()
    for (const frame of peer.channel.takeFrames(nowMs)) this.#transmit(peer, frame.kind, encodeFrame(frame))
    const { deadlineMs } = peer.channel
    if (deadlineMs !== null && deadlineMs < peer.timerDueMs) this.#arm(peer, deadlineMs, nowMs)
  }

  /** A timer that turns out to be early is not moved: it finds nothing due and arms the next. Moving it would cost more. */
  #arm(peer: Peer, dueMs: number, nowMs: number): void {
    peer.cancelTimer?.()
    peer.timerDueMs = dueMs
    peer.cancelTimer = this.#options.clock.setTimer(Math.max(0, dueMs - nowMs), () => {
      peer.cancelTimer = null
      peer.timerDueMs = Number.POSITIVE_INFINITY
      this.#drain(peer)
    })
  }

  #transmit(peer: Peer, kind: EnvelopeKind, body: Uint8Array): void {
    if (this.#links === null) return
    const plain = encodeEnvelope({
      kind,
      sender: this.#options.self,
      senderIncarnation: this.#options.incarnation,
      recipient: peer.name,
      recipientIncarnation: peer.incarnation,
      sequence: peer.nextSequence(),
      senderMark: this.#options.mark ?? 0,
      body,
    })
    this.#counters.sentCount += this.#links.send(peer.name, this.#sealer.seal(plain))
    this.#counters.linkFailureCount = this.#links.failureCount
  }

  #healthOf(peer: Peer): readonly LinkHealth[] {
    return peer.links.slice(0, this.#links?.linkCount).map(({ address, lastHeardMs }, link) => {
      return { address, lastHeardMs, isSendable: this.#links?.isSendable(peer.name, link) ?? false }
    })
  }

  /** Those that were not known before. */
  #adopt(addresses: Readonly<Record<NodeName, readonly string[]>>): Peer[] {
    const { self } = this.#options
    if (self in addresses) throw new RangeError(`'${self}' is among its own peers`)
    const added = Object.entries(addresses).filter(([name]) => !this.#peers.has(name))
    const peers = added.map(([name, own]) => {
      const former = this.#former.get(name)
      return former?.isAt(own) ? former : createPeer({ self, name, addresses: own })
    })
    for (const peer of peers) {
      this.#former.delete(peer.name)
      this.#peers.set(peer.name, peer)
    }
    return peers
  }

  /** Should it be added again in the same life, it goes on counting, and so must this node: what is counted anew would be taken for late. */
  #keepFormer(peer: Peer): void {
    this.#former.delete(peer.name)
    this.#former.set(peer.name, peer)
    if (this.#former.size > formerCountMax) this.#former.delete(this.#former.keys().next().value!)
  }

  #refuse(reason: RefusalReason): void {
    this.#counters.refusedCount[reason] += 1
  }
}

function isOtherLife({ incarnation, mark }: Peer, { senderIncarnation, senderMark }: Envelope): boolean {
  return senderIncarnation === incarnation && mark !== 0 && senderMark !== 0 && senderMark !== mark
}

function createPeer({ self, name, addresses }: { self: NodeName; name: NodeName; addresses: readonly string[] }): Peer {
  const overheadBytes = sealOverheadBytes + envelopeOverheadBytes({ sender: self, recipient: name }) + dataOverheadBytes
  return new Peer({ name, addresses, channel: new Channel({ fragmentBytesMax: datagramBytesMax - overheadBytes }) })
}
