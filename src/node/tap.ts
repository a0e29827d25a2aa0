/**
 * Hears what is recorded here, for those who watch a node that has no part in the cluster log: the same records that would go into it. It
 * costs the engine a look at each, and nothing until it is begun: the listener gets them a few times a second, and at most so many. What
 * is recorded before there is one waits for it.
 */
import { Notables } from '../clusterLog/notable.ts'
import type { LogRecord } from '../clusterLog/record.ts'
import type { Recorder } from '../engine/record.ts'

const gatherMs = 50
/** Of one turn: what comes faster stays in the black box alone. */
const waitingCountMax = 5000

export interface TapListener {
  readonly onRecords: (records: readonly LogRecord[]) => void
}

export class RecordTap {
  readonly #notables: Notables
  #isBegun = false
  #listener: TapListener | null = null
  #waiting: LogRecord[] = []
  #droppedCount = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor({ self, incarnation }: { readonly self: string; readonly incarnation: number }) {
    this.#notables = new Notables(self, incarnation)
  }

  /** Records that no listener was told. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** The recorder, heard. */
  on(recorder: Recorder): Recorder {
    return {
      append: (record) => {
        recorder.append(record)
        const notable = this.#isBegun ? this.#notables.take(record) : null
        if (notable) this.#take(notable)
      },
    }
  }

  begin(): void {
    this.#isBegun = true
  }

  /** One at a time. */
  listen(listener: TapListener): void {
    this.#listener = listener
    this.#timer ??= setTimeout(() => this.#tell(), gatherMs)
  }

  #take(record: LogRecord): void {
    if (this.#waiting.length >= waitingCountMax) {
      this.#droppedCount += 1
      return
    }
    this.#waiting.push(record)
    if (this.#listener !== null) this.#timer ??= setTimeout(() => this.#tell(), gatherMs)
  }

  #tell(): void {
    this.#timer = null
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > 0) this.#listener?.onRecords(waiting)
  }
}
