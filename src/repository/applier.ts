/** Applies committed entries to the tree, in order, once; and keeps a copy of the tree in the store, so that starting is fast. */
import type { LogEntry } from '../../machines/logic/replicatedLog.ts'
import type { Log } from './log.ts'
import type { Store } from './store.ts'
import { type Outcome, Tree, type TreeEntry } from './tree.ts'

/** So many entries are applied between two copies: at a start, at most these are read again. */
const savedEvery = 1000

/** Read at once. */
const batch = { bytesMax: 4 * 1024 * 1024, countMax: 512 }

export class Applier {
  readonly tree: Tree
  readonly #store: Store
  readonly #log: Log
  readonly #unsaved = new Map<string, TreeEntry>()
  #savedIndex: number
  #appliedIndex: number

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
    const { appliedIndex, entries } = store.readState()
    this.tree = new Tree(entries, appliedIndex)
    this.#savedIndex = appliedIndex
    this.#appliedIndex = appliedIndex
  }

  get appliedIndex(): number {
    return this.#appliedIndex
  }

  /** `onApplied` may lead to more being committed: the caller looks again. */
  applyUpTo(commitIndex: number, onApplied: (entry: LogEntry, outcome: Outcome) => void): void {
    while (this.#appliedIndex < commitIndex) {
      const countMax = Math.min(batch.countMax, commitIndex - this.#appliedIndex)
      const entries = this.#log.read(this.#appliedIndex + 1, { ...batch, countMax })
      if (entries.length === 0) throw new Error(`entry ${this.#appliedIndex + 1} is committed, and not in the log`)
      for (const entry of entries) {
        onApplied(entry, this.#apply(entry))
      }
    }
    if (this.#appliedIndex - this.#savedIndex >= savedEvery) this.save()
  }

  save(): void {
    if (this.#appliedIndex === this.#savedIndex) return
    this.#store.saveState({ appliedIndex: this.#appliedIndex, entries: [...this.#unsaved.values()] })
    this.#unsaved.clear()
    this.#savedIndex = this.#appliedIndex
  }

  #apply({ index, epoch, command }: LogEntry): Outcome {
    this.#appliedIndex = index
    const outcome = this.tree.apply(command, { epoch, index })
    for (const entry of outcome.changed) this.#unsaved.set(entry.key, entry)
    return outcome
  }
}
