/**
 * The black box of one node (SPEC P7, DESIGN §7): a ring of segments that holds every step of every machine, whatever
 * becomes of the process. Each segment begins with a snapshot of every actor, so that the ring can be replayed from its
 * oldest part.
 *
 * Invariant, on which exact replay rests: **a snapshot includes every record before it in the file and none after it.**
 * The engine appends a step when the actor has already taken it, so snapshots taken within `append` include that step;
 * hence a segment is left *after* a record, as soon as less than a reserve is free. A record that does not fit in what
 * is left (larger than any before it) opens the next segment, and the snapshots follow it. So do quiet steps that waited
 * (`quiet.ts`): they are written before the record that ended their wait, when the actors have taken that one already.
 */
import type { RecorderBudget } from '../../machines/model/configuration.ts'
import {
  type BlackBoxRecord,
  isNote,
  type NumberedRecord,
  type Recorder,
  type SnapshotRecord,
} from '../engine/record.ts'
import type { Message } from '../engine/step.ts'
import { encodeRecord, type OmittedRecord } from './codec.ts'
import { type Detail, type DetailState, fullDetail, judge } from './detail.ts'
import { Flusher, type FlushPolicy, type FlushPosition } from './flusher.ts'
import { frameBytes, segmentSizeBytesMin } from './format.ts'
import { type LastLife, readBootId, readLastLife } from './lastLife.ts'
import { isKeptOneHigher, Meter, type Usage } from './meter.ts'
import { QuietSteps, waitingCountMax } from './quiet.ts'
import { Ring } from './ring.ts'
import { withTimers } from './timers.ts'

export interface RecorderOptions {
  /** Made when it is not there. */
  readonly directory: string
  readonly cluster: string
  readonly node: string
  /** The node's life: higher than that of any segment of the node in the directory. */
  readonly incarnation: number
  /** At least 4096. */
  readonly segmentSizeBytes: number
  /** At least 2. The oldest goes before a new one is made; those of earlier lives count. */
  readonly segmentCountMax: number
  /** All actors alive, as `Engine#snapshots` gives them. First called at the first record. */
  readonly snapshots: () => readonly SnapshotRecord[]
  /** Told of what went wrong while recording; the node goes on. */
  readonly onProblem?: (problem: RecorderProblem) => void
  readonly wallUs?: () => number
  /** Default null: full detail, whatever it costs. */
  readonly budget?: RecorderBudget | null
  /** Default: never; the kernel does it in its own time. */
  readonly flush?: FlushPolicy
  /** Default 1000. */
  readonly flushIntervalMs?: number
  /** Told of what the recorder has to say of itself, for a note; called from within `append`, in which nothing may be appended. */
  readonly onNote?: (event: Message) => void
  /** Of this run of the kernel. Default: as `/proc` has it. */
  readonly bootId?: string | null
}

export interface RecorderProblem {
  /**
   * `segment.failed`: no segment could be made (disk full, …), so records are lost until one can;
   * `record.tooLarge`, `snapshot.tooLarge`: a marker was written instead; `flush.failed`: the disk may not have what was
   * recorded, so nothing more is counted as flushed.
   */
  readonly code: 'segment.failed' | 'record.tooLarge' | 'snapshot.tooLarge' | 'flush.failed'
  readonly detail: string
}

export interface RecorderStats {
  /** Starts, steps, ends and notes recorded, markers in their place included. */
  readonly recordCount: number
  /** Of them, notes and records of applications. */
  readonly noteCount: number
  /** Quiet steps that were counted and not recorded. */
  readonly leftOutCount: number
  readonly snapshotCount: number
  /** Records and snapshots too large to keep, replaced by a marker. */
  readonly omittedCount: number
  /** Records that no segment could take. */
  readonly lostCount: number
  /** Written by this recorder, heads and padding included. */
  readonly byteCount: number
  /** The node's segments on disk now. */
  readonly segmentCount: number
  readonly detail: Detail
  /** How often the detail was lowered, and for how many seconds the lowest was still over the budget. */
  readonly loweredCount: number
  readonly overBudgetCount: number
  /** Of the last whole second; null: there was none, or no budget. */
  readonly usage: Usage | null
  /** Number of the last record; 0: none yet. */
  readonly lastSequence: number
  /** Every record up to there is on the disk itself; null: not known of any. */
  readonly flushed: FlushPosition | null
  readonly flushCount: number
  readonly flushFailedCount: number
}

