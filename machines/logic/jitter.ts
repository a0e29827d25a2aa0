/**
 * Random numbers for machines, as data: a state in, a number and the next state out, so that a replay draws the same ones
 * (mulberry32; spread matters here, secrecy does not).
 */
export interface Draw {
  /** 0 <= value < 1 */
  readonly value: number
  readonly seed: number
}

export function draw(seed: number): Draw {
  const next = (seed + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(next ^ (next >>> 15), next | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return { value: ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32, seed: next }
}
