import type { Clock } from '../../src/engine/clock.ts'
import { World } from '../../src/simulate/world/world.ts'

/** A clock that moves only when told: timers come in the order of their time, then of their setting, each at its own time. */
export class ManualClock implements Clock {
  readonly #world = new World()
  #wallOffsetUs = 1_000_000

  nowMs(): number {
    return this.#world.nowMs
  }

  wallUs(): number {
    return Math.round(this.#world.nowMs * 1000) + this.#wallOffsetUs
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = this.#world.after(delayMs, callback)
    return () => {
      timer.run = null
    }
  }

  get timerCount(): number {
    return this.#world.pendingCount
  }

  advance(byMs: number): void {
    this.#world.runUntil(this.#world.nowMs + byMs)
  }

  /** Lets time pass until nothing is to come, or a number of instants that means there is no end. */
  settle(instantCountMax = 200_000): void {
    for (let count = 0; this.#world.nextAtMs !== null; count++) {
      if (count >= instantCountMax) throw new Error(`not quiet after ${instantCountMax} instants`)
      this.#world.runUntil(this.#world.nextAtMs)
    }
  }

  /** Wall time may jump, backwards too. */
  jumpWall(byUs: number): void {
    this.#wallOffsetUs += byUs
  }
}
