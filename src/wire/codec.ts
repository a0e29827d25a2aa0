/** Bodies of messages as msgpack. Its encoder and decoder are kept: making new ones costs more than the work itself. */
import { Decoder, Encoder } from '@msgpack/msgpack'
import type { NodeName } from '../../machines/model/ids.ts'
import { depthMax, isBounded } from './bounded.ts'

/** The longest message there is, reliable or not: 1 MiB. */
export const messageBytesMax = 1 << 20

const encoder = new Encoder({ ignoreUndefined: true, maxDepth: depthMax })
const decoder = new Decoder()

/** How messages of one network become bytes and are taken back. */
export interface Codec<Message> {
  /** The bytes are only lent: the next call may overwrite them. Throws for what cannot be carried: a programming error. */
  encode(message: Message, to: NodeName): Uint8Array
  /** The message, or null when the bytes are none. Never throws. */
  decode(bytes: Uint8Array, from: NodeName): Message | null
}

/** Messages as msgpack; `parse` says which values are messages. */
export function msgpackCodec<Message>(parse: (value: unknown) => Message | null): Codec<Message> {
  return {
    encode: encodeBody,
    decode(bytes) {
      const value = decodeBody(bytes)
      return value === undefined ? null : parse(value)
    },
  }
}

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
