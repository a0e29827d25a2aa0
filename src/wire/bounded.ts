/**
 * Whether bytes are one msgpack value that claims no more than it holds. A decoder makes room for the elements an array
 * claims to have before it has seen them, so arrays within arrays of a short datagram could ask for gigabytes.
 */

/** Deeper than any message is, and shallow enough for what walks through values by recursion. */
export const depthMax = 64

/** What follows the first byte: a length in so many bytes, then that many bytes (and `extra`), or that many elements. */
interface Head {
  readonly lengthBytes: 0 | 1 | 2 | 4
  /** Bytes besides those the length counts. */
  readonly extra: number
  /** Elements per unit of the length: 1 for an array, 2 for a map, 0 when the length counts bytes. */
  readonly elements: 0 | 1 | 2
}

const heads = new Map<number, Head>([
  ...[0xc4, 0xc5, 0xc6].map((byte, index) => head(byte, lengthOf(index), 0, 0)),
  ...[0xc7, 0xc8, 0xc9].map((byte, index) => head(byte, lengthOf(index), 1, 0)),
  ...[0xd9, 0xda, 0xdb].map((byte, index) => head(byte, lengthOf(index), 0, 0)),
  ...[0xdc, 0xdd].map((byte, index) => head(byte, lengthOf(index + 1), 0, 1)),
  ...[0xde, 0xdf].map((byte, index) => head(byte, lengthOf(index + 1), 0, 2)),
  ...[0, 2, 3].map((offset) => head(0xc0 + offset, 0, 0, 0)),
  // From 0xca: float 32 and 64, uint 8 to 64, int 8 to 64, fixext 1 to 16 with their type.
  ...[4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17].map((extra, index) => head(0xca + index, 0, extra, 0)),
])

function head(byte: number, lengthBytes: 0 | 1 | 2 | 4, extra: number, elements: 0 | 1 | 2): [number, Head] {
  return [byte, { lengthBytes, extra, elements }]
}

function lengthOf(index: number): 1 | 2 | 4 {
  return index === 0 ? 1 : index === 1 ? 2 : 4
}

/** Never throws. */
export function isBounded(bytes: Uint8Array): boolean {
  /** How many elements are still to come, of the value itself and of each array and map that is open. */
  const toCome = [1]
  let offset = 0
  while (toCome.length > 0) {
    const last = toCome.length - 1
    if (toCome[last] === 0) {
      toCome.pop()
      continue
    }
    toCome[last]! -= 1
    const item = readItem(bytes, offset)
    if (item === null) return false
    offset = item.end
    if (item.elementCount > bytes.length - offset) return false
    if (item.elementCount > 0 && toCome.push(item.elementCount) > depthMax) return false
  }
  return offset === bytes.length
}

interface Item {
  readonly end: number
  readonly elementCount: number
}

function readItem(bytes: Uint8Array, offset: number): Item | null {
  const byte = bytes[offset]
  if (byte === undefined) return null
  const start = offset + 1
  if (byte < 0x80 || byte >= 0xe0) return { end: start, elementCount: 0 }
  if (byte < 0x90) return { end: start, elementCount: 2 * (byte & 0x0f) }
  if (byte < 0xa0) return { end: start, elementCount: byte & 0x0f }
  if (byte < 0xc0) return within(bytes, start + (byte & 0x1f))
  const known = heads.get(byte)
  if (known === undefined || start + known.lengthBytes > bytes.length) return null
  const length = readLength(bytes, start, known.lengthBytes)
  const end = start + known.lengthBytes + known.extra
  return known.elements === 0 ? within(bytes, end + length) : { end, elementCount: known.elements * length }
}

function within(bytes: Uint8Array, end: number): Item | null {
  return end <= bytes.length ? { end, elementCount: 0 } : null
}

function readLength(bytes: Uint8Array, offset: number, lengthBytes: number): number {
  let length = 0
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + bytes[offset + index]!
  return length
}
