import { describe, expect, test } from 'bun:test'
import { Decoder, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { isBounded } from '../../src/wire/bounded.ts'

const anyValue = fc.anything({ maxDepth: 4, withDate: true, withTypedArray: true, withNullPrototype: false })

describe('bounded', () => {
  test('is what an encoder makes, and nothing of it with a byte less or more', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value)
        expect(isBounded(bytes)).toBe(true)
        expect(isBounded(bytes.subarray(0, -1))).toBe(false)
        expect(isBounded(Uint8Array.of(...bytes, 0))).toBe(false)
      }),
    )
  })

  test('agrees with the decoder on every first byte, with what it needs after it and without', () => {
    const decoder = new Decoder()
    for (let byte = 0; byte < 256; byte++) {
      for (let length = 0; length < 40; length++) {
        const bytes = Uint8Array.of(byte, ...new Uint8Array(length))
        expect({ byte, length, isBounded: isBounded(bytes) }).toEqual({
          byte,
          length,
          isBounded: decodes(decoder, bytes),
        })
      }
    }
  })

  test('arrays that claim more than there is are refused, however they are nested', () => {
    const claim = [0xdd, 0, 15, 255, 255]
    expect(isBounded(Uint8Array.from(claim))).toBe(false)
    expect(isBounded(Uint8Array.from(Array.from({ length: 280 }, () => claim).flat()))).toBe(false)
  })

  test('nesting ends at 64', () => {
    const nested = (depth: number) => Uint8Array.of(...new Uint8Array(depth).fill(0x91), 0xc0)
    expect(isBounded(nested(63))).toBe(true)
    expect(isBounded(nested(64))).toBe(false)
    expect(isBounded(nested(60_000))).toBe(false)
  })

  test('no bytes make it throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => typeof isBounded(bytes) === 'boolean'))
  })
})

/** A map of numbers is a map all the same: keys are the decoder's concern. */
function decodes(decoder: Decoder, bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch (error) {
    return /key|timestamp/i.test(String(error))
  }
}
