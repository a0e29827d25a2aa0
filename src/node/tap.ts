/**
 * Hears what is recorded here, for those who watch. It costs the engine a list a record, and nothing until it is begun: the listener
 * gets them a few times a second, and at most so many. What is recorded before there is one waits for it.
 */
import type { EndRecord, Recorder, StartRecord, StepRecord } from '../engine/record.ts'
import { formatId, type TimelineEntry } from '../recorder/timeline.ts'

type EngineRecord = StartRecord | StepRecord | EndRecord

const gatherMs = 50
/** Of one turn: what comes faster stays in the black box alone. */
const waitingCountMax = 5000

export interface TapListener {
  readonly onRecords: (entries: readonly TimelineEntry[]) => void
}

export class RecordTap {
  readonly #self: string
  readonly #incarnation: number
  readonly #states = new Map<string, string>()
  #isBegun = false
  #listener: TapListener | null = null
  #waiting: TimelineEntry[] = []
  #droppedCount = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor({ self, incarnation }: { readonly self: string; readonly incarnation: number }) {
    this.#self = self
    this.#incarnation = incarnation
  }

  /** Records that no listener was told. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** The recorder, heard. */
  on<T extends Recorder>(recorder: T): Recorder {
    return {
      append: (record) => {
        recorder.append(record)
        if (this.#isBegun) this.#take(record)
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

  #take(record: EngineRecord): void {
    const { actor, state } = record
    const fromState = record.kind === 'start' ? null : (this.#states.get(actor) ?? null)
    if (record.kind === 'end') this.#states.delete(actor)
    else this.#states.set(actor, state)
    if (this.#waiting.length >= waitingCountMax) {
      this.#droppedCount += 1
      return
    }
    this.#waiting.push(this.#entryOf(record, fromState))
    if (this.#listener !== null) this.#timer ??= setTimeout(() => this.#tell(), gatherMs)
  }

  #tell(): void {
    this.#timer = null
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > 0) this.#listener?.onRecords(waiting)
  }

  #entryOf(record: EngineRecord, fromState: string | null): TimelineEntry {
    const { sequence, time, actor, state, kind } = record
    const node = this.#self
    const incarnation = this.#incarnation
    return {
      id: formatId({ node, incarnation, sequence }),
      node,
      incarnation,
      sequence,
      time,
      actor,
      kind,
      event: record.kind === 'step' ? record.event : { type: record.kind },
      cause: record.kind === 'step' && record.cause ? formatId(record.cause) : null,
      fromState,
      state,
      effects: record.kind === 'end' ? [] : record.effects,
      timers: [],
    }
  }
}
