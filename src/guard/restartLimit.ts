/** How often and how soon the node process is started again: more often than this, and a restart is no remedy. */
export const restartCountMax = 5
export const restartWindowMs = 60_000
const delaysMs = [0, 100, 300, 1000, 2000]

export class RestartLimit {
  #restartsMs: number[] = []

  /** Counts a restart. How long to wait before it; null: too many. */
  next(nowMs: number): { delayMs: number } | null {
    this.#restartsMs = this.#restartsMs.filter((atMs) => nowMs - atMs < restartWindowMs)
    const count = this.#restartsMs.length
    if (count >= restartCountMax) return null
    this.#restartsMs.push(nowMs)
    return { delayMs: delaysMs[count]! }
  }
}
