/**
 * Leaves in order (SPEC S8): hands the roles over through the CRIM, then the mastership, then says good-bye. Each part has
 * a limit; at the limit the node stops what is left by itself, and goes.
 */
import type { Clock } from '../engine/clock.ts'

export interface LeavingOptions {
  readonly clock: Clock
  /** Tells every node that this one hands its roles over. Repeated. */
  readonly announce: () => void
  readonly hasMaster: () => boolean
  readonly areComponentsStopped: () => boolean
  /** Stops the components here without waiting for anyone. */
  readonly stopComponents: () => void
  readonly isMaster: () => boolean
  readonly resign: () => void
  readonly sayLeft: () => void
  readonly done: () => void
}

const pollMs = 20
const announceMs = 200
/** All limits together stay below the guard's own for the whole of it. */
const handOverLimitMs = 4_000
const stopLimitMs = 4_000
const resignLimitMs = 1_000
/** For the good-bye to be acknowledged. */
const farewellMs = 60

export class Leaving {
  readonly #options: LeavingOptions
  #isLeaving = false
  #isClosed = false
  #hasLeft = false

  constructor(options: LeavingOptions) {
    this.#options = options
  }

  isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Nothing here takes a role any more: others take this node's good-bye for the end of all that acted on it. */
  isClosed(): boolean {
    return this.#isClosed
  }

  async leave(): Promise<void> {
    if (this.#isLeaving) return
    this.#isLeaving = true
    const { hasMaster, areComponentsStopped, stopComponents, isMaster, resign, sayLeft, done } = this.#options
    this.#announce()
    await this.#until(() => areComponentsStopped() || !hasMaster(), handOverLimitMs)
    this.#isClosed = true
    if (!areComponentsStopped()) {
      stopComponents()
      await this.#until(areComponentsStopped, stopLimitMs)
    }
    if (isMaster()) {
      resign()
      await this.#until(() => !isMaster(), resignLimitMs)
    }
    // What would not stop is the guard's to kill: then its word, and not ours, says that nothing of this node acts.
    if (areComponentsStopped()) sayLeft()
    this.#hasLeft = true
    await this.#pause(farewellMs)
    done()
  }

  /** Until the end: a master that is elected meanwhile must not give this node anything to do. */
  #announce(): void {
    if (this.#hasLeft) return
    this.#options.announce()
    this.#options.clock.setTimer(announceMs, () => this.#announce())
  }

  /** Whether the condition came true within the limit. */
  async #until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#options.clock.nowMs() + limitMs
    while (!condition()) {
      if (this.#options.clock.nowMs() >= endMs) return false
      await this.#pause(pollMs)
    }
    return true
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.setTimer(delayMs, resolve))
  }
}
