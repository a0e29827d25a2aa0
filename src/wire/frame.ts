/**
 * What the reliable channel puts into an envelope.
 *
 *     data: flags 1 | stream 4 | sequence 8 | acknowledgement, if flagged | payload
 *     ack:  acknowledgement
 *     acknowledgement: stream 4 | next 8 | early 8
 */
import { asBuffer, readSafeInteger, writeSafeInteger } from './safeInteger.ts'

/** So many fragments may be under way: what one selective acknowledgement can name. */
export const windowLength = 64

/** What the receiver of a stream has, exactly. */
export interface Acknowledgement {
  readonly stream: number
  /** The first sequence that is missing. */
  readonly next: number
  /** Bit i: it has sequence `next + 1 + i`. Bits 0 to 31, then 32 to 63. */
  readonly early: readonly [number, number]
}

export interface DataFrame {
  readonly kind: 'data'
  /** From 1; a higher one starts anew at sequence 0, and whatever was of a lower one is void. */
  readonly stream: number
  readonly sequence: number
  /** This fragment ends its message. */
  readonly isLast: boolean
  readonly payload: Uint8Array
  readonly acknowledgement: Acknowledgement | null
}

export interface AckFrame {
  readonly kind: 'ack'
  readonly acknowledgement: Acknowledgement
}

/** Asks for the peer's incarnation; its frame has no body. */
export interface HelloFrame {
  readonly kind: 'hello'
}

export type Frame = DataFrame | AckFrame | HelloFrame

const acknowledgementBytes = 20
const dataHeaderBytes = 13
const flagLast = 1
const flagAcknowledgement = 2

/** Length of a data frame without its payload. */
export const dataOverheadBytes = dataHeaderBytes + acknowledgementBytes

export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'hello':
      return new Uint8Array(0)
    case 'ack':
      return writeAcknowledgement(Buffer.allocUnsafe(acknowledgementBytes), frame.acknowledgement, 0)
    case 'data':
      return encodeData(frame)
  }
}

function encodeData(frame: DataFrame): Uint8Array {
  const { acknowledgement, payload } = frame
  const payloadOffset = dataHeaderBytes + (acknowledgement ? acknowledgementBytes : 0)
  const bytes = Buffer.allocUnsafe(payloadOffset + payload.length)
  bytes[0] = (frame.isLast ? flagLast : 0) | (acknowledgement ? flagAcknowledgement : 0)
  bytes.writeUInt32BE(frame.stream, 1)
  writeSafeInteger(bytes, frame.sequence, 5)
  if (acknowledgement) writeAcknowledgement(bytes, acknowledgement, dataHeaderBytes)
  bytes.set(payload, payloadOffset)
  return bytes
}

/** The frame, its payload a view of `body`; null when anything is off. Never throws. */
export function parseFrame(kind: 'data' | 'ack', body: Uint8Array): DataFrame | AckFrame | null {
  const bytes = asBuffer(body)
  return kind === 'data' ? parseData(bytes) : parseAck(bytes)
}

function parseAck(bytes: Buffer): AckFrame | null {
  const acknowledgement = bytes.length === acknowledgementBytes ? readAcknowledgement(bytes, 0) : null
  return acknowledgement && { kind: 'ack', acknowledgement }
}

function parseData(bytes: Buffer): DataFrame | null {
  if (bytes.length < dataHeaderBytes) return null
  const flags = bytes[0]!
  const stream = bytes.readUInt32BE(1)
  const sequence = readSafeInteger(bytes, 5)
  if (flags > (flagLast | flagAcknowledgement) || stream === 0 || sequence === null) return null
  const isLast = (flags & flagLast) !== 0
  const frame = { kind: 'data', stream, sequence, isLast } as const
  if ((flags & flagAcknowledgement) === 0) {
    return { ...frame, acknowledgement: null, payload: bytes.subarray(dataHeaderBytes) }
  }
  if (bytes.length < dataOverheadBytes) return null
  const acknowledgement = readAcknowledgement(bytes, dataHeaderBytes)
  return acknowledgement && { ...frame, acknowledgement, payload: bytes.subarray(dataOverheadBytes) }
}

function writeAcknowledgement(bytes: Buffer, { stream, next, early }: Acknowledgement, offset: number): Buffer {
  bytes.writeUInt32BE(stream, offset)
  writeSafeInteger(bytes, next, offset + 4)
  bytes.writeUInt32BE(early[0], offset + 12)
  bytes.writeUInt32BE(early[1], offset + 16)
  return bytes
}

function readAcknowledgement(bytes: Buffer, offset: number): Acknowledgement | null {
  const stream = bytes.readUInt32BE(offset)
  const next = readSafeInteger(bytes, offset + 4)
  if (stream === 0 || next === null) return null
  return { stream, next, early: [bytes.readUInt32BE(offset + 12), bytes.readUInt32BE(offset + 16)] }
}

/** Whether the receiver has the sequence. */
export function isAcknowledged({ next, early }: Acknowledgement, sequence: number): boolean {
  if (sequence < next) return true
  const bit = sequence - next - 1
  if (bit < 0 || bit >= windowLength) return false
  return ((early[bit >> 5]! >>> (bit & 31)) & 1) === 1
}
