/**
 * Hybrid logical clock (Kulkarni et al., 2014): physical microseconds with a counter, so that an effect is always later
 * than its cause, on whatever node. It orders the merged black boxes of several nodes.
 */
export interface HybridTime {
  readonly us: number
  readonly count: number
}

export function compareHybridTimes(a: HybridTime, b: HybridTime): number {
  return a.us - b.us || a.count - b.count
}

/** The next time, later than `last` and than `heard` (a timestamp that came with a message). */
export function nextHybridTime(last: HybridTime, physicalUs: number, heard?: HybridTime): HybridTime {
  const us = Math.max(last.us, physicalUs, heard?.us ?? 0)
  const lastCount = last.us === us ? last.count : -1
  const heardCount = heard?.us === us ? heard.count : -1
  return { us, count: Math.max(lastCount, heardCount) + 1 }
}
