/**
 * Passes on what a program says of its load, though it may say it all the time: a change of at least 5 points after 100 ms at the
 * soonest, a smaller one after a second, the last word always. Each that passes is a step of a machine and a message to the master.
 */
import type { ComponentId, Incarnation } from '../../../machines/model/ids.ts'
import type { Clock } from '../../engine/clock.ts'

interface Load {
  readonly component: ComponentId
  readonly incarnation: Incarnation
  readonly loadPercent: number
}

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

/** Those of all components and places, each for the life that speaks. */
export class LoadGates {
  readonly #clock: Clock
  readonly #onLoad: (load: Load) => void
  /** Bounded by the components and places of this node. */
  readonly #gates = new Map<ComponentId, { readonly incarnation: Incarnation; readonly gate: LoadGate }>()

  constructor(clock: Clock, onLoad: (load: Load) => void) {
    this.#clock = clock
    this.#onLoad = onLoad
  }

  heard({ component, incarnation, loadPercent }: Load): void {
    const known = this.#gates.get(component)
    if (known?.incarnation === incarnation) return known.gate.heard(loadPercent)
    known?.gate.close()
    const onLoad = (percent: number): void => this.#onLoad({ component, incarnation, loadPercent: percent })
    const gate = new LoadGate(this.#clock, onLoad)
    this.#gates.set(component, { incarnation, gate })
    gate.heard(loadPercent)
  }

  close(): void {
    for (const { gate } of this.#gates.values()) gate.close()
  }
}
