/** The world's time, as a port: the real one here, a simulated one in tests. */
export interface Clock {
  /** Monotonic, milliseconds with a fraction. Each process has its own beginning: Bun counts from the start of the process. */
  nowMs(): number
  /** Wall time in microseconds since 1970: a label, never compared to decide anything. */
  wallUs(): number
  /** Calls back once, not before `delayMs` have passed. Returns what cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

export const realClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
