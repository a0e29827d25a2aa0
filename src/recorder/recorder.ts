/**
 * The black box of one node (SPEC P7, DESIGN §7): a ring of segments that holds every step of every machine, whatever
 * becomes of the process. Each segment begins with a snapshot of every actor, so that the ring can be replayed from its
 * oldest part.
 *
 * Invariant, on which exact replay rests: **a snapshot includes every record before it in the file and none after it.**
 * The engine appends a step when the actor has already taken it, so snapshots taken within `append` include that step;
 * hence a segment is left *after* a record, as soon as less than a reserve is free. A record that does not fit in what
 * is left (larger than any before it) opens the next segment, and the snapshots follow it.
 */
import { mkdirSync, rmSync } from 'node:fs'
import type { BlackBoxRecord, EndRecord, Recorder, SnapshotRecord, StartRecord, StepRecord } from '../engine/record.ts'
import { encodeRecord, type OmittedRecord } from './codec.ts'
import { frameBytes, segmentSizeBytesMin } from './format.ts'
import { listSegments, removeUnfinished } from './names.ts'
import { SegmentWriter } from './segmentWriter.ts'
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
}

export interface RecorderProblem {
  /**
   * `segment.failed`: no segment could be made (disk full, …), so records are lost until one can;
   * `record.tooLarge`, `snapshot.tooLarge`: a marker was written instead.
   */
  readonly code: 'segment.failed' | 'record.tooLarge' | 'snapshot.tooLarge'
  readonly detail: string
}

export interface RecorderStats {
  /** Starts and steps recorded, markers in their place included. */
  readonly recordCount: number
  readonly snapshotCount: number
  /** Records and snapshots too large to keep, replaced by a marker. */
  readonly omittedCount: number
  /** Records that no segment could take. */
  readonly lostCount: number
  /** Written by this recorder, heads and padding included. */
  readonly byteCount: number
  /** The node's segments on disk now. */
  readonly segmentCount: number
}

export interface BlackBox extends Recorder {
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
  readonly #options: RecorderOptions
  /** A larger payload is replaced by a marker: four of them, or the snapshots and two, fit in a segment. */
  readonly #payloadBytesMax: number
  /** The largest frame so far, within bounds: what must be free for a segment to go on. */
  #reserveBytes: number
  /** null: the next segment could not be made. */
  #writer: SegmentWriter | null
  #segment = 0
  #retryAtCount = 0
  #isHeadWritten = false
  #isClosed = false
  #counts = { recordCount: 0, snapshotCount: 0, omittedCount: 0, lostCount: 0, byteCount: 0 }

  constructor(options: RecorderOptions) {
    checkOptions(options)
    this.#options = options
    this.#payloadBytesMax = Math.floor(options.segmentSizeBytes / 4)
    this.#reserveBytes = Math.floor(options.segmentSizeBytes / 64)
    mkdirSync(options.directory, { recursive: true, mode: 0o750 })
    removeUnfinished(options.directory, options.node)
    const newest = listSegments(options.directory, options.node).at(-1)
    if (newest && newest.incarnation >= options.incarnation) {
      throw new Error(
        `the black box of '${options.node}' already holds incarnation ${newest.incarnation}: ${newest.path}`,
      )
    }
    this.#writer = this.#makeSegment()
  }

