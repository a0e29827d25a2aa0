/** A store without a disk: for simulation, where it outlives the replica that a crash takes away. */
import type { DurableState } from '../../machines/logic/replicatedLog.ts'
import type { KeptEntry } from './entry.ts'
import type { AppliedState, Store } from './store.ts'
import type { TreeEntry } from './tree.ts'

export class MemoryStore implements Store {
  durable: DurableState = { epoch: 0, votedFor: null }
  commitIndex = 0
  readonly #entries: KeptEntry[] = []
  readonly #state = new Map<string, TreeEntry>()
  #appliedIndex = 0

  get lastIndex(): number {
    return this.#entries.length
  }

  epochAt(index: number): number | null {
    return index === 0 ? 0 : (this.#entries[index - 1]?.epoch ?? null)
  }

  read(index: number, countMax: number): readonly KeptEntry[] {
    return this.#entries.slice(index - 1, index - 1 + countMax)
  }

  saveVote(durable: DurableState): void {
    this.durable = durable
  }

  append(entries: readonly KeptEntry[], commitIndex: number): void {
    const first = entries[0]
    if (!first) return
    if (first.index > this.lastIndex + 1) throw new Error(`entry ${first.index} after ${this.lastIndex} leaves a gap`)
    this.#entries.splice(first.index - 1, Number.POSITIVE_INFINITY, ...entries)
    this.commitIndex = commitIndex
  }

  readState(): AppliedState {
    return { appliedIndex: this.#appliedIndex, entries: [...this.#state.values()] }
  }

  saveState({ appliedIndex, entries }: AppliedState): void {
    for (const entry of entries) {
      if (entry.value === null) this.#state.delete(entry.key)
      else this.#state.set(entry.key, entry)
    }
    this.#appliedIndex = appliedIndex
    this.commitIndex = Math.max(this.commitIndex, appliedIndex)
  }

  close(): void {}
}
