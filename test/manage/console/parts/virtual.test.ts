import { expect, test } from 'bun:test'
import { rangeOf } from '../../../../src/manage/console/parts/range.ts'

test('only what is seen is drawn, and a little around it', () => {
  expect(rangeOf({ offset: 0, extent: 300, size: 30, count: 1000 })).toEqual({ from: 0, to: 16 })
  expect(rangeOf({ offset: 3000, extent: 300, size: 30, count: 1000 })).toEqual({ from: 94, to: 116 })
  expect(rangeOf({ offset: 29_900, extent: 300, size: 30, count: 1000 })).toEqual({ from: 990, to: 1000 })
})

test('a list that has become shorter than where it was scrolled to draws nothing beyond its end', () => {
  expect(rangeOf({ offset: 3000, extent: 300, size: 30, count: 3 })).toEqual({ from: 3, to: 3 })
})
