/**
 * What a replica keeps on disk (SPEC D5): epoch, vote, log, and a copy of the applied state. When a method that writes returns,
 * what it wrote survives the loss of power.
 *
 * The log is kept whole. Starting does not read it: the copy of the state stands for what was applied, and entries are read only
 * from there on, or when a replica that is behind needs them.
 */
import type { DurableState } from '../../machines/logic/replicatedLog.ts'
import type { KeptEntry } from './entry.ts'
import type { TreeEntry } from './tree.ts'

export { openStore } from './sqliteStore.ts'
export { StoreError } from './storeError.ts'

export interface Store {
  /** Epoch 0, no vote, for a new one. */
  readonly durable: DurableState
  /** At least so much was committed when the store was last written. */
  readonly commitIndex: number
  readonly lastIndex: number
  /** 0 for index 0, null where there is no entry. */
  epochAt(index: number): number | null
  /** Entries from `index` on, `countMax` at most. */
  read(index: number, countMax: number): readonly KeptEntry[]
  saveVote(durable: DurableState): void
  /** Puts entries into the log; the first replaces what is there from its index on. */
  append(entries: readonly KeptEntry[], commitIndex: number): void
  readState(): AppliedState
  /** Brings the copy of the state up to `appliedIndex`. A value of null deletes its key. */
  saveState(change: AppliedState): void
  close(): void
}

export interface AppliedState {
  readonly appliedIndex: number
  readonly entries: readonly TreeEntry[]
}