  append(record: StartRecord | StepRecord | EndRecord): void {
    if (this.#isClosed) throw new Error('the black box is closed')
    const payload = encodeRecord(record)
    if (payload.length > this.#payloadBytesMax) this.#appendMarker(record, payload.length)
    else this.#appendPayload(record, payload)
  }

  #appendPayload(record: StartRecord | StepRecord | EndRecord, payload: Uint8Array): void {
    const frame = frameBytes(payload.length)
    const isWritten = this.#write(payload) || (this.#nextSegment() && this.#write(payload))
    if (!isWritten) {
      this.#counts.lostCount += 1
      return
    }
    this.#counts.recordCount += 1
    this.#reserveBytes = Math.max(this.#reserveBytes, Math.min(frame, this.#options.segmentSizeBytes / 8))
    if (!this.#isHeadWritten) this.#writeHead(record)
    if (this.#writer!.freeBytes < this.#reserveBytes && this.#nextSegment()) this.#writeHead(record)
  }

  /** Keeps what is known of a record that is too large, then the actor's snapshot: replay goes on from there. */
  #appendMarker(record: StartRecord | StepRecord | EndRecord, byteCount: number): void {
    const eventType = record.kind === 'step' ? record.event.type : ''
    this.#problem('record.tooLarge', `${record.kind} '${eventType}' of '${record.actor}' takes ${byteCount} bytes`)
    this.#counts.omittedCount += 1
    const isHeadDue = !this.#isHeadWritten
    this.#appendPayload(record, encodeRecord(markerFor(record, byteCount, eventType)))
    const snapshot = this.#snapshotsAfter(record).find((one) => one.actor === record.actor)
    if (snapshot && !isHeadDue) this.#writeSnapshot(snapshot)
  }

  /** The snapshots of a segment's head: those that fit in half of it, so that records always find room. */
  #writeHead(record: StartRecord | StepRecord | EndRecord): void {
    this.#isHeadWritten = true
    const keptBytes = this.#options.segmentSizeBytes / 2
    for (const snapshot of this.#snapshotsAfter(record)) {
      if (this.#writer!.freeBytes > keptBytes) this.#writeSnapshot(snapshot)
      else {
        this.#counts.omittedCount += 1
        this.#problem('snapshot.tooLarge', `no room for '${snapshot.actor}': the snapshots take half of the segment`)
      }
    }
  }

  #writeSnapshot(snapshot: SnapshotRecord): void {
    const payload = encodeRecord(snapshot)
    if (payload.length <= this.#payloadBytesMax && this.#write(payload)) {
      this.#counts.snapshotCount += 1
      return
    }
    this.#counts.omittedCount += 1
    this.#problem('snapshot.tooLarge', `snapshot of '${snapshot.actor}' takes ${payload.length} bytes`)
    this.#write(encodeRecord(markerFor(snapshot, payload.length, '')))
  }

  /** The engine arms a step's timers after it has recorded the step: here they are already counted in. */
  #snapshotsAfter(record: StartRecord | StepRecord | EndRecord): SnapshotRecord[] {
    return this.#options
      .snapshots()
      .map((snapshot) =>
        'timers' in record && snapshot.actor === record.actor ? withTimers(snapshot, record.timers) : snapshot,
      )
  }

  #write(payload: Uint8Array): boolean {
    if (!this.#writer?.append(payload)) return false
    this.#counts.byteCount += frameBytes(payload.length)
    return true
  }

  /** Goes over to a new segment. When there can be none, what the present one still has room for goes there. */
  #nextSegment(): boolean {
    const seenCount = this.#counts.recordCount + this.#counts.lostCount
    if (seenCount < this.#retryAtCount) return false
    try {
      this.#writer = this.#makeSegment()
      this.#isHeadWritten = false
      return true
    } catch (error) {
      this.#retryAtCount = seenCount + retryRecordCount
      this.#problem('segment.failed', error instanceof Error ? error.message : String(error))
      return false
    }
  }

  /** Makes room in the ring, and on a full disk more of it, down to the segment being written. */
  #makeSegment(): SegmentWriter {
    const { directory, cluster, node, incarnation, segmentSizeBytes: sizeBytes, segmentCountMax } = this.#options
    const createdUs = this.#options.wallUs?.() ?? Math.round((performance.timeOrigin + performance.now()) * 1000)
    const older = listSegments(directory, node)
    while (older.length >= segmentCountMax) rmSync(older.shift()!.path, { force: true })
    for (;;) {
      try {
        const header = { cluster, node, incarnation, segment: this.#segment + 1, createdUs, sizeBytes }
        const writer = new SegmentWriter(directory, header)
        this.#segment += 1
        return writer
      } catch (error) {
        const oldest = older.shift()
        const isSpare = oldest && oldest.path !== this.#writer?.path
        if ((error as { code?: string }).code !== 'ENOSPC' || !isSpare) throw error
        rmSync(oldest.path, { force: true })
      }
    }
  }

  #problem(code: RecorderProblem['code'], detail: string): void {
    this.#options.onProblem?.({ code, detail })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#writer?.sync()
    this.#writer = null
  }

  stats(): RecorderStats {
    return { ...this.#counts, segmentCount: listSegments(this.#options.directory, this.#options.node).length }
  }
}

function markerFor(record: BlackBoxRecord, byteCount: number, eventType: string): OmittedRecord {
  const { sequence, time, actor, state, hash, kind } = record
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