export const noStats: RecorderStats = {
  recordCount: 0,
  noteCount: 0,
  leftOutCount: 0,
  snapshotCount: 0,
  omittedCount: 0,
  lostCount: 0,
  byteCount: 0,
  segmentCount: 0,
  detail: 'full',
  loweredCount: 0,
  overBudgetCount: 0,
  usage: null,
  lastSequence: 0,
  flushed: null,
  flushCount: 0,
  flushFailedCount: 0,
}

export interface BlackBox extends Recorder {
  /** How the node's life before this one ended; null: the black box has none. */
  readonly lastLife: LastLife | null
  /** Waits until the disk has the segment; nothing may be appended afterwards. */
  close(): void
  stats(): RecorderStats
}

/** After a segment could not be made, it is tried again with every so many records. */
const retryRecordCount = 256

/**
 * Opens the black box of a node's new life; segments of earlier lives stay until the ring turns. Throws for impossible
 * options, for an incarnation that has been, and what the file system throws for the first segment.
 */
export function openRecorder(options: RecorderOptions): BlackBox {
  return new RingRecorder(options)
}

class RingRecorder implements BlackBox {
  readonly lastLife: LastLife | null
  readonly #options: RecorderOptions
  /** A larger payload is replaced by a marker: four of them, or the snapshots and two, fit in a segment. */
  readonly #payloadBytesMax: number
  readonly #ring: Ring
  readonly #flusher: Flusher
  readonly #quiet = new QuietSteps()
  readonly #meter: Meter | null
  /** The largest frame so far, within bounds: what must be free for a segment to go on. */
  #reserveBytes: number
  #detail: DetailState = fullDetail
  #usage: Usage | null = null
  #lastSequence = 0
  #retryAtCount = 0
  #isHeadWritten = false
  #isClosed = false
  readonly #counts = {
    recordCount: 0,
    noteCount: 0,
    leftOutCount: 0,
    snapshotCount: 0,
    omittedCount: 0,
    lostCount: 0,
    byteCount: 0,
    loweredCount: 0,
    overBudgetCount: 0,
  }

  constructor(options: RecorderOptions) {
    checkOptions(options)
    this.#options = options
    const { directory, segmentSizeBytes, budget = null, flush = 'never', flushIntervalMs = 1000 } = options
    this.#payloadBytesMax = Math.floor(segmentSizeBytes / 4)
    this.#reserveBytes = Math.floor(segmentSizeBytes / 64)
    this.#meter = budget && new Meter(budget)
    const bootId = options.bootId === undefined ? readBootId() : options.bootId
    this.#ring = new Ring({ ...options, bootId, wallUs: options.wallUs ?? systemWallUs })
    // Before room is made: it may be the oldest.
    this.lastLife = readLastLife(this.#ring.found, bootId)
    this.#flusher = new Flusher({
      directory,
      policy: flush,
      intervalMs: flushIntervalMs,
      present: () => this.#present(),
      onFailed: (detail) => this.#problem('flush.failed', detail),
    })
    this.#ring.turn()
  }

  append(record: NumberedRecord): void {
    if (this.#isClosed) throw new Error('the black box is closed')
    const closed = this.#meter?.begin(record.time.us)
    if (closed) this.#judge(closed.load, closed.usage)
    const isLeftOut = this.#take(record)
    if (this.#meter === null) return
    const { detail } = this.#detail
    const isHigher = isLeftOut && isKeptOneHigher(detail, this.#quiet.isWithinIncident(record))
    this.#meter.end({ isLeftOut, isKeptOneHigher: isHigher })
  }

  /** Returns whether it waits, to be counted, instead of having been written. */
  #take(record: NumberedRecord): boolean {
    const { isQuiet, isIncident } = this.#quiet.see(record)
    if (isQuiet && record.kind === 'step' && this.#quiet.isLeftOut(record, this.#detail.detail)) {
      this.#quiet.leaveOut(record)
      if (this.#quiet.waitingCount >= waitingCountMax) this.#writeCounted(waitingCountMax / 2)
      return true
    }
    if (this.#quiet.waitingCount > 0) this.#endWait(isIncident && this.#detail.detail === 'incidents')
    const payload = encodeRecord(record)
    if (payload.length > this.#payloadBytesMax) this.#appendMarker(record, payload.length)
    else this.#appendPayload(record, payload)
    this.#lastSequence = record.sequence
    this.#flusher.wrote({ isIncident, isWithinIncident: this.#quiet.isWithinIncident(record) })
    return false
  }

  #endWait(isKept: boolean): void {
    if (!isKept) return this.#writeCounted(waitingCountMax)
    for (const step of this.#quiet.takeWaiting()) {
      const payload = encodeRecord(step)
      const isMarked = payload.length > this.#payloadBytesMax
      this.#counts.recordCount += this.#put(isMarked ? encodeRecord(markerFor(step, payload.length)) : payload) ? 1 : 0
      if (isMarked) this.#counts.omittedCount += 1
    }
  }

  #writeCounted(count: number): void {
    const counted = this.#quiet.takeCounted(count)
    if (counted === null) return
    this.#counts.leftOutCount += counted.sequence - counted.fromSequence + 1
    const payload = encodeRecord(counted)
    const isLarge = payload.length > this.#payloadBytesMax
    if (this.#put(isLarge ? encodeRecord({ ...counted, steps: [] }) : payload)) this.#lastSequence = counted.sequence
  }

  /** Writes what no snapshots may follow yet. */
  #put(payload: Uint8Array): boolean {
    if (this.#write(payload)) return true
    // Making a segment encodes nothing, so the payload is still there.
    if (this.#nextSegment() && this.#write(payload)) return true
    this.#counts.lostCount += 1
    return false
  }

  #appendPayload(record: NumberedRecord, payload: Uint8Array): void {
    const frame = frameBytes(payload.length)
    if (!this.#put(payload)) return
    this.#counts.recordCount += 1
    if (isNote(record)) this.#counts.noteCount += 1
    this.#reserveBytes = Math.max(this.#reserveBytes, Math.min(frame, this.#options.segmentSizeBytes / 8))
    if (!this.#isHeadWritten) this.#writeHead(record)
    if (this.#ring.writer!.freeBytes < this.#reserveBytes && this.#nextSegment()) this.#writeHead(record)
  }

  /** Keeps what is known of a record that is too large, then the actor's snapshot: replay goes on from there. */
  #appendMarker(record: NumberedRecord, byteCount: number): void {
    const marker = markerFor(record, byteCount)
    const what = `${record.kind} '${marker.eventType}' of '${record.actor}'`
    this.#problem('record.tooLarge', `${what} takes ${byteCount} bytes`)
    this.#counts.omittedCount += 1
    const isHeadDue = !this.#isHeadWritten
    this.#appendPayload(record, encodeRecord(marker))
    if (isHeadDue || isNote(record)) return
    const snapshot = this.#snapshotsAfter(record).find((one) => one.actor === record.actor)
    if (snapshot) this.#writeSnapshot(snapshot)
  }

  /** The snapshots of a segment's head: those that fit in half of it, so that records always find room. */
  #writeHead(record: NumberedRecord): void {
    this.#isHeadWritten = true
    const startedNs = Bun.nanoseconds()
    const keptBytes = this.#options.segmentSizeBytes / 2
    for (const snapshot of this.#snapshotsAfter(record)) {
      if (this.#ring.writer!.freeBytes > keptBytes) this.#writeSnapshot(snapshot)
      else {
        this.#counts.omittedCount += 1
        this.#problem('snapshot.tooLarge', `no room for '${snapshot.actor}': the snapshots take half of the segment`)
      }
    }
    this.#meter?.turned(Bun.nanoseconds() - startedNs)
  }

  #writeSnapshot(snapshot: SnapshotRecord): void {
    const payload = encodeRecord(snapshot)
    if (payload.length <= this.#payloadBytesMax && this.#write(payload)) {
      this.#counts.snapshotCount += 1
      return
    }
    this.#counts.omittedCount += 1
    this.#problem('snapshot.tooLarge', `snapshot of '${snapshot.actor}' takes ${payload.length} bytes`)
    this.#write(encodeRecord(markerFor(snapshot, payload.length)))
  }

  /** The engine arms a step's timers after it has recorded the step: here they are already counted in. */
  #snapshotsAfter(record: NumberedRecord): SnapshotRecord[] {
    return this.#options
      .snapshots()
      .map((snapshot) =>
        'timers' in record && snapshot.actor === record.actor ? withTimers(snapshot, record.timers) : snapshot,
      )
  }

  #write(payload: Uint8Array): boolean {
    if (!this.#ring.writer?.append(payload)) return false
    const byteCount = frameBytes(payload.length)
    this.#counts.byteCount += byteCount
    this.#meter?.wrote(byteCount)
    return true
  }

  /** Goes over to a new segment. When there can be none, what the present one still has room for goes there. */
  #nextSegment(): boolean {
    const seenCount = this.#counts.recordCount + this.#counts.lostCount
    if (seenCount < this.#retryAtCount) return false
    const startedNs = Bun.nanoseconds()
    const left = this.#ring.writer
    try {
      this.#ring.turn()
      this.#flusher.turned(left)
      this.#isHeadWritten = false
      return true
    } catch (error) {
      this.#retryAtCount = seenCount + retryRecordCount
      this.#problem('segment.failed', error instanceof Error ? error.message : String(error))
      return false
    } finally {
      this.#meter?.turned(Bun.nanoseconds() - startedNs)
    }
  }

  #judge(load: Parameters<typeof judge>[1], usage: Usage): void {
    const before = this.#detail.detail
    this.#usage = usage
    this.#detail = judge(this.#detail, load)
    const { detail } = this.#detail
    if (load.now > 1 && before === detail) this.#counts.overBudgetCount += 1
    if (before === detail) return
    const isLowered = load.now > 1
    if (isLowered) this.#counts.loweredCount += 1
    const { cpuPercent, bytesPerSecond } = usage
    const rounded = { cpuPercent: Math.round(cpuPercent * 100) / 100, bytesPerSecond: Math.round(bytesPerSecond) }
    this.#options.onNote?.({
      type: isLowered ? 'detail.lowered' : 'detail.raised',
      from: before,
      to: detail,
      ...rounded,
    })
  }

  #present(): ReturnType<ConstructorParameters<typeof Flusher>[0]['present']> {
    const { writer, segment } = this.#ring
    return writer && { writer, position: { sequence: this.#lastSequence, segment, offset: writer.offset } }
  }

  #problem(code: RecorderProblem['code'], detail: string): void {
    this.#options.onProblem?.({ code, detail })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#writeCounted(waitingCountMax)
    this.#flusher.finish()
    this.#ring.close()
  }

  stats(): RecorderStats {
    return {
      ...this.#counts,
      segmentCount: this.#ring.segmentCount,
      detail: this.#detail.detail,
      usage: this.#usage,
      lastSequence: this.#lastSequence,
      flushed: this.#flusher.flushed,
      flushCount: this.#flusher.flushCount,
      flushFailedCount: this.#flusher.failedCount,
    }
  }
}

function systemWallUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}

function markerFor(record: BlackBoxRecord, byteCount: number): OmittedRecord {
  const { sequence, time, actor, state, hash, kind } = record
  const eventType = 'event' in record ? record.event.type : ''
  return { kind: 'omitted', sequence, time, actor, state, hash, of: kind, eventType, byteCount }
}

function checkOptions({ incarnation, segmentSizeBytes, segmentCountMax }: RecorderOptions): void {
  const check = (isRight: boolean, what: string) => {
    if (!isRight) throw new RangeError(`black box: ${what}`)
  }
  check(Number.isSafeInteger(incarnation) && incarnation >= 0, `incarnation ${incarnation} is not a whole number`)
  const isSize = Number.isSafeInteger(segmentSizeBytes) && segmentSizeBytes >= segmentSizeBytesMin
  check(isSize, `segmentSizeBytes ${segmentSizeBytes} is below ${segmentSizeBytesMin}`)
  check(Number.isSafeInteger(segmentCountMax) && segmentCountMax >= 2, `segmentCountMax ${segmentCountMax} is below 2`)
}
