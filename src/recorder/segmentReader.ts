/**
 * Reads one segment, whatever has become of it: every frame that is whole, and for every damage what kind it is and
 * where. A frame has two checksums, one of its payload and one of its head (length and payload checksum); which of
 * them fail tells the kinds apart:
 *
 *     payload   the head is right, the payload does not match it          the frame is lost, its neighbours are not
 *     crc       one of the two checksums is wrong, the other proves the   nothing is lost
 *               payload; or both are wrong where the next frame begins
 *               just where the length says                                the frame is lost
 *     length    both checksums prove another length, up to where the      nothing is lost
 *               next frame begins; or it leads nowhere                    lost up to the next whole frame
 *     header    the segment's own header                                  nothing is lost: the file's name says the same
 *     tail      after the last whole frame: what a kill cut off, stray
 *               bytes, or the file's end come too early                   what was being written
 */
import { readFileSync } from 'node:fs'
import { decodeRecord, type StoredRecord } from './codec.ts'
import {
  aligned,
  alignmentBytes,
  decodeHeader,
  type FrameHead,
  frameBytes,
  frameHeadBytes,
  headChecksumOf,
  readFrameHead,
  type SegmentHeader,
  viewOf,
} from './format.ts'

export type DamageKind = 'header' | 'length' | 'crc' | 'payload' | 'tail'

export interface Damage {
  readonly kind: DamageKind
  readonly file: string
  /** Where in the file the damaged thing (header, frame) begins. */
  readonly offset: number
  /** Bytes of frames that cannot be used; 0 when nothing was lost. */
  readonly lostByteCount: number
  /** For people. */
  readonly detail: string
  /** A tail as `kill -9` leaves it at the end of a life: expected, not a fault. */
  readonly isTornTail: boolean
}

export interface StoredFrame {
  readonly file: string
  readonly offset: number
  readonly record: StoredRecord
}

export interface SegmentContent {
  readonly file: string
  /** null: damaged. */
  readonly header: SegmentHeader | null
  readonly frames: readonly StoredFrame[]
  /** In the order of the file. */
  readonly damages: readonly Damage[]
}

/** Reads a segment. Throws only when the file cannot be read at all. */
export function readSegment(file: string): SegmentContent {
  const bytes = readFileSync(file)
  try {
    return readSegmentBytes(file, bytes)
  } finally {
    release(bytes)
  }
}

/**
 * Gives back the memory of a whole file at once. A process that hardly allocates anything more would otherwise keep it for hours: its
 * garbage is not collected until there is more. What was decoded from it is copied, so nothing looks at it any more.
 */
