/** The only source of chance in a simulation: every stream comes from the seed and a name, so that one more draw in one place moves nothing elsewhere. */

export interface Random {
  /** From 0 up to 1. */
  next(): number
  /** From `min` up to `max`. */
  between(min: number, max: number): number
  /** A whole number from 0 up to `count`. */
  below(count: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/** Mulberry32 (Tommy Ettinger, 2017): 32 bits of state, enough to draw faults. */
export function randomOf(seed: number, name: string): Random {
  let state = Bun.hash.crc32(`${name} ${seed}`) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    next,
    between: (min, max) => min + next() * (max - min),
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)]!,
  }
}
