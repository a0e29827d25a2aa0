import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { fromPlain, toPlain } from '../../src/manage/plainJson.ts'

test('bytes, numbers that JSON lacks, and maps that look like them', () => {
  expect(toPlain({ key: new Uint8Array([104, 105]) })).toEqual({ key: { $base64: 'aGk=' } })
  expect(toPlain([Number.NaN, Number.NEGATIVE_INFINITY])).toEqual([{ $number: 'NaN' }, { $number: '-Infinity' }])
  expect(toPlain({ $base64: 'aGk=' })).toEqual({ $map: { $base64: 'aGk=' } })
  for (const wrong of [{ $base64: 1 }, { $base64: '*' }, { $number: '1' }, { $map: null }])
    expect(() => fromPlain(wrong)).toThrow('does not belong there')
  expect(fromPlain({ $base64: 1, other: 2 })).toEqual({ $base64: 1, other: 2 })
})

test('property: nothing is lost on the way', () => {
  const key = fc.oneof(fc.constantFrom('$base64', '$number', '$map'), fc.string())
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 0, -1.5, Number.NaN, Number.POSITIVE_INFINITY),
      fc.string(),
      fc.uint8Array(),
      fc.array(tie('value')),
      fc.dictionary(key, tie('value')),
    ),
  }))
  fc.assert(
    fc.property(value, (value) => {
      const plain = JSON.parse(JSON.stringify(toPlain(value)))
      expect(fromPlain(plain)).toEqual(structuredClone(value))
    }),
  )
})
