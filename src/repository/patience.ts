/**
 * How long something that should not last has lasted, in ticks rather than by the clock: a stall of our own counts as one tick,
 * and what was queued meanwhile is taken before the next.
 */
export class Patience {
  readonly #timing: () => { readonly forMs: number; readonly tickMs: number }
  #count = 0

  /** Asked at each tick: timings change. */
  constructor(timing: () => { readonly forMs: number; readonly tickMs: number }) {
    this.#timing = timing
  }

  /** True at the tick at which patience ends; it then starts afresh. */
  isEndedBy(isWrong: boolean): boolean {
    this.#count = isWrong ? this.#count + 1 : 0
    const { forMs, tickMs } = this.#timing()
    if (this.#count < Math.max(2, Math.ceil(forMs / tickMs))) return false
    this.#count = 0
    return true
  }

  reset(): void {
    this.#count = 0
  }
}
