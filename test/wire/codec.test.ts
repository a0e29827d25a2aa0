import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'

describe('codec', () => {
  test('plain data comes back as it was', () => {
    const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(plain, (value) => {
        expect(JSON.stringify(decodeBody(encodeBody(value)))).toBe(JSON.stringify(value))
      }),
    )
  })

  test('what is undefined is left out', () => {
    expect(decodeBody(encodeBody({ type: 'vote.request', reason: undefined }))).toEqual({ type: 'vote.request' })
  })

  test.each([
    ['nothing', []],
    ['a cut value', [0x93, 1, 2]],
    ['a value and more', [1, 2]],
    ['the byte that means nothing', [0xc1]],
    ['an array that claims four thousand million elements', [0xdd, 255, 255, 255, 255]],
    ['a string that claims as many bytes', [0xdb, 255, 255, 255, 255]],
    ['a map with the key __proto__', [0x81, 0xa9, ...new TextEncoder().encode('__proto__'), 1]],
  ])('%s is undefined', (_, bytes) => {
    expect(decodeBody(Uint8Array.from(bytes))).toBeUndefined()
  })

  test('whatever the bytes, there is no exception, and the decoder is good for the next', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        decodeBody(bytes)
        expect(decodeBody(encodeBody([1, 'two', { three: null }]))).toEqual([1, 'two', { three: null }])
      }),
    )
  })
})
