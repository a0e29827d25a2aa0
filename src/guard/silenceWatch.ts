/**
 * Notices that the other half of the node, guard or node process, hangs: nothing has come from it for too long. Its own
 * lateness is forgiven first (Traps 6: own loop late, suspect yourself), and a silence counts only at the second look at it in
 * a row: what came meanwhile may still wait to be read. On a machine so loaded that every look is late it takes longer, not for ever.
 */
import type { Clock } from '../engine/clock.ts'

export interface SilenceWatchOptions {
  readonly clock: Clock
  readonly afterMs: () => number
  /** Called at every look at a silence that is too long. */
  readonly onSilent: (silentForMs: number) => void
}

const lookIntervalMinMs = 50
/** Where the silence may be long it is looked at more seldom: so often while it lasts. */
const lookCount = 30

export class SilenceWatch {
  readonly #options: SilenceWatchOptions
  #heardAtMs: number
  #isSilent = false
  #cancel: () => void = () => {}

  constructor(options: SilenceWatchOptions) {
    this.#options = options
    this.#heardAtMs = options.clock.nowMs()
    this.#arm()
  }

  heard(): void {
    this.#heardAtMs = this.#options.clock.nowMs()
  }

  stop(): void {
    this.#cancel()
  }

  #arm(): void {
    const { clock, afterMs } = this.#options
    const lookIntervalMs = Math.max(lookIntervalMinMs, afterMs() / lookCount)
    const dueAtMs = clock.nowMs() + lookIntervalMs
    this.#cancel = clock.setTimer(lookIntervalMs, () => this.#look(dueAtMs, lookIntervalMs))
  }

  /** A look that comes later by more than an interval after it was due says more of us than of the other. */
  #look(dueAtMs: number, lookIntervalMs: number): void {
    this.#arm()
    const { clock, afterMs, onSilent } = this.#options
    const nowMs = clock.nowMs()
    const lateMs = nowMs - dueAtMs
    if (lateMs > lookIntervalMs) this.#heardAtMs = Math.min(nowMs, this.#heardAtMs + lateMs)
    const silentForMs = nowMs - this.#heardAtMs
    const wasSilent = this.#isSilent
    this.#isSilent = silentForMs >= afterMs()
    if (wasSilent && this.#isSilent) onSilent(silentForMs)
  }
}
