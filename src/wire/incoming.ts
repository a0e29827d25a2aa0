/**
 * The receiving half of a reliable channel: puts fragments in order and together, and says what it has. Pure.
 *
 * Bounds: fragments that came early are within `windowLength` of the first missing one; a message under assembly is at
 * most `messageBytesMax` long. A fragment beyond either is not taken, and not acknowledged.
 */
import { type Acknowledgement, type DataFrame, windowLength } from './frame.ts'
import type { Fragment } from './outgoing.ts'

/** In the midst of a long message every so many fragments are acknowledged, to keep the sender's window open. */
const acknowledgeEvery = 8

export class Incoming {
  readonly #messageBytesMax: number
  /** 0: none yet. */
  #stream = 0
  #next = 0
  #early = new Map<number, Fragment>()
  #parts: Uint8Array[] = []
  #partsBytes = 0
  #unacknowledgedCount = 0
  #isAckOwed = false

  constructor({ messageBytesMax }: { messageBytesMax: number }) {
    this.#messageBytesMax = messageBytesMax
  }

  /** Takes a fragment. Returns the messages it completes, in order: its own, and those that waited for it. */
  accept(frame: DataFrame): readonly Uint8Array[] {
    if (frame.stream < this.#stream) return []
    if (frame.stream > this.#stream) this.reset(frame.stream)
    if (frame.sequence >= this.#next + windowLength) return []
    if (frame.sequence !== this.#next) {
      // Early, or known already: the sender learns at once what is missing, or what it need not send again.
      if (frame.sequence > this.#next) this.#early.set(frame.sequence, frame)
      if (this.#early.size > windowLength) throw new Error('more early fragments than the window is long')
      this.#isAckOwed = true
      return []
    }
    if (this.#early.size > 0) this.#isAckOwed = true
    return this.#advance(frame)
  }

  /** Whether the sender waits to hear what arrived. */
  get isAckOwed(): boolean {
    return this.#isAckOwed
  }

  /** What is here, for the sender; null before anything came. The debt is paid by taking it. */
  takeAcknowledgement(): Acknowledgement | null {
    if (this.#stream === 0) return null
    this.#isAckOwed = false
    this.#unacknowledgedCount = 0
    const early: [number, number] = [0, 0]
    for (const sequence of this.#early.keys()) {
      const bit = sequence - this.#next - 1
      if (bit < 0) continue // The first missing one itself: not taken, for its message is too long.
      early[bit >> 5]! |= 1 << (bit & 31)
    }
    return { stream: this.#stream, next: this.#next, early: [early[0] >>> 0, early[1] >>> 0] }
  }

  /** Forgets everything and waits for the given stream, or for any when it is 0. */
  reset(stream: number): void {
    this.#stream = stream
    this.#next = 0
    this.#early.clear()
    this.#parts = []
    this.#partsBytes = 0
    this.#isAckOwed = false
    this.#unacknowledgedCount = 0
  }

  #advance(first: Fragment): readonly Uint8Array[] {
    const messages: Uint8Array[] = []
    for (let fragment: Fragment | undefined = first; fragment; fragment = this.#early.get(this.#next)) {
      if (this.#partsBytes + fragment.payload.length > this.#messageBytesMax) break
      this.#early.delete(this.#next)
      this.#next += 1
      this.#unacknowledgedCount += 1
      this.#parts.push(fragment.payload)
      this.#partsBytes += fragment.payload.length
      if (fragment.isLast) messages.push(this.#takeMessage())
    }
    if (messages.length > 0 || this.#unacknowledgedCount >= acknowledgeEvery) this.#isAckOwed = true
    return messages
  }

  #takeMessage(): Uint8Array {
    const [only] = this.#parts
    const message = only && this.#parts.length === 1 ? only : Buffer.concat(this.#parts, this.#partsBytes)
    this.#parts = []
    this.#partsBytes = 0
    return message
  }
}
