/**
 * A machine's disk: outlives its processes, takes its time, and loses what was not on it yet when they end. What a replica writes
 * that it holds for committed is where the simulation sees it.
 */
import type { KeptEntry } from '../../repository/entry.ts'
import { MemoryDisk } from '../../repository/memoryStore.ts'
import type { Store, StoreChange } from '../../repository/store.ts'
import type { Random } from '../random.ts'
import type { ProcessClock } from '../world/clocks.ts'
import type { World } from '../world/world.ts'

export interface SimulatedDiskOptions {
  readonly world: World
  readonly random: Random
  readonly name: string
  readonly onCommitted: (entry: KeptEntry) => void
}

const latencyMinMs = 0.1
const latencyMaxMs = 1

export class SimulatedDisk {
  incarnation = 0
  /** Every write takes so many times as long. */
  slowness = 1
  readonly #options: SimulatedDiskOptions
  readonly #disk: MemoryDisk
  #wipeCount = 0

  constructor(options: SimulatedDiskOptions) {
    const { world, random, name } = options
    this.#options = options
    this.#disk = new MemoryDisk({
      clock: {
        setTimer(delayMs, callback) {
          const entry = world.after(delayMs, callback)
          return () => {
            entry.run = null
          }
        },
      },
      id: `disk of ${name}`,
      latencyMs: () => random.between(latencyMinMs, latencyMaxMs) * this.slowness,
    })
  }

  set isFull(isFull: boolean) {
    this.#disk.isFull = isFull
  }

  get id(): string {
    return this.#disk.id
  }

  /** The end of the log on it, as `epoch.index`: two disks that end alike hold the same. */
  get end(): string {
    const { entries, state } = this.#disk.contents
    const { epoch, index } = entries.at(-1) ?? state?.at ?? { epoch: 0, index: 0 }
    return `${epoch}.${index}`
  }

  /** No change of the log's members is on it that it does not hold for committed. */
  get isMembershipCommitted(): boolean {
    const { entries, commitIndex } = this.#disk.contents
    return entries.every(({ index, command }) => index <= commitIndex || command.type !== 'members')
  }

  nextIncarnation(): number {
    this.incarnation += 1
    return this.incarnation
  }

  open(process: ProcessClock): Store {
    const store = this.#disk.open()
    const { onCommitted } = this.#options
    const waiting = new Map(store.initial.entries.map((entry) => [entry.index, entry]))
    let toldIndex = store.initial.commitIndex
    const tell = ({ put, commitIndex, state }: StoreChange): void => {
      for (const entry of put ?? []) waiting.set(entry.index, entry)
      if (state) toldIndex = Math.max(toldIndex, state.at.index)
      while (toldIndex < (commitIndex ?? 0)) {
        toldIndex += 1
        const entry = waiting.get(toldIndex)
        waiting.delete(toldIndex)
        if (entry) onCommitted(entry)
      }
    }
    return {
      initial: store.initial,
      get isCongested() {
        return store.isCongested
      },
      write(change, onDurable) {
        tell(change)
        store.write(change, onDurable && (() => process.receive(onDurable)))
      },
      onFailure: (callback) => store.onFailure((error) => process.receive(() => callback(error))),
      close: () => store.close(),
    }
  }

  /** Whoever has it open has ended: what was under way may have come through, or not. */
  crash(): void {
    this.#disk.crash({ isInFlightKept: this.#options.random.chance(0.5) })
  }

  /** An empty disk takes its place; the node's life is counted on, as by one who keeps that count elsewhere. */
  wipe(): void {
    this.#wipeCount += 1
    this.#disk.wipe(`disk ${this.#wipeCount + 1} of ${this.#options.name}`)
  }

  /** It comes after a life that somebody else knows of, whatever the disk says. */
  setAside(known: number): void {
    this.incarnation = Math.max(this.incarnation, known)
    this.wipe()
  }

  /** What is on it now, and the count of the node's lives; the result brings all of it back. */
  backup(): () => void {
    const copy = this.#disk.copy()
    const { incarnation } = this
    return () => {
      this.#disk.restore(copy)
      this.incarnation = incarnation
    }
  }
}
