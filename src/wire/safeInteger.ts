/** Whole numbers from 0 to 2^53 − 1 in eight bytes, big-endian: what JavaScript counts exactly. */
const wordSize = 0x1_0000_0000

export function writeSafeInteger(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(value / wordSize), offset)
  bytes.writeUInt32BE(value % wordSize, offset + 4)
}

/** Null when the number is beyond 2^53 − 1. The caller has checked that eight bytes are there. */
export function readSafeInteger(bytes: Buffer, offset: number): number | null {
  const value = bytes.readUInt32BE(offset) * wordSize + bytes.readUInt32BE(offset + 4)
  return Number.isSafeInteger(value) ? value : null
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
