/**
 * Stops exclusive primaries when nobody else does (DESIGN §3: a node cut off from the quorum stops them by itself). The
 * machines do so when the node's lease ends; should that not work, they are killed `selfStopMs` after that end. Whoever
 * takes over waits for longer, so two primaries never act at once. Guard and node process each have one, by what each knows
 * of the lease, so that it works while either of them hangs.
 *
 * Before the first lease a component counts from when it became active: nothing may be active without a lease for longer.
 */
import type { Clock } from '../engine/clock.ts'

export interface LeaseBackstopOptions {
  readonly clock: Clock
  readonly selfStopMs: () => number
  /** null: there was none yet. */
  readonly leaseUntilMs: () => number | null
  /** Kill what this component has running. Called again while it is active and the lease is not renewed. */
  readonly onOver: (component: string) => void
}

/** Between two calls for the same component. */
const repeatMs = 100

export class LeaseBackstop {
  readonly #options: LeaseBackstopOptions
  /** Active exclusive components, and since when. */
  readonly #active = new Map<string, number>()
  #cancel: (() => void) | null = null

  constructor(options: LeaseBackstopOptions) {
    this.#options = options
  }

  isActive(component: string): boolean {
    return this.#active.has(component)
  }

  setActive(component: string, isActive: boolean): void {
    if (!isActive) this.#active.delete(component)
    else if (!this.#active.has(component)) this.#active.set(component, this.#options.clock.nowMs())
    this.#arm()
  }

  /** The time for stopping, or the lease, has become shorter otherwise than by the clock. */
  reconsider(): void {
    this.#cancel?.()
    this.#look()
  }

  /** For a new life of the node process, which has no lease yet. */
  clear(): void {
    this.#active.clear()
    this.#arm()
  }

  #deadlineMs(sinceMs: number): number {
    const { leaseUntilMs, selfStopMs } = this.#options
    return (leaseUntilMs() ?? sinceMs) + selfStopMs()
  }

  /** One timer for all. A renewal does not touch it: it looks again when it ends. */
  #arm(delayMinMs = 0): void {
    if (this.#active.size === 0) {
      this.#cancel?.()
      this.#cancel = null
    } else if (this.#cancel === null) {
      const { clock } = this.#options
      const earliestMs = Math.min(...[...this.#active.values()].map((sinceMs) => this.#deadlineMs(sinceMs)))
      this.#cancel = clock.setTimer(Math.max(delayMinMs, earliestMs - clock.nowMs()), () => this.#look())
    }
  }

  #look(): void {
    this.#cancel = null
    const { clock, onOver } = this.#options
    const over = [...this.#active].filter(([, sinceMs]) => clock.nowMs() >= this.#deadlineMs(sinceMs))
    for (const [component] of over) onOver(component)
    this.#arm(over.length > 0 ? repeatMs : 0)
  }
}
