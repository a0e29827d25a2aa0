/**
 * The log as the replica works with it: the end of it in memory, the whole in the store. New entries are there for reading, and
 * so for sending, before they are durable.
 */
import type { LogEntry, LogReader } from '../../machines/logic/replicatedLog.ts'
import { type KeptEntry, kept } from './entry.ts'
import type { Store } from './store.ts'

/** So many entries stay in memory at least, twice as many at most, once they are durable. */
const recentCount = 1024

/** An entry's place and keys in a message, on top of its command. */
const entryOverheadBytes = 64

export class Log implements LogReader {
  /** Kept whole. */
  readonly firstIndex = 1
  readonly #store: Store
  /** Without gaps up to the end of the log. */
  #recent: KeptEntry[] = []
  #unsaved: KeptEntry[] = []

  constructor(store: Store) {
    this.#store = store
  }

  get lastIndex(): number {
    return this.#recent.at(-1)?.index ?? this.#store.lastIndex
  }

  /** Up to where it is durable. */
  get durableIndex(): number {
    return this.#unsaved[0] ? this.#unsaved[0].index - 1 : this.lastIndex
  }

  epochAt(index: number): number | null {
    if (index > this.lastIndex) return null
    return this.#recentAt(index)?.epoch ?? this.#store.epochAt(index)
  }

  read(index: number, limit: { bytesMax: number; countMax: number }): readonly LogEntry[] {
    const found = this.#keptFrom(index, limit.countMax)
    let sizeBytes = 0
    const fitting = found.findIndex(({ bytes }, place) => {
      sizeBytes += bytes.length + entryOverheadBytes
      return place > 0 && sizeBytes > limit.bytesMax
    })
    return (fitting === -1 ? found : found.slice(0, fitting)).map(({ index, epoch, command }) => ({
      index,
      epoch,
      command,
    }))
  }

  /** Puts entries at the end, or in the place of everything from the first of them on. They are durable after `save`. */
  put(entries: readonly LogEntry[]): void {
    const first = entries[0]
    if (!first) return
    if (first.index <= this.lastIndex) {
      this.#recent = this.#recent.filter(({ index }) => index < first.index)
      this.#unsaved = this.#unsaved.filter(({ index }) => index < first.index)
    }
    const added = entries.map(kept)
    this.#recent.push(...added)
    this.#unsaved.push(...added)
  }

  save(commitIndex: number): void {
    if (this.#unsaved.length === 0) return
    this.#store.append(this.#unsaved, commitIndex)
    this.#unsaved = []
    if (this.#recent.length > 2 * recentCount) this.#recent = this.#recent.slice(-recentCount)
  }

  #recentAt(index: number): KeptEntry | undefined {
    const first = this.#recent[0]
    return first && index >= first.index ? this.#recent[index - first.index] : undefined
  }

  #keptFrom(index: number, countMax: number): readonly KeptEntry[] {
    const first = this.#recent[0]?.index ?? this.lastIndex + 1
    if (index >= first) return this.#recent.slice(index - first, index - first + countMax)
    return this.#store.read(index, Math.min(countMax, first - index))
  }
}
