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

const lookIntervalMs = 50
/** A look that comes later than this after it was due says more of us than of the other. */
const lateMinMs = 50

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
    const { clock } = this.#options
    const dueAtMs = clock.nowMs() + lookIntervalMs
    this.#cancel = clock.setTimer(lookIntervalMs, () => this.#look(dueAtMs))
  }

  #look(dueAtMs: number): void {
    this.#arm()
    const { clock, afterMs, onSilent } = this.#options
    const nowMs = clock.nowMs()
    const lateMs = nowMs - dueAtMs
    if (lateMs > lateMinMs) this.#heardAtMs = Math.min(nowMs, this.#heardAtMs + lateMs)
    const silentForMs = nowMs - this.#heardAtMs
    const wasSilent = this.#isSilent
    this.#isSilent = silentForMs >= afterMs()
    if (wasSilent && this.#isSilent) onSilent(silentForMs)
  }
}
