/** From where to where a log on disk reaches, as the changes that are on their way will leave it. */
import type { StoreChange, StoreContent } from './store.ts'

export class LogExtent {
  /** Of the first entry, or where it will be. */
  #firstIndex: number
  #lastIndex: number

  constructor({ state, entries }: Pick<StoreContent, 'state' | 'entries'>) {
    this.#firstIndex = entries[0]?.index ?? (state?.at.index ?? 0) + 1
    this.#lastIndex = entries.at(-1)?.index ?? this.#firstIndex - 1
  }

  /** Throws for a change that would leave a gap: a programming error, to be found before it is on disk. */
  take({ isLogReset, state, put, dropBefore }: StoreChange): void {
    if (isLogReset) {
      if (!state) throw new Error('a log is emptied only when the state stands for it')
      this.#firstIndex = state.at.index + 1
      this.#lastIndex = state.at.index
    }
    const first = put?.[0]
    if (first) {
      if (first.index > this.#lastIndex + 1 || first.index < this.#firstIndex)
        throw new Error(`entry ${first.index} beside ${this.#firstIndex} to ${this.#lastIndex} leaves a gap`)
      if (put.some(({ index }, place) => index !== first.index + place)) throw new Error('entries are not in order')
      this.#lastIndex = first.index + put.length - 1
    }
    if (dropBefore !== undefined && dropBefore > this.#firstIndex) {
      this.#firstIndex = dropBefore
      this.#lastIndex = Math.max(this.#lastIndex, dropBefore - 1)
    }
  }
}
