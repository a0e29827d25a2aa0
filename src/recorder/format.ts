/**
 * Layout of a black-box segment on disk (docs/black-box.md): a header, then frames, then zeros to the file's end. All
 * numbers are little-endian, all checksums CRC-32. A frame's head carries a checksum of its own, so that a damaged
 * length is told from a damaged payload, and reading finds its way back after either (SPEC P7).
 */
import { decode, encode } from '@msgpack/msgpack'

export interface SegmentHeader {
  readonly cluster: string
  readonly node: string
  readonly incarnation: number
  /** Number of the segment in the node's life, from 1. */
  readonly segment: number
  /** Wall time, microseconds since 1970. */
  readonly createdUs: number
  /** The file's whole length: a shorter file was cut off. */
  readonly sizeBytes: number
  /** Of the kernel's run in which it was made: another one later means that the machine was started again. Since version 2. */
  readonly bootId?: string
}

/** A frame's head: payload length, payload checksum, checksum of those two. All zero: no frame was written here. */
export interface FrameHead {
  readonly length: number
  readonly payloadChecksum: number
  readonly headChecksum: number
}

/** Version 2 brings notes, records of applications, quiet steps left out, and `bootId`. */
export const formatVersion = 2
/** All from this one on are read. */
const formatVersionMin = 1
/** Header and frames begin at multiples of this; what is left between is zero. */
export const alignmentBytes = 8
export const frameHeadBytes = 12
export const segmentSizeBytesMin = 4096

/** `RCBB`, read as a little-endian number. */
const magic = 0x42424352
const fixedHeaderBytes = 16

export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignmentBytes) * alignmentBytes
}

/** What a payload takes in the file, with head and padding. */
export function frameBytes(payloadBytes: number): number {
  return aligned(frameHeadBytes + payloadBytes)
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const headScratch = new Uint8Array(8)
const headScratchView = viewOf(headScratch)

/** Checksum of a frame head's first two fields. */
export function headChecksumOf(length: number, payloadChecksum: number): number {
  headScratchView.setUint32(0, length, true)
  headScratchView.setUint32(4, payloadChecksum, true)
  return Bun.hash.crc32(headScratch)
}

export function readFrameHead(view: DataView, offset: number): FrameHead {
  return {
    length: view.getUint32(offset, true),
    payloadChecksum: view.getUint32(offset + 4, true),
    headChecksum: view.getUint32(offset + 8, true),
  }
}

/**
 * The header as bytes: magic u32, version u16, header length u16, checksum u32 (of the header with this field zero),
 * length of the msgpack map u32, the map, zeros up to the alignment.
 */
export function encodeHeader(header: SegmentHeader): Uint8Array {
  const map = encode(header)
  const bytes = new Uint8Array(aligned(fixedHeaderBytes + map.length))
  const view = viewOf(bytes)
  view.setUint32(0, magic, true)
  view.setUint16(4, formatVersion, true)
  view.setUint16(6, bytes.length, true)
  view.setUint32(12, map.length, true)
  bytes.set(map, fixedHeaderBytes)
  view.setUint32(8, Bun.hash.crc32(bytes), true)
  return bytes
}

export type HeaderReading =
  | { readonly ok: true; readonly header: SegmentHeader; readonly headerBytes: number; readonly version: number }
  /** `isForeign`: intact, but of another format or version; nothing after it can be relied on. */
  | { readonly ok: false; readonly detail: string; readonly isForeign: boolean }

/** The format version of a segment that was written by a later release; null: it was not, or its header is damaged. */
export function newerVersionIn(bytes: Uint8Array): number | null {
  if (bytes.length < fixedHeaderBytes) return null
  const view = viewOf(bytes)
  const version = view.getUint16(4, true)
  return view.getUint32(0, true) === magic && version > formatVersion && isIntact(bytes, view) ? version : null
}

/** The checksum's place and extent are the same in every version. */
function isIntact(bytes: Uint8Array, view: DataView): boolean {
  const headerBytes = view.getUint16(6, true)
  if (headerBytes < fixedHeaderBytes || headerBytes > bytes.length) return false
  const copy = new Uint8Array(bytes.subarray(0, headerBytes))
  viewOf(copy).setUint32(8, 0, true)
  return Bun.hash.crc32(copy) === view.getUint32(8, true)
}

/** Reads the header at the front of a segment; damage is an answer, not an exception. */
export function decodeHeader(bytes: Uint8Array): HeaderReading {
  const damaged = (detail: string): HeaderReading => ({ ok: false, detail, isForeign: false })
  if (bytes.length < fixedHeaderBytes) return damaged(`the file ends within the header, after ${bytes.length} bytes`)
  const view = viewOf(bytes)
  const headerBytes = view.getUint16(6, true)
  if (headerBytes < fixedHeaderBytes || headerBytes > bytes.length || headerBytes % alignmentBytes !== 0) {
    return damaged(`the header's length, ${headerBytes}, is impossible`)
  }
  const copy = new Uint8Array(bytes.subarray(0, headerBytes))
  viewOf(copy).setUint32(8, 0, true)
  if (Bun.hash.crc32(copy) !== view.getUint32(8, true)) return damaged('the header does not match its checksum')
  const version = view.getUint16(4, true)
  const isKnown = version >= formatVersionMin && version <= formatVersion
  if (view.getUint32(0, true) !== magic || !isKnown) {
    const known = `${formatVersionMin} to ${formatVersion}`
    return { ok: false, detail: `format version ${version}; this program reads ${known}`, isForeign: true }
  }
  const mapBytes = view.getUint32(12, true)
  return {
    ok: true,
    header: decode(copy.subarray(fixedHeaderBytes, fixedHeaderBytes + mapBytes)) as SegmentHeader,
    headerBytes,
    version,
  }
}
