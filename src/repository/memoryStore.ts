/**
 * A disk for simulation and tests: it outlives the replicas that a crash takes away, and has the faults of a real one. What is
 * written is on it after `latencyMs`; a crash loses what is not, but never half of a batch, as with a transaction of SQLite.
 * Deterministic: time is the clock's, everything else is decided by the caller.
 */
import type { DurableState } from '../../machines/logic/replicatedLog.ts'
import type { Clock } from '../engine/clock.ts'
import type { KeptEntry } from './entry.ts'
import { LogExtent } from './logExtent.ts'
import type { SavedState, Store, StoreChange, StoreContent } from './store.ts'
import { StoreError } from './storeError.ts'
import type { TreeEntry } from './tree.ts'
import { WriteQueue } from './writeQueue.ts'

export interface MemoryDiskOptions {
  readonly clock: Pick<Clock, 'setTimer'>
  /** Different for every disk there ever is. */
  readonly id: string
  /** Of one batch. Drawn anew for each. */
  readonly latencyMs?: () => number
}

export class MemoryDisk {
  /** Every write fails, as on a disk without room. */
  isFull = false
  readonly #options: MemoryDiskOptions
  #content: DiskContent
  #store: MemoryStore | null = null

  constructor(options: MemoryDiskOptions) {
    this.#options = options
    this.#content = new DiskContent(options.id)
  }

  get id(): string {
    return this.#content.disk
  }

  /** What is on it now. */
  get contents(): StoreContent {
    return this.#content.read()
  }

  /** Throws when it is open already. */
  open(): Store {
    if (this.#store) throw new StoreError('store.locked', this.id, 'another process has it open')
    const { clock, latencyMs = () => 0 } = this.#options
    this.#store = new MemoryStore(this.#content, {
      begin: (done) => void clock.setTimer(latencyMs(), () => done(this.isFull)),
      onClosed: () => {
        this.#store = null
      },
    })
    return this.#store
  }

  /**
   * The process that has it open ends, or its machine. Nothing queued is written; the batch that is being written is on the
   * disk or is not, as `isInFlightKept` says.
   */
  crash({ isInFlightKept = false } = {}): void {
    this.#store?.crash(isInFlightKept)
    this.#store = null
  }

  /** Another disk takes its place, an empty one. */
  wipe(id: string): void {
    this.crash()
    this.#content = new DiskContent(id)
  }

  /** What is on it now, to be brought back by `restore`: a backup. */
  copy(): DiskCopy {
    return { content: this.#content.copy() }
  }

  /** The disk of an earlier time is back, with everything since then gone. */
  restore({ content }: DiskCopy): void {
    this.crash()
    this.#content = content.copy()
  }
}

export interface DiskCopy {
  readonly content: DiskContent
}

/** What is on a disk. */
class DiskContent {
  readonly disk: string
  cluster: string | null = null
  durable: DurableState = { epoch: 0, votedFor: null }
  commitIndex = 0
  #saved: Omit<SavedState, 'entries'> | null = null
  #state = new Map<string, TreeEntry>()
  #entries: KeptEntry[] = []

  constructor(disk: string) {
    this.disk = disk
  }

  read(): StoreContent {
    const { disk, cluster, durable, commitIndex } = this
    const state = this.#saved && { ...this.#saved, entries: [...this.#state.values()] }
    return { disk, cluster, durable, commitIndex, state, entries: [...this.#entries] }
  }

  copy(): DiskContent {
    const copy = new DiskContent(this.disk)
    const { cluster, durable, commitIndex } = this
    Object.assign(copy, { cluster, durable, commitIndex })
    copy.#saved = this.#saved
    copy.#state = new Map(this.#state)
    copy.#entries = [...this.#entries]
    return copy
  }

  apply({ cluster, durable, state, isLogReset, put, commitIndex = 0, dropBefore = 0 }: StoreChange): void {
    if (cluster !== undefined) this.cluster = cluster
    if (durable) this.durable = durable
    if (state) this.#save(state)
    if (isLogReset) this.#entries = []
    const first = put?.[0]?.index
    if (first !== undefined) {
      while ((this.#entries.at(-1)?.index ?? 0) >= first) this.#entries.pop()
      this.#entries.push(...put!)
    }
    this.commitIndex = Math.max(this.commitIndex, commitIndex, this.#saved?.at.index ?? 0)
    if (dropBefore > (this.#entries[0]?.index ?? 0))
      this.#entries = this.#entries.filter(({ index }) => index >= dropBefore)
  }

  #save({ at, members, entries, isWhole }: NonNullable<StoreChange['state']>): void {
    if (isWhole) this.#state.clear()
    for (const entry of entries) {
      if (entry.value === null) this.#state.delete(entry.key)
      else this.#state.set(entry.key, entry)
    }
    this.#saved = { at, members }
  }
}

class MemoryStore implements Store {
  readonly initial: StoreContent
  readonly #content: DiskContent
  readonly #extent: LogExtent
  readonly #queue: WriteQueue<StoreChange>
  readonly #onClosed: () => void
  #inFlight: readonly StoreChange[] = []
  #failure: StoreError | null = null
  #onFailure = (_: StoreError) => {}
  #isGone = false

  constructor(
    content: DiskContent,
    { begin, onClosed }: { begin: (done: (isFull: boolean) => void) => void; onClosed: () => void },
  ) {
    this.initial = content.read()
    this.#content = content
    this.#extent = new LogExtent(this.initial)
    this.#onClosed = onClosed
    this.#queue = new WriteQueue((batch) => {
      this.#inFlight = batch
      begin((isFull) => this.#done(isFull))
    })
  }

  get isCongested(): boolean {
    return this.#queue.isCongested
  }

  write(change: StoreChange, onDurable?: () => void): void {
    this.#extent.take(change)
    const sizeBytes = (change.put ?? []).reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.#queue.add(change, sizeBytes, onDurable)
  }

  onFailure(callback: (error: StoreError) => void): void {
    this.#onFailure = callback
    if (this.#failure) callback(this.#failure)
  }

  async close(): Promise<void> {
    await this.#queue.whenIdle()
    this.#queue.end()
    if (!this.#isGone) this.#onClosed()
    this.#isGone = true
  }

  crash(isInFlightKept: boolean): void {
    if (isInFlightKept && !this.#failure) for (const change of this.#inFlight) this.#content.apply(change)
    this.#isGone = true
    this.#queue.end()
  }

  #done(isFull: boolean): void {
    if (this.#isGone || this.#failure) return
    if (isFull) {
      this.#failure = new StoreError('store.full', this.#content.disk, 'there is no room')
      this.#queue.end()
      this.#onFailure(this.#failure)
      return
    }
    const landed = this.#inFlight
    this.#inFlight = []
    for (const change of landed) this.#content.apply(change)
    this.#queue.landed()
  }
}
