/**
 * Which sequences of a sender were seen, in the manner of IPsec's anti-replay window (RFC 4303, 3.4.3): the copies of a
 * datagram on other links are duplicates, and so is one that somebody plays again. Memory is fixed: what is further
 * behind the highest than the window is long was either seen or is too late to matter.
 */
const windowLength = 4096

export type ReplayVerdict = 'fresh' | 'duplicate' | 'stale'

export class ReplayWindow {
  #highest = 0
  readonly #seen = new Uint8Array(windowLength)

  /** Judges a sequence and remembers it. */
  accept(sequence: number): ReplayVerdict {
    if (sequence <= this.#highest - windowLength) return 'stale'
    if (sequence > this.#highest) this.#advance(sequence)
    const slot = sequence % windowLength
    if (this.#seen[slot] === 1) return 'duplicate'
    this.#seen[slot] = 1
    return 'fresh'
  }

  #advance(sequence: number): void {
    if (sequence - this.#highest >= windowLength) this.#seen.fill(0)
    else for (let passed = this.#highest + 1; passed <= sequence; passed++) this.#seen[passed % windowLength] = 0
    this.#highest = sequence
  }
}
