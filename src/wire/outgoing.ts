/**
 * The sending half of a reliable channel: a bounded queue of messages, cut into fragments as the window has room, each
 * kept until it is acknowledged. Sans-I/O: the caller tells the time.
 *
 * Invariants: fragments under way are within `windowLength` of the oldest one; `#inFlight` is in order of sequence;
 * queued messages and bytes stay within their bounds.
 */
import { type Acknowledgement, isAcknowledged, windowLength } from './frame.ts'

export interface OutgoingLimits {
  /** Payload of one data frame. */
  readonly fragmentBytesMax: number
  readonly messageBytesMax: number
  /** Of all messages that are not wholly acknowledged. */
  readonly queuedBytesMax: number
  readonly queuedCountMax: number
}

export interface Fragment {
  readonly sequence: number
  readonly isLast: boolean
  readonly payload: Uint8Array
}

interface InFlight extends Fragment {
  sentCount: number
  /** Number of its latest transmission, among all transmissions. */
  transmission: number
  /** When it is sent again. */
  dueMs: number
}

const retransmitMinMs = 40
const retransmitMaxMs = 320

/** A fragment is taken for lost when one sent so many transmissions later has arrived (RFC 5681 counts three). */
const reorderingMax = 3

/** After so many fruitless transmissions of the oldest fragment only that one is tried, until the peer is heard again. */
const probeAfterCount = 4

/** When to try again what was sent `sentCount` times without an answer: 40 ms, doubling up to 320 ms. */
export function retransmitDelayMs(sentCount: number): number {
  return Math.min(retransmitMinMs * 2 ** (sentCount - 1), retransmitMaxMs)
}

export class Outgoing {
  readonly #limits: OutgoingLimits
  /** Not cut up to the end yet; `#offset` is where the first of them goes on. */
  #unsent: Uint8Array[] = []
  #offset = 0
  /** Wholly sent, the last fragment not yet acknowledged together with all before it. */
  #sent: { readonly bytes: Uint8Array; readonly lastSequence: number }[] = []
  #inFlight: InFlight[] = []
  #stream = 1
  #base = 0
  #next = 0
  #queuedBytes = 0
  #transmissionCount = 0
  #retransmittedCount = 0

  constructor(limits: OutgoingLimits) {
    this.#limits = limits
  }

  get stream(): number {
    return this.#stream
  }

  get isIdle(): boolean {
    return this.#unsent.length === 0 && this.#sent.length === 0
  }

  get retransmittedCount(): number {
    return this.#retransmittedCount
  }

  /** Takes a message, or refuses it when it is too long or the queue is full. The bytes are kept, not copied. */
  enqueue(message: Uint8Array): boolean {
    const { messageBytesMax, queuedBytesMax, queuedCountMax } = this.#limits
    const isFull = this.#unsent.length + this.#sent.length >= queuedCountMax
    if (isFull || message.length > messageBytesMax || this.#queuedBytes + message.length > queuedBytesMax) return false
    this.#unsent.push(message)
    this.#queuedBytes += message.length
    return true
  }

  /** What the receiver says it has. Of another stream, or of what was never sent: ignored. */
  acknowledge(acknowledgement: Acknowledgement, nowMs: number): void {
    const { stream, next } = acknowledgement
    if (stream !== this.#stream || next > this.#next || next < this.#base) return
    let latestTransmission = 0
    const missing = this.#inFlight.filter((fragment) => {
      if (!isAcknowledged(acknowledgement, fragment.sequence)) return true
      latestTransmission = Math.max(latestTransmission, fragment.transmission)
      return false
    })
    const isProgress = missing.length < this.#inFlight.length
    const wasProbing = this.#isProbing
    this.#inFlight = missing
    this.#base = next
    this.#releaseSent()
    if (isProgress) this.#hastenLost(missing, { latestTransmission, isEveryLost: wasProbing, nowMs })
  }

  /** Takes what is to be transmitted now: retransmissions that are due, then what the window has room for. */
  takeDue(nowMs: number): readonly Fragment[] {
    const due: InFlight[] = []
    const isProbing = this.#isProbing
    for (const fragment of isProbing ? this.#inFlight.slice(0, 1) : this.#inFlight) {
      if (fragment.dueMs <= nowMs) due.push(fragment)
    }
    this.#retransmittedCount += due.length
    if (!isProbing) {
      while (this.#unsent.length > 0 && this.#next < this.#base + windowLength) due.push(this.#cutFragment())
    }
    for (const fragment of due) {
      fragment.sentCount += 1
      fragment.transmission = this.#transmissionCount += 1
      fragment.dueMs = nowMs + retransmitDelayMs(fragment.sentCount)
    }
    return due
  }

  /** When `takeDue` has something to retransmit; null: nothing is under way. */
  get deadlineMs(): number | null {
    if (this.#inFlight.length === 0) return null
    if (this.#isProbing) return this.#inFlight[0]!.dueMs
    return this.#inFlight.reduce((earliestMs, { dueMs }) => Math.min(earliestMs, dueMs), Number.POSITIVE_INFINITY)
  }

  /** Begins a new stream. Returns the messages that were not wholly acknowledged, oldest first. */
  reset(): readonly Uint8Array[] {
    const dropped = [...this.#sent.map(({ bytes }) => bytes), ...this.#unsent]
    this.#unsent = []
    this.#sent = []
    this.#inFlight = []
    this.#offset = 0
    this.#queuedBytes = 0
    this.#base = 0
    this.#next = 0
    this.#stream += 1
    return dropped
  }

  get #isProbing(): boolean {
    return (this.#inFlight[0]?.sentCount ?? 0) >= probeAfterCount
  }

  #cutFragment(): InFlight {
    const message = this.#unsent[0]!
    const end = Math.min(this.#offset + this.#limits.fragmentBytesMax, message.length)
    const isLast = end === message.length
    const sequence = this.#next++
    const payload = message.subarray(this.#offset, end)
    const fragment: InFlight = { sequence, isLast, payload, sentCount: 0, transmission: 0, dueMs: 0 }
    this.#inFlight.push(fragment)
    this.#offset = isLast ? 0 : end
    if (isLast) {
      this.#unsent.shift()
      this.#sent.push({ bytes: message, lastSequence: sequence })
    }
    return fragment
  }

  #releaseSent(): void {
    for (let oldest = this.#sent[0]; oldest && oldest.lastSequence < this.#base; oldest = this.#sent[0]) {
      this.#sent.shift()
      this.#queuedBytes -= oldest.bytes.length
    }
  }

  /** What others overtook, and after a long silence everything, is sent again at once. */
  #hastenLost(
    missing: readonly InFlight[],
    { latestTransmission, isEveryLost, nowMs }: { latestTransmission: number; isEveryLost: boolean; nowMs: number },
  ): void {
    for (const fragment of missing) {
      if (isEveryLost) fragment.sentCount = 1
      if (isEveryLost || fragment.transmission + reorderingMax <= latestTransmission) fragment.dueMs = nowMs
    }
  }
}
