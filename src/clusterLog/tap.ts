/**
 * Takes what matters from the recorder as it is recorded, and keeps it until the spool has it. Costs the engine a look at each record;
 * nothing is encoded or written here.
 *
 * Bounded: when the spool does not keep up, all that waits is let go, and the place up to which it went is remembered as a hole. The
 * black box has it, and it is fetched from there (`backfill.ts`) before anything after it is put in.
 */
import type { Recorder } from '../engine/record.ts'
import { Notables, type Recorded } from './notable.ts'
import type { LogRecord } from './record.ts'

export interface Taken {
  /** What is at or before this place is to be fetched from the black box first; null: nothing. */
  readonly hole: number | null
  readonly records: readonly LogRecord[]
}

/** Records that wait for the spool. */
export const queueLengthMax = 10_000

export class Tap {
  takenCount = 0
  overflowCount = 0
  readonly #notables: Notables
  readonly #queueLengthMax: number
  #queue: LogRecord[] = []
  /** At first what the lives before this one left behind. */
  #hole: number | null = 0
  /** Called when something waits that did not before. */
  #onWaiting = () => {}

  constructor(of: { node: string; incarnation: number; queueLengthMax?: number }) {
    this.#notables = new Notables(of.node, of.incarnation)
    this.#queueLengthMax = of.queueLengthMax ?? queueLengthMax
  }

  /** A recorder that gives what it has recorded to the tap. */
  over(recorder: Recorder): Recorder {
    return {
      append: (record) => {
        recorder.append(record)
        this.take(record)
      },
    }
  }

  take(record: Recorded): void {
    const notable = this.#notables.take(record)
    if (!notable) return
    this.takenCount += 1
    const isFirst = this.#queue.length === 0
    if (this.#queue.length >= this.#queueLengthMax) this.#overflow()
    this.#queue.push(notable)
    if (isFirst) this.#onWaiting()
  }

  onWaiting(callback: () => void): void {
    this.#onWaiting = callback
    if (!this.isEmpty) callback()
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#hole === null
  }

  get queuedCount(): number {
    return this.#queue.length
  }

  /** Takes the oldest out. What could not be put into the spool is given back as a hole: `lose`. */
  drain(countMax: number): Taken {
    const hole = this.#hole
    this.#hole = null
    return { hole, records: this.#queue.splice(0, countMax) }
  }

  /** What was drained up to this place is not in the spool. */
  lose(sequence: number): void {
    this.#hole = Math.max(this.#hole ?? 0, sequence)
  }

  #overflow(): void {
    this.overflowCount += this.#queue.length
    this.lose(this.#queue.at(-1)!.sequence)
    this.#queue = []
  }
}
