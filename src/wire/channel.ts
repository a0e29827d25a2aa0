/**
 * A reliable, ordered channel of messages with one peer, after the manner of CGTP (SPEC M2, D1): fragments, cumulative
 * and selective acknowledgements, retransmission, a window, a bounded queue. Sans-I/O: no socket, no clock. After each
 * call the caller drains `takeFrames` into datagrams, and comes back at `deadlineMs`.
 *
 * A message is for one life of the peer: the one that was known when it was posted, or else the first that is heard of.
 * When the peer begins another life, and when the peer is forgotten (M4), what is not acknowledged is dropped and given
 * back; the peer may have seen some of it. Everything else arrives once, in order.
 *
 * The caller guarantees that the frames it hands in come from the life named last by `peerIs`, and mean this one.
 */
import type { Incarnation } from '../../machines/model/ids.ts'
import { messageBytesMax } from './codec.ts'
import type { AckFrame, DataFrame, Frame } from './frame.ts'
import { Incoming } from './incoming.ts'
import { Outgoing, retransmitDelayMs } from './outgoing.ts'

export interface ChannelLimits {
  /** Payload of one data frame. */
  readonly fragmentBytesMax: number
  readonly messageBytesMax?: number
  /** Bounds of what is posted and not yet acknowledged; default 4 MiB and 4096 messages. */
  readonly queuedBytesMax?: number
  readonly queuedCountMax?: number
}

const defaults = { messageBytesMax, queuedBytesMax: 4 * messageBytesMax, queuedCountMax: 4096 }

export class Channel {
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  #peerIncarnation: Incarnation = 0
  #helloCount = 0
  #helloDueMs = Number.NEGATIVE_INFINITY

  constructor(limits: ChannelLimits) {
    const all = { ...defaults, ...limits }
    this.#outgoing = new Outgoing(all)
    this.#incoming = new Incoming(all)
  }

  /** 0: not known. */
  get peerIncarnation(): Incarnation {
    return this.#peerIncarnation
  }

  get retransmittedCount(): number {
    return this.#outgoing.retransmittedCount
  }

  /** Queues a message; its bytes must not change any more. False: refused, for it is too long or the queue is full. */
  post(message: Uint8Array): boolean {
    return this.#outgoing.enqueue(message)
  }

  /** The peer was heard in this life. Returns what was posted to an earlier one and is dropped. */
  peerIs(incarnation: Incarnation): readonly Uint8Array[] {
    if (incarnation === this.#peerIncarnation) return []
    const isFirst = this.#peerIncarnation === 0
    this.#peerIncarnation = incarnation
    this.#incoming.reset(0)
    return isFirst ? [] : this.#outgoing.reset()
  }

  /** The peer left: what it has not acknowledged is dropped and returned. What it still sends is taken as before. */
  forget(): readonly Uint8Array[] {
    return this.#outgoing.reset()
  }

  /** Takes a frame. Returns the messages it completes, in order. */
  receive(frame: DataFrame | AckFrame, nowMs: number): readonly Uint8Array[] {
    if (frame.acknowledgement) this.#outgoing.acknowledge(frame.acknowledgement, nowMs)
    return frame.kind === 'data' ? this.#incoming.accept(frame) : []
  }

  /** Takes what is to be sent now. An acknowledgement rides on data when there is some. */
  takeFrames(nowMs: number): readonly Frame[] {
    if (this.#peerIncarnation === 0) return this.#takeHello(nowMs)
    const fragments = this.#outgoing.takeDue(nowMs)
    if (fragments.length === 0 && !this.#incoming.isAckOwed) return []
    const acknowledgement = this.#incoming.takeAcknowledgement()
    if (fragments.length === 0) return acknowledgement ? [{ kind: 'ack', acknowledgement }] : []
    const { stream } = this.#outgoing
    return fragments.map(({ sequence, isLast, payload }) => {
      return { kind: 'data', stream, sequence, isLast, payload, acknowledgement }
    })
  }

  /** When `takeFrames` has something again without anything happening before; null: never. */
  get deadlineMs(): number | null {
    if (this.#peerIncarnation !== 0) return this.#outgoing.deadlineMs
    return this.#outgoing.isIdle ? null : this.#helloDueMs
  }

  /** Before anything is sent the peer's life must be known. */
  #takeHello(nowMs: number): readonly Frame[] {
    if (this.#outgoing.isIdle || nowMs < this.#helloDueMs) return []
    this.#helloCount += 1
    this.#helloDueMs = nowMs + retransmitDelayMs(this.#helloCount)
    return [{ kind: 'hello' }]
  }
}
