/**
 * The clocks of simulated computers and processes. A machine's clock runs at a rate of its own (drift); its wall clock can be
 * set besides. A process counts from its own beginning, as Bun's do, and can stand still or end: what is due while it stands
 * still comes in order when it goes on, what is due after its end never comes.
 */
import type { Clock } from '../../engine/clock.ts'
import type { SharedTime } from '../../guard/sharedTime.ts'
import type { World } from './world.ts'

/** 2026-01-01: where wall clocks begin. */
const wallStartUs = 1_767_225_600_000_000

/** A timer never comes early for being computed in floating point. */
const timerGrainMs = 1e-6

export class MachineClock {
  readonly #world: World
  /** Milliseconds of the machine for one true millisecond. */
  readonly rate: number
  readonly #offsetMs: number
  #wallStepUs = 0

  constructor(world: World, { rate = 1, offsetMs = 0 }: { rate?: number; offsetMs?: number } = {}) {
    this.#world = world
    this.rate = rate
    this.#offsetMs = offsetMs
  }

  /** CLOCK_MONOTONIC. */
  nowMs(): number {
    return this.#offsetMs + this.#world.nowMs * this.rate
  }

  wallUs(): number {
    return wallStartUs + Math.round(this.nowMs() * 1000) + this.#wallStepUs
  }

  stepWall(byUs: number): void {
    this.#wallStepUs += byUs
  }

  /** True time at which this clock shows `atMs`. */
  trueMs(atMs: number): number {
    return (atMs - this.#offsetMs) / this.rate
  }
}

export interface ProcessClockOptions {
  readonly world: World
  readonly machine: MachineClock
  /** What a callback throws ends the process: told here, once. */
  readonly onThrown: (error: unknown) => void
}

/** More than this waiting for a process that stands still is lost, as a full socket buffer loses it. */
const heldCountMax = 20_000

export class ProcessClock implements Clock, SharedTime {
  readonly #world: World
  readonly #machine: MachineClock
  readonly #onThrown: (error: unknown) => void
  readonly #startMs: number
  #held: (() => void)[] | null = null
  #isGoingOn = false
  #isKilled = false

  constructor({ world, machine, onThrown }: ProcessClockOptions) {
    this.#world = world
    this.#machine = machine
    this.#onThrown = onThrown
    this.#startMs = machine.nowMs()
  }

  nowMs(): number {
    return this.#machine.nowMs() - this.#startMs
  }

  wallUs(): number {
    return this.#machine.wallUs()
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    if (this.#isKilled) return () => {}
    const trueDelayMs = Math.max(0, delayMs) / this.#machine.rate + timerGrainMs
    let isCancelled = false
    const entry = this.#world.after(trueDelayMs, () => {
      if (this.#held === null) this.#call(callback)
      else this.#hold(() => !isCancelled && this.#call(callback))
    })
    return () => {
      isCancelled = true
      entry.run = null
    }
  }

  /** Something reaches the process: now, or when it goes on. */
  receive(callback: () => void): void {
    if (this.#held === null) this.#call(callback)
    else this.#hold(() => this.#call(callback))
  }

  /** Taken apart by its users, hence no methods. */
  readonly toShared = (atMs: number): number => atMs + this.#startMs
  readonly fromShared = (atMs: number): number => atMs - this.#startMs

  /** True time at which this process's clock shows `atMs`. */
  trueMs(atMs: number): number {
    return this.#machine.trueMs(atMs + this.#startMs)
  }

  get isAlive(): boolean {
    return !this.#isKilled
  }

  get isPaused(): boolean {
    return this.#held !== null
  }

  pause(): void {
    this.#isGoingOn = false
    if (!this.#isKilled) this.#held ??= []
  }

  resume(): void {
    if (this.#held === null || this.#isGoingOn) return
    this.#isGoingOn = true
    this.#goOn()
  }

  kill(): void {
    this.#isKilled = true
    this.#held = null
  }

  /** One after the other, each with what it sets off; what comes meanwhile waits behind. */
  #goOn(): void {
    this.#world.after(0, () => {
      if (!this.#isGoingOn || this.#held === null) return
      const next = this.#held.shift()
      if (next === undefined) {
        this.#held = null
        this.#isGoingOn = false
        return
      }
      next()
      this.#goOn()
    })
  }

  #hold(callback: () => void): void {
    if (this.#held!.length < heldCountMax) this.#held!.push(callback)
  }

  #call(callback: () => void): void {
    if (this.#isKilled) return
    try {
      callback()
    } catch (error) {
      this.kill()
      this.#onThrown(error)
    }
  }
}
