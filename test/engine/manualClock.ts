import type { Clock } from '../../src/engine/clock.ts'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock that moves only when told: timers come in the order of their time, then of their setting, each at its own time. */
export class ManualClock implements Clock {
  #nowMs = 0
  #wallUs = 1_000_000
  #timers: Timer[] = []

  nowMs(): number {
    return this.#nowMs
  }

  wallUs(): number {
    return this.#wallUs
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  get timerCount(): number {
    return this.#timers.length
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#nowMs = next.atMs
      next.callback()
    }
    this.#nowMs = untilMs
  }

  /** Wall time may jump, backwards too. */
  jumpWall(byUs: number): void {
    this.#wallUs += byUs
  }

  #next(untilMs: number): Timer | undefined {
    const due = this.#timers.filter((timer) => timer.atMs <= untilMs)
    const first = due.reduce<Timer | undefined>(
      (best, timer) => (best && best.atMs <= timer.atMs ? best : timer),
      undefined,
    )
    this.#timers = this.#timers.filter((timer) => timer !== first)
    return first
  }
}
