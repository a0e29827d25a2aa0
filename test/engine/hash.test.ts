import { describe, expect, test } from 'bun:test'
import { array, assert, boolean, dictionary, integer, oneof, property, record, string } from 'fast-check'
import { hashOfState } from '../../src/engine/hash.ts'

const leaf = oneof(
  integer(),
  boolean(),
  string({ maxLength: 4 }),
  record({ role: string({ maxLength: 3 }), index: integer() }),
)
const field = oneof(leaf, array(leaf, { maxLength: 20 }), dictionary(string({ maxLength: 4 }), leaf, { maxKeys: 20 }))
const context = dictionary(string({ maxLength: 4 }), field, { maxKeys: 6 })

const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`n${index}`, { role: 'spare', index }]))
const hashWith = (statuses: unknown) => hashOfState('ready', { statuses })

describe('the hash of a state', () => {
  test('follows from the content: the same of a copy, of one written out and read again, and of one looked up', () => {
    assert(
      property(context, (of) => {
        const hash = hashOfState('ready', of)
        expect(hashOfState('ready', of)).toBe(hash)
        expect(hashOfState('ready', structuredClone(of))).toBe(hash)
        expect(hashOfState('ready', JSON.parse(JSON.stringify(of)))).toBe(hash)
        expect(hash >>> 0).toBe(hash)
      }),
    )
  })
  test('two that are written alike, and they alone, have the same', () => {
    const seen = new Map<number, string>()
    assert(
      property(context, (of) => {
        const text = JSON.stringify(of)
        const hash = hashOfState('ready', of)
        expect(seen.get(hash) ?? text).toBe(text)
        seen.set(hash, text)
      }),
      { numRuns: 1000 },
    )
  })
  test('of many entries each counts, with its name and its place', () => {
    const hash = hashWith(many)
    expect(hashWith({ ...many })).toBe(hash)
    expect(hashWith({ ...many, n7: { ...many.n7, index: 8 } })).not.toBe(hash)
    const { n7, ...others } = many
    expect(hashWith(others)).not.toBe(hash)
    expect(hashWith({ ...others, n7 })).not.toBe(hash)
    const renamed = Object.entries(many).map(([key, value]) => [key === 'n7' ? 'n77' : key, value])
    expect(hashWith(Object.fromEntries(renamed))).not.toBe(hash)
  })
  test('one object under two names is two entries', () => {
    const one = { role: 'primary' }
    const under = (...names: string[]) => hashWith({ ...many, ...Object.fromEntries(names.map((name) => [name, one])) })
    expect(under('a')).not.toBe(under('b'))
    expect(under('a', 'b')).toBe(hashWith({ ...many, a: { ...one }, b: { ...one } }))
  })
  test('what is undefined is not there, and the state counts as well', () => {
    expect(hashWith({ ...many, a: undefined })).toBe(hashWith(many))
    expect(hashWith({ a: undefined, ...many })).toBe(hashWith(many))
    const eight = Object.fromEntries(Object.entries(many).slice(0, 8))
    expect(hashWith({ ...eight, a: undefined })).toBe(hashWith(eight))
    expect(hashOfState('ready', { a: 1, b: undefined })).toBe(hashOfState('ready', { a: 1 }))
    expect(hashOfState('ready', {})).not.toBe(hashOfState({ ready: 'new' }, {}))
    expect(hashWith(Object.values(many))).not.toBe(hashWith({ ...Object.values(many) }))
  })
})
