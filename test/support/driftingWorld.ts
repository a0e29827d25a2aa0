/**
 * True time for tests of clocks that disagree: a heap of what happens when, and clocks that run fast or slow beside it.
 * Everything random is drawn from the seed.
 */
import type { Clock } from '../../src/engine/clock.ts'

interface Happening {
  readonly atMs: number
  readonly sequence: number
  readonly run: () => void
}

export interface DriftingClock extends Clock {
  /** True time at which this clock shows `localMs`. */
  trueMs(localMs: number): number
}

export class DriftingWorld {
  nowMs = 0
  /** Called after everything that happens. */
  afterEach: () => void = () => {}
  readonly random: () => number
  #sequence = 0
  readonly #heap: Happening[] = []

  constructor(seed: number) {
    this.random = randomFrom(seed)
  }

  between(minMs: number, maxMs: number): number {
    return minMs + this.random() * (maxMs - minMs)
  }

  /** Runs `callback` after so much true time, in the order of (time, call). Returns what cancels it. */
  after(delayMs: number, callback: () => void): () => void {
    let isCancelled = false
    const run = () => !isCancelled && callback()
    push(this.#heap, { atMs: this.nowMs + delayMs, sequence: this.#sequence++, run })
    return () => {
      isCancelled = true
    }
  }

  run(untilMs: number): void {
    while (this.#heap[0] && this.#heap[0].atMs <= untilMs) {
      const next = pop(this.#heap)
      this.nowMs = next.atMs
      next.run()
      this.afterEach()
    }
    this.nowMs = untilMs
  }

  /** `rate` 1.01: gains 1 % on true time. */
  clock({ rate = 1, offsetMs = 0 }: { rate?: number; offsetMs?: number } = {}): DriftingClock {
    return {
      nowMs: () => offsetMs + this.nowMs * rate,
      wallUs: () => Math.round(this.nowMs * 1000),
      setTimer: (delayMs, callback) => this.after(delayMs / rate, callback),
      trueMs: (localMs) => (localMs - offsetMs) / rate,
    }
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}

function push(heap: Happening[], happening: Happening): void {
  let index = heap.length
  heap.push(happening)
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (isBefore(heap[parent]!, happening)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = happening
}

function pop(heap: Happening[]): Happening {
  const first = heap[0]!
  const last = heap.pop()!
  if (heap.length === 0) return first
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
    if (isBefore(last, heap[child]!)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
  return first
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
