/** A segment without the zeros after its last frame: the same records, in a file that says its own size. For copies, not for the ring. */
import { readFileSync } from 'node:fs'
import { aligned, decodeHeader, encodeHeader } from './format.ts'

/** As it is where the header is damaged: what is left of it is for `readSegment` to judge. */
export function compactSegment(bytes: Uint8Array): Uint8Array {
  const reading = decodeHeader(bytes)
  if (!reading.ok) return bytes
  const used = bytes.subarray(reading.headerBytes, Math.max(reading.headerBytes, aligned(lastUsed(bytes))))
  let head = encodeHeader({ ...reading.header, sizeBytes: reading.headerBytes + used.length })
  // A smaller number may make a shorter header, and that another size.
  head = encodeHeader({ ...reading.header, sizeBytes: head.length + used.length })
  const copy = new Uint8Array(head.length + used.length)
  copy.set(head)
  copy.set(used, head.length)
  return copy
}

export function compactSegmentFile(path: string): Uint8Array {
  return compactSegment(readFileSync(path))
}

function lastUsed(bytes: Uint8Array): number {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  return Math.min(bytes.length, end)
}
