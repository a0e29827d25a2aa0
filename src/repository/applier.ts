/** Applies committed entries to the tree, in order, once; and says what of it should be saved, so that starting is fast. */
import type { LogEntry, Members, Position } from '../../machines/logic/replicatedLog.ts'
import type { Log } from './log.ts'
import type { SavedState } from './store.ts'
import { type Outcome, Tree, type TreeEntry } from './tree.ts'

/** Read at once. */
const batch = { bytesMax: 4 * 1024 * 1024, countMax: 512 }

export class Applier {
  readonly tree: Tree
  readonly #log: Log
  readonly #savedEvery: number
  readonly #unsaved = new Map<string, TreeEntry>()
  #savedIndex: number
  #at: Position
  #members: Members

  constructor(saved: SavedState | null, log: Log, savedEvery: number) {
    this.#savedEvery = savedEvery
    this.#log = log
    this.tree = new Tree(saved?.entries, saved?.at.index)
    this.#at = saved?.at ?? { index: 0, epoch: 0 }
    this.#members = saved?.members ?? []
    this.#savedIndex = this.#at.index
  }

  get appliedIndex(): number {
    return this.#at.index
  }

  /** `onApplied` may lead to more being committed: the caller looks again. */
  applyUpTo(commitIndex: number, onApplied: (entry: LogEntry, outcome: Outcome) => void): void {
    while (this.#at.index < commitIndex) {
      const countMax = Math.min(batch.countMax, commitIndex - this.#at.index)
      const entries = this.#log.read(this.#at.index + 1, { ...batch, countMax })
      if (entries.length === 0) throw new Error(`entry ${this.#at.index + 1} is committed, and not in the log`)
      for (const entry of entries) {
        onApplied(entry, this.#apply(entry))
      }
    }
  }

  /** What is to be saved: null while it is not worth it, unless `isLast`. It counts as saved from now on. */
  takeUnsaved({ isLast = false } = {}): SavedState | null {
    const count = this.#at.index - this.#savedIndex
    if (count === 0 || (count < this.#savedEvery && !isLast)) return null
    const entries = [...this.#unsaved.values()]
    this.#unsaved.clear()
    this.#savedIndex = this.#at.index
    return { at: this.#at, members: this.#members, entries }
  }

  /** All that is applied, with its place. */
  snapshot(): SavedState {
    return { at: this.#at, members: this.#members, entries: this.tree.list('') }
  }

  /** A state from elsewhere, which is being saved, takes the place of what is here. Watchers learn what is different. */
  replace({ at, members, entries }: SavedState): void {
    this.#at = at
    this.#members = members
    this.#savedIndex = at.index
    this.#unsaved.clear()
    this.tree.replace(entries, at)
  }

  #apply({ index, epoch, command }: LogEntry): Outcome {
    this.#at = { index, epoch }
    if (command.type === 'members') this.#members = command.members
    const outcome = this.tree.apply(command, this.#at, this.#log.sizeBytesAt(index))
    for (const entry of outcome.changed) this.#unsaved.set(entry.key, entry)
    return outcome
  }
}
