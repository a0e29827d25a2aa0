/** What the packer writes is msgpack, and all that was given. */
import { describe, expect, test } from 'bun:test'
import { decode, Encoder } from '@msgpack/msgpack'
import fc from 'fast-check'
import { Packer } from '../../src/recorder/packer.ts'

const encoder = new Encoder({ ignoreUndefined: true })
const packer = new Packer()

function packed(value: unknown): Uint8Array {
  packer.begin()
  packer.value(value)
  return packer.end().slice()
}

describe('packer', () => {
  test('any JSON comes back as it was, but for a key that its readers refuse', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'))
        expect(decode(packed(value))).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  test('numbers at the edges of their forms', () => {
    const edges = [0, 31, 32, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]
    for (const edge of [...edges, ...edges.map((one) => -one), -33, 0.5, -1e300, 2 ** 60, Number.NaN, -0]) {
      expect(decode(packed(edge))).toBe(edge)
    }
  })

  test('texts, lists and maps of every length of head, and the same text again', () => {
    for (const length of [0, 1, 23, 25, 31, 32, 64, 65, 255, 256, 65_535, 65_536]) {
      for (const text of ['x'.repeat(length), 'ä灯'.repeat(length / 2)]) {
        expect(decode(packed([text, text]))).toEqual([text, text])
      }
    }
    for (const length of [0, 15, 16, 65_536]) {
      const list = Array.from({ length }, (_, index) => index)
      const map = Object.fromEntries(list.map((index) => [`k${index}`, index]))
      expect(packed(list)).toEqual(encoder.encode(list))
      expect(decode(packed(map))).toEqual(map)
    }
  })

  test('properties that are undefined are left out, as JSON does it; keys keep their order', () => {
    expect(JSON.stringify(decode(packed({ z: 1, gone: undefined, a: [undefined] })))).toBe('{"z":1,"a":[null]}')
  })

  test('more different texts than it remembers', () => {
    for (let index = 0; index < 10_000; index += 1) expect(decode(packed(`text ${index}`))).toBe(`text ${index}`)
  })

  test('what is no plain data is refused, and what is nested too deeply', () => {
    for (const value of [() => 1, Symbol('s'), 1n]) expect(() => packed({ value })).toThrow('cannot be recorded')
    let deep: unknown = null
    for (let depth = 0; depth < 101; depth += 1) deep = [deep]
    expect(() => packed(deep)).toThrow('nested')
  })
})
