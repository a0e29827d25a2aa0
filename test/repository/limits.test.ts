import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { problemOfKey, quotaRefusalOf, refusalOf } from '../../src/repository/limits.ts'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'

const set = (key: string, value: unknown) => refusalOf({ conditions: [], changes: [{ key, value }] })

test('keys: names between slashes, 512 bytes at most', () => {
  for (const key of ['a', 'a/b/c', 'größe/日本', 'x'.repeat(512), 'ä'.repeat(256), 'a b', '-', '..'])
    expect([key, problemOfKey(key)]).toEqual([key, null])
  const wrong = ['', '/', '/a', 'a/', 'a//b', 'x'.repeat(513), 'ä'.repeat(257), 'a\nb', '\u0000', '\ud800']
  for (const key of wrong) expect([key, problemOfKey(key)]).toEqual([key, expect.any(String)])
  expect(problemOfKey('a//b')).toBe('key "a//b" has an empty name between, before or after its slashes')
})

test('values: what every language reads back as it was written', () => {
  for (const value of [0, -1.5, 1e300, '', 'ä', true, false, [], {}, [1, [null]], { a: { b: [new Uint8Array([1])] } }])
    expect([value, set('k', value)]).toEqual([value, null])
  for (const value of [
    new Date(),
    new Map(),
    () => 1,
    10n,
    Symbol('a'),
    '\ud800',
    [{ a: new Set() }],
    JSON.parse('{"__proto__": 1}'),
  ])
    expect(set('k', value)?.code).toBe('invalid')
  let deep: unknown = 1
  for (let depth = 0; depth < 70; depth += 1) deep = [deep]
  expect(set('k', deep)?.code).toBe('invalid')
})

test('property: a value that is taken comes back', () => {
  const value = fc.anything({ withDate: true, withMap: true, withBigInt: true, withTypedArray: false })
  fc.assert(
    fc.property(value, (value) => {
      const refusal = set('k', value)
      if (refusal === null) expect(encodeBody(decodeBody(encodeBody(value)))).toEqual(encodeBody(value))
      else expect(['invalid', 'too-large']).toContain(refusal.code)
    }),
  )
})

test('sizes: a value, a transaction, its changes and conditions', () => {
  expect(set('k', 'x'.repeat(24 * 1024 - 3))).toBeNull()
  expect(set('k', 'x'.repeat(24 * 1024))).toEqual({
    code: 'too-large',
    text: 'k: the value has 24579 bytes, 24576 is the most',
  })
  const changes = (count: number, value: unknown) =>
    Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value }))
  expect(refusalOf({ conditions: [], changes: changes(1024, 1) })).toBeNull()
  expect(refusalOf({ conditions: [], changes: changes(1025, 1) })?.text).toBe('1025 changes, 1024 is the most')
  expect(refusalOf({ conditions: [], changes: changes(2, 'x'.repeat(20_000)) })?.code).toBe('too-large')
  const conditions = Array.from({ length: 1025 }, () => ({ key: 'k', index: 0 }))
  expect(refusalOf({ conditions, changes: changes(1, 1) })?.code).toBe('too-large')
  expect(refusalOf({ conditions, changes: [] })?.code).toBe('invalid')
})

test("names that are the cluster's own", () => {
  for (const key of ['intent', 'intent/ledger', 'lock/n1/a', 'cluster/x']) expect(set(key, 1)?.code).toBe('reserved')
  for (const key of ['intents/a', 'configuration/nodes/n1', 'locks']) expect(set(key, 1)).toBeNull()
  expect(refusalOf({ conditions: [{ key: 'intent/ledger', index: 3 }], changes: [{ key: 'a', value: 1 }] })).toBeNull()
})

test('the whole: 100 000 keys, 64 MiB', () => {
  expect(quotaRefusalOf({ keyCount: 100_000, sizeBytes: 64 * 1024 * 1024 })).toBeNull()
  expect(quotaRefusalOf({ keyCount: 100_001, sizeBytes: 1 })?.text).toContain('100000 keys')
  expect(quotaRefusalOf({ keyCount: 1, sizeBytes: 64 * 1024 * 1024 + 1 })?.text).toContain('64 MiB')
})
