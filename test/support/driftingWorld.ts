/**
 * True time for tests of clocks that disagree: the simulator's world, and clocks that run fast or slow in it.
 * Everything random is drawn from the seed.
 */
import type { Clock } from '../../src/engine/clock.ts'
import { randomOf } from '../../src/simulate/random.ts'
import { World } from '../../src/simulate/world/world.ts'

export interface DriftingClock extends Clock {
  /** True time at which this clock shows `localMs`. */
  trueMs(localMs: number): number
}

export class DriftingWorld {
  /** Called after everything that happens. */
  afterEach: () => void = () => {}
  readonly random: () => number
  readonly #world = new World()

  constructor(seed: number) {
    this.random = randomOf(seed, 'drifting').next
  }

  get nowMs(): number {
    return this.#world.nowMs
  }

  between(minMs: number, maxMs: number): number {
    return minMs + this.random() * (maxMs - minMs)
  }

  /** Runs `callback` after so much true time, in the order of (time, call). Returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void {
    const scheduled = this.#world.after(delayMs, () => {
      callback()
      this.afterEach()
    })
    return () => {
      scheduled.run = null
    }
  }

  run(untilMs: number): void {
    this.#world.runUntil(untilMs)
  }

  /** `rate` 1.01: gains 1 % on true time. */
  clock({ rate = 1, offsetMs = 0 }: { rate?: number; offsetMs?: number } = {}): DriftingClock {
    return {
      nowMs: () => offsetMs + this.nowMs * rate,
      wallUs: () => Math.round(this.nowMs * 1000),
      setTimer: (delayMs, callback) => this.after(delayMs / rate, callback),
      trueMs: (localMs) => (localMs - offsetMs) / rate,
    }
  }
}
