/**
 * Takes records to the disk itself, against loss of power; no end of the process needs it. One flush at a time, waited for by a
 * thread of the runtime, so that the event loop goes on; what is wanted meanwhile is done by the next one.
 *
 * Invariant: every record up to `flushed` is on the disk, in segments whose names are there too. After a flush that failed nothing
 * more is counted as flushed in this life: the kernel may have given up pages and not say so again.
 */
import { closeSync, fsync, fsyncSync, openSync } from 'node:fs'
import type { SegmentWriter } from './segmentWriter.ts'

/** `incident`: at once after each, and every interval while one lasts; `interval`: every interval in which something was recorded. */
export type FlushPolicy = 'never' | 'incident' | 'interval'

export interface FlushPosition {
  /** Number of the last record. */
  readonly sequence: number
  readonly segment: number
  /** Up to here, in this segment; earlier ones are there whole. */
  readonly offset: number
}

export interface FlusherOptions {
  readonly directory: string
  readonly policy: FlushPolicy
  readonly intervalMs: number
  /** What is being written, and how far. null: no segment is. */
  readonly present: () => { readonly writer: SegmentWriter; readonly position: FlushPosition } | null
  readonly onFailed: (detail: string) => void
}

export class Flusher {
  readonly #options: FlusherOptions
  /** Left by the recorder, and not flushed since. */
  #left: SegmentWriter[] = []
  /** Of those, the ones that a flush under way is to close. */
  #leaving: readonly SegmentWriter[] = []
  #isNameNew = true
  #isUnderWay = false
  #isWanted = false
  #isOver = false
  #hasFailed = false
  #timer: ReturnType<typeof setTimeout> | null = null
  flushed: FlushPosition | null = null
  flushCount = 0
  failedCount = 0

  constructor(options: FlusherOptions) {
    this.#options = options
  }

  wrote(of: { readonly isIncident: boolean; readonly isWithinIncident: boolean }): void {
    const { policy, intervalMs } = this.#options
    if (policy === 'never' || this.#isOver) return
    if (policy === 'incident' && of.isIncident) this.#want()
    else if (this.#timer === null && (policy === 'interval' || of.isWithinIncident)) {
      this.#timer = setTimeout(() => {
        this.#timer = null
        this.#want()
      }, intervalMs)
      this.#timer.unref()
    }
  }

  /** The recorder has gone over to another segment, or has none. */
  turned(left: SegmentWriter | null): void {
    this.#isNameNew = true
    if (left === null) return
    if (this.#options.policy === 'never') return left.close()
    this.#left.push(left)
    this.#want()
  }

  /** Everything, waiting for it here; nothing afterwards. Throws what the disk does. */
  finish(): void {
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const present = this.#options.present()
    const writers = [...this.#leaving, ...this.#left, ...(present ? [present.writer] : [])]
    for (const writer of writers) writer.sync()
    this.#syncNames()
    if (present && !this.#hasFailed) this.flushed = present.position
    // One under way still needs its file: the end of the process closes it.
    if (!this.#isUnderWay) for (const writer of writers) writer.close()
  }

  /** At the next turn of the event loop: an incident is seldom a single record. */
  #want(): void {
    if (this.#isUnderWay) {
      this.#isWanted = true
      return
    }
    this.#isUnderWay = true
    setImmediate(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    const left = this.#left.splice(0)
    this.#leaving = left
    try {
      const present = this.#isOver ? null : this.#options.present()
      // All of them have ended before any is closed, whatever becomes of one.
      const writers = [...left, ...(present ? [present.writer] : [])]
      const results = await Promise.allSettled(writers.map((writer) => writer.flush()))
      for (const result of results) if (result.status === 'rejected') throw result.reason
      if (this.#isNameNew) await this.#flushNames()
      this.flushCount += 1
      if (present && !this.#hasFailed && !this.#isOver) this.flushed = present.position
    } catch (error) {
      this.failedCount += 1
      if (!this.#hasFailed) this.#options.onFailed(error instanceof Error ? error.message : String(error))
      this.#hasFailed = true
    }
    for (const writer of left) writer.close()
    this.#leaving = []
    this.#isUnderWay = false
    const isWanted = this.#isWanted
    this.#isWanted = false
    if (isWanted && !this.#isOver) this.#want()
  }

  #syncNames(): void {
    const directory = openSync(this.#options.directory, 'r')
    try {
      fsyncSync(directory)
    } finally {
      closeSync(directory)
    }
  }

  async #flushNames(): Promise<void> {
    this.#isNameNew = false
    const directory = openSync(this.#options.directory, 'r')
    try {
      await new Promise<void>((resolve, reject) => fsync(directory, (error) => (error ? reject(error) : resolve())))
    } finally {
      closeSync(directory)
    }
  }
}
