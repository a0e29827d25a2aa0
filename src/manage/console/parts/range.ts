/** Which of many equal rows or columns are seen. */
export interface Range {
  readonly from: number
  /** Not included. */
  readonly to: number
}

/** A few more than are seen, so that a fast hand sees no gap. */
const overscan = 6

export function rangeOf(of: { offset: number; extent: number; size: number; count: number }): Range {
  const from = Math.max(0, Math.floor(of.offset / of.size) - overscan)
  const to = Math.min(of.count, Math.ceil((of.offset + of.extent) / of.size) + overscan)
  return { from: Math.min(from, to), to }
}
