/**
 * Ticks on absolute deadlines, so that lateness is seen and does not add up (`setInterval` drifts by 1 %). Missed ticks are
 * skipped, never made up for in a burst.
 *
 * A tick has two halves. `onTick` comes at once: others wait for our heartbeat. `onJudge` is where silence is judged: after a
 * late tick two turns of the event loop later, because datagrams that queued up meanwhile are not visible at the first.
 */
import type { Clock } from '../engine/clock.ts'

export interface TickerOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'setTimer'>
  readonly intervalMs: number
  /** Calls back at the next turn of the event loop. */
  readonly turn: (callback: () => void) => void
  readonly onTick: () => void
  /** `lateMs` is 0 for a punctual tick. */
  readonly onJudge: (lateMs: number) => void
}

export interface Ticker {
  start(): void
  stop(): void
}

/** Below this part of an interval lateness is the timer's grain, no sign of being starved. */
const punctualPart = 0.5

export function createTicker({ clock, intervalMs, turn, onTick, onJudge }: TickerOptions): Ticker {
  let deadlineMs = 0
  let cancel: (() => void) | null = null

  function tick(): void {
    const lateMs = clock.nowMs() - deadlineMs
    const missedCount = Math.max(0, Math.floor(lateMs / intervalMs))
    deadlineMs += (missedCount + 1) * intervalMs
    cancel = clock.setTimer(Math.max(0, deadlineMs - clock.nowMs()), tick)
    onTick()
    if (lateMs < intervalMs * punctualPart) onJudge(0)
    else turn(() => turn(() => cancel && onJudge(lateMs)))
  }

  return {
    start() {
      if (cancel) return
      deadlineMs = clock.nowMs()
      tick()
    },
    stop() {
      cancel?.()
      cancel = null
    },
  }
}
