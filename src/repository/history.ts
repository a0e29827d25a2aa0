/**
 * The last changes of the tree, in memory, so that who watched and was interrupted goes on where he stopped (SPEC D5). Bounded by count
 * and by bytes: the oldest entries go first, each whole, and who asks for what is gone is told from where on all is still known.
 */
import { isUnder } from './keys.ts'
import type { TreeEntry } from './tree.ts'

export interface HistoryBounds {
  /** Of changed keys. The last entry stays, however large. */
  readonly countMax: number
  readonly bytesMax: number
}

/** What one entry of the log changed. */
export interface Changed {
  readonly revision: number
  readonly changed: readonly TreeEntry[]
}

/** `oldest`: everything after this revision is known. */
export type ChangesSince =
  | { readonly isComplete: true; readonly oldest: number; readonly changes: readonly Changed[] }
  | { readonly isComplete: false; readonly oldest: number }

const boundsDefault: HistoryBounds = { countMax: 8192, bytesMax: 8 * 1024 * 1024 }

export class History {
  readonly #bounds: HistoryBounds
  #kept: (Changed & { readonly sizeBytes: number })[] = []
  /** How many at the front of `#kept` are gone already: they are cut off now and then, not one by one. */
  #goneCount = 0
  #count = 0
  #sizeBytes = 0
  #oldest: number

  /** Nothing is known of what was up to `revision`. */
  constructor(revision: number, bounds: HistoryBounds = boundsDefault) {
    this.#oldest = revision
    this.#bounds = bounds
  }

  /** `sizeBytes`: of the entry of the log. */
  add({ revision, changed }: Changed, sizeBytes: number): void {
    this.#kept.push({ revision, changed, sizeBytes })
    this.#count += changed.length
    this.#sizeBytes += sizeBytes
    while (this.#isFull() && this.#goneCount < this.#kept.length - 1) this.#dropFirst()
    if (this.#goneCount > 64 && this.#goneCount > this.#kept.length / 2) {
      this.#kept = this.#kept.slice(this.#goneCount)
      this.#goneCount = 0
    }
  }

  since(prefix: string, afterRevision: number): ChangesSince {
    const oldest = this.#oldest
    if (afterRevision < oldest) return { isComplete: false, oldest }
    const changes = this.#kept.slice(this.#firstAfter(afterRevision)).flatMap(({ revision, changed }) => {
      const concerned = changed.filter(({ key }) => isUnder(key, prefix))
      return concerned.length === 0 ? [] : [{ revision, changed: concerned }]
    })
    return { isComplete: true, oldest, changes }
  }

  /** Begins anew after `revision`. */
  forget(revision: number): void {
    this.#kept = []
    this.#goneCount = 0
    this.#count = 0
    this.#sizeBytes = 0
    this.#oldest = revision
  }

  #isFull(): boolean {
    return this.#count > this.#bounds.countMax || this.#sizeBytes > this.#bounds.bytesMax
  }

  #dropFirst(): void {
    const first = this.#kept[this.#goneCount]!
    this.#goneCount += 1
    this.#count -= first.changed.length
    this.#sizeBytes -= first.sizeBytes
    this.#oldest = first.revision
  }

  #firstAfter(revision: number): number {
    let low = this.#goneCount
    let high = this.#kept.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#kept[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }
}
