/**
 * A machine's disk: outlives its processes. What it is told is committed is where the simulation sees it.
 * A write is durable when it returns, as the store promises; a crash between two writes is a crash between two events.
 */
import type { KeptEntry } from '../../repository/entry.ts'
import { MemoryStore } from '../../repository/memoryStore.ts'
import type { AppliedState } from '../../repository/store.ts'

export interface DiskObserver {
  readonly onApplied: (entry: KeptEntry) => void
}

export class SimulatedDisk {
  incarnation = 0
  readonly #observer: DiskObserver
  #store: ObservedStore

  constructor(observer: DiskObserver) {
    this.#observer = observer
    this.#store = new ObservedStore(observer)
  }

  nextIncarnation(): number {
    this.incarnation += 1
    return this.incarnation
  }

  openStore(): MemoryStore {
    return this.#store
  }

  /** The disk was replaced by an empty one; the node's life is counted on, as by one who keeps that count elsewhere. */
  wipe(): void {
    this.#store = new ObservedStore(this.#observer)
  }
}

class ObservedStore extends MemoryStore {
  readonly #observer: DiskObserver
  #seenIndex = 0

  constructor(observer: DiskObserver) {
    super()
    this.#observer = observer
  }

  override append(entries: readonly KeptEntry[], commitIndex: number): void {
    super.append(entries, commitIndex)
    this.#tell()
  }

  override saveState(state: AppliedState): void {
    super.saveState(state)
    this.#tell()
  }

  #tell(): void {
    while (this.#seenIndex < Math.min(this.commitIndex, this.lastIndex)) {
      const [entry] = this.read(this.#seenIndex + 1, 1)
      this.#seenIndex += 1
      if (entry) this.#observer.onApplied(entry)
    }
  }
}
