/**
 * True time, which nobody in the simulation knows: one queue of what is to happen, in the order of time and then of arrival.
 * What an event sets off in promises is over before the next event begins.
 */
import { drainMicrotasks } from 'bun:jsc'

export interface Scheduled {
  readonly atMs: number
  readonly sequence: number
  /** null: cancelled, or over. */
  run: (() => void) | null
}

export class World {
  nowMs = 0
  eventCount = 0
  #sequence = 0
  /** A binary heap: each is not after its two children. */
  readonly #heap: Scheduled[] = []
  #isEnded = false

  /** Not before now. */
  at(atMs: number, run: () => void): Scheduled {
    this.#sequence += 1
    const entry: Scheduled = { atMs: Math.max(atMs, this.nowMs), sequence: this.#sequence, run }
    this.#push(entry)
    return entry
  }

  after(delayMs: number, run: () => void): Scheduled {
    return this.at(this.nowMs + delayMs, run)
  }

  /** What is still to come. */
  get pendingCount(): number {
    let count = 0
    for (const { run } of this.#heap) if (run !== null) count += 1
    return count
  }

  /** When the next event is due; null: nothing is to come. */
  get nextAtMs(): number | null {
    while (this.#heap[0] && this.#heap[0].run === null) this.#pop()
    return this.#heap[0]?.atMs ?? null
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Nothing happens any more. */
  end(): void {
    this.#isEnded = true
  }

  /** Lets true time pass. */
  runUntil(endMs: number): void {
    while (!this.#isEnded) {
      const first = this.#heap[0]
      if (first === undefined || first.atMs > endMs) break
      this.#pop()
      const { run } = first
      if (run === null) continue
      first.run = null
      this.nowMs = first.atMs
      this.eventCount += 1
      run()
      drainMicrotasks()
    }
    if (!this.#isEnded && this.nowMs < endMs) this.nowMs = endMs
  }

  #push(entry: Scheduled): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]!
      if (!isBefore(entry, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    const { length } = heap
    if (length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= length) break
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}
