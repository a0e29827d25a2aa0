import type { Span } from '../../state/model.ts'

/** Between moments and pixels. */
export interface Scale {
  readonly width: number
  readonly x: (us: number) => number
  readonly us: (x: number) => number
}

export function scaleOf(window: Span, width: number): Scale {
  const lengthUs = Math.max(1, window.toUs - window.fromUs)
  return {
    width,
    x: (us) => ((us - window.fromUs) / lengthUs) * width,
    us: (x) => window.fromUs + (x / Math.max(1, width)) * lengthUs,
  }
}