export function release({ buffer, byteLength }: Uint8Array<ArrayBufferLike>): void {
  // A small file's bytes may lie in a buffer that others share.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

export function readSegmentBytes(file: string, bytes: Uint8Array): SegmentContent {
  return new SegmentScan(file, bytes).run()
}

class SegmentScan {
  readonly #file: string
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #frames: StoredFrame[] = []
  readonly #damages: Damage[] = []
  #used: number | null = null

  constructor(file: string, bytes: Uint8Array) {
    this.#file = file
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }

  run(): SegmentContent {
    const reading = decodeHeader(this.#bytes)
    if (reading.ok) {
      this.#from(reading.headerBytes)
      this.#checkSize(reading.header.sizeBytes)
    } else {
      const first = reading.isForeign ? null : this.#nextWholeFrame(0)
      this.#damage('header', 0, reading.isForeign ? this.#usedBytes() : 0, reading.detail)
      if (first !== null) this.#from(first)
    }
    const header = reading.ok ? reading.header : null
    return { file: this.#file, header, frames: this.#frames, damages: this.#damages }
  }

  #from(firstOffset: number): void {
    for (let offset: number | null = firstOffset; offset !== null; ) offset = this.#frameAt(offset)
  }

  /** Takes one frame, or one damage; returns where to go on, null at the end. */
  #frameAt(offset: number): number | null {
    if (offset + frameHeadBytes > this.#bytes.length) return this.#endAt(offset)
    const head = readFrameHead(this.#view, offset)
    if (head.headChecksum !== headChecksumOf(head.length, head.payloadChecksum)) return this.#brokenHeadAt(offset, head)
    if (!this.#fits(offset, head)) {
      const lost = this.#bytes.length - offset
      this.#damage('tail', offset, lost, `the file ends within a frame of ${head.length} bytes`)
      return null
    }
    const next = offset + frameBytes(head.length)
    if (this.#payloadChecksum(offset, head) === head.payloadChecksum) this.#keep(offset, head)
    else this.#damage('payload', offset, next - offset, 'the payload does not match its checksum')
    return next
  }

  #brokenHeadAt(offset: number, head: FrameHead): number | null {
    if (this.#fits(offset, head)) {
      const computed = this.#payloadChecksum(offset, head)
      const isHeadChecksumWrong = computed === head.payloadChecksum
      if (isHeadChecksumWrong || head.headChecksum === headChecksumOf(head.length, computed)) {
        const which = isHeadChecksumWrong ? "head's" : "payload's"
        this.#damage('crc', offset, 0, `the ${which} checksum is wrong, the other one proves the payload`)
        this.#keep(offset, head)
        return offset + frameBytes(head.length)
      }
    }
    const next = this.#nextWholeFrame(offset + alignmentBytes)
    const end = next ?? aligned(this.#usedBytes())
    const isUnwritten = head.length === 0 || (head.payloadChecksum === 0 && head.headChecksum === 0)
    const proven = this.#headEndingAt(offset, end, head)
    if (proven && next === null && isUnwritten) {
      this.#damage('tail', offset, 0, 'a frame whose length was not stored; its checksums prove it', true)
      this.#keep(offset, proven)
    } else if (proven) {
      this.#damage('length', offset, 0, `the length, ${head.length}, is wrong; the checksums prove ${proven.length}`)
      this.#keep(offset, proven)
    } else if (next === null && isUnwritten) return this.#endAt(offset)
    else if (next !== null && head.length > 0 && offset + frameBytes(head.length) === next) {
      this.#damage('crc', offset, end - offset, 'both checksums are wrong')
    } else this.#damage('length', offset, end - offset, `the length, ${head.length}, does not match its checksum`)
    return next
  }

  /** The head with the length that a frame would have that ends here, if both checksums agree to it. */
  #headEndingAt(offset: number, end: number, head: FrameHead): FrameHead | null {
    const longest = end - offset - frameHeadBytes
    for (let length = longest; length > 0 && length > longest - alignmentBytes; length -= 1) {
      if (headChecksumOf(length, head.payloadChecksum) !== head.headChecksum) continue
      const candidate = { ...head, length }
      if (this.#fits(offset, candidate) && this.#payloadChecksum(offset, candidate) === head.payloadChecksum) {
        return candidate
      }
    }
    return null
  }

  /** No frame begins here: all that follows should be zeros. */
  #endAt(offset: number): null {
    const used = this.#usedBytes()
    if (used > offset) this.#damage('tail', offset, used - offset, 'a frame that was not finished', true)
    return null
  }

  #keep(offset: number, head: FrameHead): void {
    const end = offset + frameHeadBytes + head.length
    try {
      const record = decodeRecord(this.#bytes.subarray(offset + frameHeadBytes, end))
      this.#frames.push({ file: this.#file, offset, record })
    } catch (error) {
      const detail = `the payload is intact but is no record: ${error instanceof Error ? error.message : error}`
      this.#damage('payload', offset, frameBytes(head.length), detail)
      return
    }
    if (this.#bytes.subarray(end, aligned(end)).some((byte) => byte !== 0)) {
      this.#damage('payload', offset, 0, 'the padding after the payload is not zero')
    }
  }

  #checkSize(sizeBytes: number): void {
    const actual = this.#bytes.length
    if (actual === sizeBytes) return
    const isTold = this.#damages.some(({ kind }) => kind === 'tail')
    if (!isTold)
      this.#damage('tail', Math.min(actual, sizeBytes), 0, `the file has ${actual} bytes instead of ${sizeBytes}`)
  }

  /** Looks for a frame whose head and payload are both right: chance makes one up once in 2^64 places. */
  #nextWholeFrame(from: number): number | null {
    const last = Math.min(this.#usedBytes(), this.#bytes.length - frameHeadBytes)
    for (let offset = from; offset <= last; offset += alignmentBytes) {
      if (this.#view.getUint32(offset, true) === 0) continue
      const head = readFrameHead(this.#view, offset)
      if (!this.#fits(offset, head)) continue
      if (head.headChecksum !== headChecksumOf(head.length, head.payloadChecksum)) continue
      if (this.#payloadChecksum(offset, head) === head.payloadChecksum) return offset
    }
    return null
  }

  #fits(offset: number, head: FrameHead): boolean {
    return head.length > 0 && offset + frameHeadBytes + head.length <= this.#bytes.length
  }

  #payloadChecksum(offset: number, head: FrameHead): number {
    const start = offset + frameHeadBytes
    return Bun.hash.crc32(this.#bytes.subarray(start, start + head.length))
  }

  /** Up to and including the last byte that is not zero. */
  #usedBytes(): number {
    this.#used ??= usedBytesOf(this.#bytes)
    return this.#used
  }

  #damage(kind: DamageKind, offset: number, lostByteCount: number, detail: string, isTornTail = false): void {
    this.#damages.push({ kind, file: this.#file, offset, lostByteCount, detail, isTornTail })
  }
}

/** What a segment takes without the zeros after its last frame. Throws what the file system throws. */
export function usedBytesIn(file: string): number {
  const bytes = readFileSync(file)
  const count = usedBytesOf(bytes)
  release(bytes)
  return count
}

const zeros = new Uint8Array(65_536)

/** Most of a segment was never written: whole blocks of zeros are passed over at once. */
export function usedBytesOf(bytes: Uint8Array): number {
  for (let end = bytes.length; end > 0; ) {
    const start = Math.max(0, end - zeros.length)
    const block = bytes.subarray(start, end)
    if (Buffer.compare(block, zeros.subarray(0, block.length)) !== 0)
      return start + block.findLastIndex((byte) => byte !== 0) + 1
    end = start
  }
  return 0
}
