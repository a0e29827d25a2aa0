/**
 * Passes on what a program says of its load, though it may say it all the time: a change of at least 5 points after 100 ms at the
 * soonest, a smaller one after a second, the last word always. Each that passes is a step of a machine and a message to the master.
 */
import type { Clock } from '../../engine/clock.ts'

export const loadChangeMinPoints = 5
export const loadIntervalMs = 1000
export const loadIntervalMinMs = 100

export class LoadGate {
  readonly #clock: Clock
  readonly #onLoad: (loadPercent: number) => void
  #said: { readonly percent: number; readonly atMs: number } | null = null
  #latest = 0
  #cancel: () => void = () => {}

  constructor(clock: Clock, onLoad: (loadPercent: number) => void) {
    this.#clock = clock
    this.#onLoad = onLoad
  }

  heard(percent: number): void {
    this.#latest = percent
    this.#cancel()
    if (percent === this.#said?.percent) return
    const waitMs = this.#dueMs() - this.#clock.nowMs()
    if (waitMs <= 0) this.#say()
    else this.#cancel = this.#clock.setTimer(waitMs, () => this.#say())
  }

  close(): void {
    this.#cancel()
  }

  #dueMs(): number {
    if (this.#said === null) return 0
    const { percent, atMs } = this.#said
    return atMs + (Math.abs(this.#latest - percent) >= loadChangeMinPoints ? loadIntervalMinMs : loadIntervalMs)
  }

  #say(): void {
    this.#said = { percent: this.#latest, atMs: this.#clock.nowMs() }
    this.#onLoad(this.#latest)
  }
}
