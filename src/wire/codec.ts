/** Bodies of messages as msgpack. Its encoder and decoder are kept: making new ones costs more than the work itself. */
import { Decoder, Encoder } from '@msgpack/msgpack'
import { depthMax, isBounded } from './bounded.ts'

/** The longest message there is, reliable or not: 1 MiB. */
export const messageBytesMax = 1 << 20

const encoder = new Encoder({ ignoreUndefined: true, maxDepth: depthMax })
const decoder = new Decoder()

/** Throws for what msgpack cannot carry, or is nested too deep to be read again: a programming error. */
export function encodeBody(value: unknown): Uint8Array {
  return encoder.encode(value)
}

/**
 * The value, or undefined (which msgpack cannot carry) when the bytes are not exactly one msgpack value, or one that is
 * nested more than 64 deep. Never throws.
 */
export function decodeBody(bytes: Uint8Array): unknown {
  if (!isBounded(bytes)) return undefined
  try {
    return decoder.decode(bytes)
  } catch {
    // For instance a key that is no string: the caller counts it as unparsable.
    return undefined
  }
}
