/**
 * What a replica keeps on disk (SPEC D5): epoch, vote, log, and a copy of the applied state. It is read once, when it is opened;
 * from then on it is only written to, behind the replica's back: nothing waits for the disk but what must (`outbox.ts`).
 *
 * Changes are made durable in the order in which they were given, several at once if they come faster than the disk takes
 * them; each is there as a whole or not at all after a loss of power. Their number is bounded by whoever looks at `isCongested`.
 */
import type { DurableState, Members, Position } from '../../machines/logic/replicatedLog.ts'
import type { KeptEntry } from './entry.ts'
import type { TreeEntry } from './tree.ts'

export { openStore } from './sqliteStore.ts'
export { StoreError, type StoreErrorCode } from './storeError.ts'

import type { StoreError } from './storeError.ts'

export interface Store {
  /** What was there when it was opened. */
  readonly initial: StoreContent
  /** So much waits for the disk that nothing should be added that can wait: 4096 changes or 16 MiB. */
  readonly isCongested: boolean
  /**
   * Queues a change. `onDurable` is called when it is on disk, never before this returns, in the order of the calls; never
   * when the store failed or was closed first. Throws for entries that would leave a gap: a programming error.
   */
  write(change: StoreChange, onDurable?: () => void): void
  /**
   * Called once, when a change could not be written, and with it none after it: nothing more becomes durable. Whoever has
   * the store must end; what was acknowledged before holds.
   */
  onFailure(callback: (error: StoreError) => void): void
  /** Resolves when all that was queued is durable and the disk is free for another. */
  close(): Promise<void>
}

export interface StoreContent {
  /** Random, made with the store and kept for its life: the same node with another disk is another voter. */
  readonly disk: string
  /** Id of the cluster that it belongs to; null: none yet. */
  readonly cluster: string | null
  /** Epoch 0, no vote, for a new one. */
  readonly durable: DurableState
  /** At least so much was committed when the store was last written. */
  readonly commitIndex: number
  /** null: nothing was saved yet. */
  readonly state: SavedState | null
  /** Without gaps, from `state.at` on or earlier. */
  readonly entries: readonly KeptEntry[]
}

/** The applied state after the entry at `at`. */
export interface SavedState {
  readonly at: Position
  /** Those of that place in the log. */
  readonly members: Members
  readonly entries: readonly TreeEntry[]
}

/** Made durable as a whole, in this order. What is absent stays as it is. */
export interface StoreChange {
  readonly cluster?: string
  readonly durable?: DurableState
  /** Brings the copy of the state up to `at`; a value of null deletes its key. Whole: in the place of all that was there. */
  readonly state?: SavedState & { readonly isWhole: boolean }
  /** The log is emptied first: what is put must follow the saved state. */
  readonly isLogReset?: boolean
  /** Put into the log; the first replaces what is there from its index on. */
  readonly put?: readonly KeptEntry[]
  /** Never goes back; a lower one is passed over. */
  readonly commitIndex?: number
  /** Entries below this one go. Not beyond what is in the saved state. */
  readonly dropBefore?: number
}
