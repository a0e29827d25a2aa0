/**
 * What is said only when what it rests on is durable. In the order in which it was asked for: so to the others a replica that
 * writes behind its own back looks like one that waits for its disk, and is only a little late.
 */

/** So many things may wait for a disk that hangs; then what would be said is lost, like a datagram. */
const waitingCountMax = 4096

interface Waiting {
  /** Of the write that it waits for. */
  readonly sequence: number
  readonly say: () => void
}

export class Outbox {
  #written = 0
  #durable = 0
  readonly #waiting: Waiting[] = []
  #isClosed = false

  /** A write begins. What is returned is to be called when it is durable, for all writes in order. */
  begun(): () => void {
    this.#written += 1
    const sequence = this.#written
    return () => {
      this.#durable = sequence
      while (this.#waiting[0] && this.#waiting[0].sequence <= sequence) this.#waiting.shift()!.say()
    }
  }

  /** Says it now, or as soon as everything written so far is durable. */
  say(say: () => void): void {
    if (this.#isClosed) return
    if (this.#durable === this.#written) say()
    else if (this.#waiting.length < waitingCountMax) this.#waiting.push({ sequence: this.#written, say })
  }

  close(): void {
    this.#isClosed = true
    this.#waiting.length = 0
  }
}
