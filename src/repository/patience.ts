/**
 * How long something that should not last has lasted, in ticks rather than by the clock: a stall of our own counts as one tick,
 * and what was queued meanwhile is taken before the next.
 */
export class Patience {
  readonly #countMax: number
  #count = 0

  constructor(of: { forMs: number; tickMs: number }) {
    this.#countMax = Math.max(2, Math.ceil(of.forMs / of.tickMs))
  }

  /** True at the tick at which patience ends; it then starts afresh. */
  isEndedBy(isWrong: boolean): boolean {
    this.#count = isWrong ? this.#count + 1 : 0
    if (this.#count < this.#countMax) return false
    this.#count = 0
    return true
  }

  reset(): void {
    this.#count = 0
  }
}
