/**
 * The log as the replica works with it, wholly in memory: what is kept of it, from the saved state on or a little earlier. New
 * entries are there for reading, and so for sending, before they are durable.
 */
import type { LogEntry, LogReader, Position } from '../../machines/logic/replicatedLog.ts'
import { type KeptEntry, kept } from './entry.ts'

/** An entry's place and keys in a message, on top of its command. */
const entryOverheadBytes = 64

/** How much of the log is kept. */
export interface Retention {
  /** So many entries are applied between two copies of the state: at a start, at most these are applied again. */
  readonly savedEvery: number
  /** A copy of the state that stands for more than this lets the log go, */
  readonly entryCountMax: number
  readonly sizeBytesMax: number
  /** but for a tail, for those who are a little behind. */
  readonly tailCountMax: number
  readonly tailBytesMax: number
}

export const usualRetention: Retention = {
  savedEvery: 1000,
  entryCountMax: 4096,
  sizeBytesMax: 8 * 1024 * 1024,
  tailCountMax: 1024,
  tailBytesMax: 2 * 1024 * 1024,
}

export class Log implements LogReader {
  /** What the first entry follows. */
  #before: Position
  #entries: KeptEntry[]
  #sizeBytes = 0
  /** For each put that is not durable yet, in order: from where on the log is not what was put. Never falling. */
  readonly #unsaved: number[] = []

  readonly #retention: Retention

  constructor({ before, entries }: { before: Position; entries: readonly KeptEntry[] }, retention = usualRetention) {
    this.#retention = retention
    const { index, epoch } = before
    this.#before = { index, epoch }
    this.#entries = [...entries]
    for (const { bytes } of entries) this.#sizeBytes += bytes.length
  }

  /** Of the first entry that is kept, or where it will be. */
  get firstIndex(): number {
    return this.#before.index + 1
  }

  get lastIndex(): number {
    return this.#before.index + this.#entries.length
  }

  /** Up to where it is durable. */
  get durableIndex(): number {
    return Math.min((this.#unsaved[0] ?? Number.POSITIVE_INFINITY) - 1, this.lastIndex)
  }

  epochAt(index: number): number | null {
    if (index === this.#before.index) return this.#before.epoch
    return this.#entries[index - this.firstIndex]?.epoch ?? null
  }

  read(index: number, limit: { bytesMax: number; countMax: number }): readonly LogEntry[] {
    const place = index - this.firstIndex
    if (place < 0) return []
    const found: LogEntry[] = []
    let sizeBytes = 0
    for (let at = place; at < this.#entries.length && found.length < limit.countMax; at += 1) {
      const { index, epoch, command, bytes } = this.#entries[at]!
      sizeBytes += bytes.length + entryOverheadBytes
      if (found.length > 0 && sizeBytes > limit.bytesMax) break
      found.push({ index, epoch, command })
    }
    return found
  }

  /** Of the command of an entry that is there. */
  sizeBytesAt(index: number): number {
    return this.#entries[index - this.firstIndex]!.bytes.length
  }

  /** Puts entries at the end, or in the place of everything from the first of them on. What is returned is to be written. */
  put(entries: readonly LogEntry[]): readonly KeptEntry[] {
    const first = entries[0]
    if (!first) return []
    for (const { bytes } of this.#entries.splice(first.index - this.firstIndex)) this.#sizeBytes -= bytes.length
    const added = entries.map(kept)
    for (const { bytes } of added) this.#sizeBytes += bytes.length
    this.#entries.push(...added)
    for (let at = this.#unsaved.length - 1; at >= 0 && this.#unsaved[at]! > first.index; at -= 1)
      this.#unsaved[at] = first.index
    this.#unsaved.push(first.index)
    return added
  }

  /** The first put that was not durable is. */
  landed(): void {
    this.#unsaved.shift()
  }

  /** From where on the log should be kept now that the state up to `savedIndex` is; null: as it is. */
  keepFrom(savedIndex: number): number | null {
    const { entryCountMax, sizeBytesMax, tailCountMax, tailBytesMax } = this.#retention
    const savedCount = savedIndex - this.#before.index
    if (savedCount <= tailCountMax) return null
    if (this.#entries.length <= entryCountMax && this.#sizeBytes <= sizeBytesMax) return null
    let from = savedIndex + 1
    let sizeBytes = 0
    for (let count = 0; count < tailCountMax; count += 1) {
      sizeBytes += this.#entries[from - 1 - this.firstIndex]!.bytes.length
      if (sizeBytes > tailBytesMax) break
      from -= 1
    }
    return from
  }

  /** So long that it is cut whatever else that breaks off. */
  get isOverfull(): boolean {
    const { entryCountMax, sizeBytesMax } = this.#retention
    return this.#entries.length > 4 * entryCountMax || this.#sizeBytes > 4 * sizeBytesMax
  }

  /** Lets go what is before `index`. */
  dropBefore(index: number): void {
    const epoch = this.epochAt(index - 1)
    if (index <= this.firstIndex || epoch === null) return
    for (const { bytes } of this.#entries.splice(0, index - this.firstIndex)) this.#sizeBytes -= bytes.length
    this.#before = { index: index - 1, epoch }
  }

  /** A state from elsewhere stands for everything up to `at`; nothing else is kept. Lands like a put. */
  reset({ index, epoch }: Position): void {
    this.#before = { index, epoch }
    // What is on its way to the disk is replaced there too, and no part of this log.
    this.#unsaved.fill(index + 1)
    this.#unsaved.push(index + 1)
    this.#entries = []
    this.#sizeBytes = 0
  }
}
