/**
 * Time that means the same to guard and node process. A process's own monotonic clock does not have to: Bun's (1.4.5)
 * `process.hrtime`, `performance.now` and `Bun.nanoseconds` all count from the start of the process. What crosses between
 * the two is CLOCK_MONOTONIC, translated at each end.
 */
import type { Clock } from '../engine/clock.ts'
import { addressOf, libc } from '../system/libc.ts'

/** One process's clock against the time that all processes of the machine share; a port, since simulated processes have their own. */
export interface SharedTime {
  /** A time of this process's clock, for another process. */
  toShared(atMs: number): number
  /** A time from another process, by this process's clock. */
  fromShared(atMs: number): number
}

const CLOCK_MONOTONIC = 1

/** struct timespec */
const timespec = new BigInt64Array(2)

function sharedNowMs(clock: Clock): number {
  // Without libc the wall clock has to do, which is right for as long as nobody sets it.
  if (libc?.clock_gettime(CLOCK_MONOTONIC, addressOf(timespec)) !== 0) return clock.wallUs() / 1000
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6
}

export function createSharedTime(clock: Clock): SharedTime {
  return {
    toShared: (atMs) => atMs + sharedNowMs(clock) - clock.nowMs(),
    fromShared: (atMs) => atMs - sharedNowMs(clock) + clock.nowMs(),
  }
}
