/**
 * So many at once, so many a second: what is beyond that is not to be done, and is counted. Sans-I/O: the caller tells the time.
 * Invariant: `0 <= #left <= burstCountMax`.
 */
export interface AllowanceOptions {
  readonly burstCountMax: number
  readonly perSecond: number
}

export class Allowance {
  readonly #options: AllowanceOptions
  #left: number
  #atMs: number | null = null
  #refusedCount = 0

  constructor(options: AllowanceOptions) {
    this.#options = options
    this.#left = options.burstCountMax
  }

  take(nowMs: number): boolean {
    const { burstCountMax, perSecond } = this.#options
    const elapsedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs))
    this.#left = Math.min(burstCountMax, this.#left + (elapsedMs * perSecond) / 1000)
    this.#atMs = nowMs
    if (this.#left < 1) {
      this.#refusedCount += 1
      return false
    }
    this.#left -= 1
    return true
  }

  /** How many were refused since this was last asked. */
  takeRefused(): number {
    const count = this.#refusedCount
    this.#refusedCount = 0
    return count
  }
}
