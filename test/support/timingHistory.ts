/**
 * A log of changes of the lease timings, and how far each node has applied it: at once or late, never back before what it reported.
 * What a node applied and did not report may be forgotten when it starts again.
 */
import { type EffectiveTiming, effectiveTiming, type LeaseTiming, leaseTimingOf } from '../../machines/logic/lease.ts'
import type { DriftingWorld } from './driftingWorld.ts'

interface Place {
  readonly settled: LeaseTiming
  readonly wanted: LeaseTiming
  /** The place that set `wanted`. */
  readonly wantedAt: number
}

export class TimingHistory {
  settledCount = 0
  readonly #world: DriftingWorld
  readonly #places: Place[]
  readonly #applied = new Map<string, number>()
  readonly #reported = new Map<string, number>()

  constructor(world: DriftingWorld, first: LeaseTiming, names: readonly string[]) {
    const timing = leaseTimingOf(first)
    this.#world = world
    this.#places = [{ settled: timing, wanted: timing, wantedAt: 0 }]
    for (const name of names) {
      this.#applied.set(name, 0)
      this.#reported.set(name, 0)
    }
  }

  of(name: string): EffectiveTiming {
    const { settled, wanted } = this.#places[this.#applied.get(name)!]!
    return effectiveTiming(settled, wanted)
  }

  want(): void {
    const between = (minMs: number, maxMs: number) => Math.round(this.#world.between(minMs, maxMs))
    const leaderLeaseMs = this.#world.random() < 0.5 ? 60 : between(100, 600)
    const nodeLeaseMs = leaderLeaseMs + (this.#world.random() < 0.5 ? 40 : between(40, 600))
    const wanted = { leaderLeaseMs, nodeLeaseMs, selfStopMs: between(10, 200), takeOverMarginMs: 0 }
    this.#places.push({ settled: this.#places.at(-1)!.settled, wanted, wantedAt: this.#places.length })
  }

  /** Some more, or all. Returns whether there was any. */
  apply(name: string, which: { isAll: boolean }): boolean {
    const before = this.#applied.get(name)!
    const last = this.#places.length - 1
    const next = which.isAll ? last : Math.min(last, before + 1)
    this.#applied.set(name, next)
    return next > before
  }

  report(name: string): void {
    this.#reported.set(name, this.#applied.get(name)!)
  }

  startAgain(name: string): void {
    const reported = this.#reported.get(name)!
    const place = reported + Math.floor(this.#world.random() * (this.#applied.get(name)! - reported + 1))
    this.#applied.set(name, place)
  }

  /** As soon as it may be. */
  settle(): void {
    const last = this.#places.at(-1)!
    if (last.settled === last.wanted) return
    if ([...this.#reported.values()].some((place) => place < last.wantedAt)) return
    this.#places.push({ ...last, settled: last.wanted })
    this.settledCount += 1
  }
}
