/** Counts within a sliding window. Times are of one clock, those that events carry; what is older than the window is forgotten. */
export type Times = readonly number[]

/** The times that still count, with the one at `atMs` as the last. */
export function counted(times: Times | undefined, { atMs, windowMs }: { atMs: number; windowMs: number }): Times {
  return [...recent(times, { atMs, windowMs }), atMs]
}

/** Those that still count. */
export function recent(times: Times | undefined, { atMs, windowMs }: { atMs: number; windowMs: number }): Times {
  return (times ?? []).filter((time) => time > atMs - windowMs)
}
