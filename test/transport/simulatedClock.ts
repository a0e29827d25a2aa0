import type { Clock } from '../../src/engine/clock.ts'

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Time that passes only when told to. Timers end in the order of their deadlines, then of their arming. */
export class SimulatedClock implements Clock {
  #nowMs = 0
  /** In order. */
  readonly #timers: Timer[] = []

  nowMs(): number {
    return this.#nowMs
  }

  wallUs(): number {
    return Math.round(this.#nowMs * 1000)
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback }
    const index = this.#timers.findLastIndex(({ dueMs }) => dueMs <= timer.dueMs)
    this.#timers.splice(index + 1, 0, timer)
    return () => {
      const at = this.#timers.indexOf(timer)
      if (at >= 0) this.#timers.splice(at, 1)
    }
  }

  get timerCount(): number {
    return this.#timers.length
  }

  /** Lets so much time pass. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs
    while (this.#timers[0] && this.#timers[0].dueMs <= endMs) this.#fireNext()
    this.#nowMs = endMs
  }

  /** Lets time pass until nothing is to come, or a number of timers that means there is no end. */
  settle(timerCountMax = 200_000): void {
    for (let count = 0; this.#timers.length > 0; count++) {
      if (count >= timerCountMax) throw new Error(`not quiet after ${timerCountMax} timers`)
      this.#fireNext()
    }
  }

  #fireNext(): void {
    const timer = this.#timers.shift()!
    this.#nowMs = timer.dueMs
    timer.callback()
  }
}
