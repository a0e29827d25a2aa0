import { expect, test } from 'bun:test'
import {
  agoText,
  compareMoments,
  formatMoment,
  lastCount,
  momentOf,
  parseMoment,
  spanText,
} from '../../../../src/manage/console/state/time.ts'

test('a moment in an address comes back as it was, with its count only where it stands between equals', () => {
  expect(formatMoment(momentOf(1795282112903415))).toBe('1795282112903415')
  expect(formatMoment(momentOf(1795282112903415, 3))).toBe('1795282112903415.3')
  expect(parseMoment('1795282112903415.3')).toEqual({ timeUs: 1795282112903415, timeCount: 3 })
  expect(parseMoment('1795282112903415')).toEqual({ timeUs: 1795282112903415, timeCount: lastCount })
})

test.each([null, '', 'yesterday', '-5', '1e9', '12.x', '99999999999999999999'])('%p is no moment', (written) => {
  expect(parseMoment(written)).toBeNull()
})

test('a cursor without a count stands after everything of its microsecond', () => {
  expect(compareMoments(momentOf(5), { timeUs: 5, timeCount: 7 })).toBeGreaterThan(0)
  expect(compareMoments(momentOf(5), { timeUs: 6, timeCount: 0 })).toBeLessThan(0)
})

test('spans have one unit', () => {
  expect([2.51, 31.6, 3400, 61_000, 300_000, 7_300_000, 260_000_000].map(spanText)).toEqual([
    '2.5 ms',
    '32 ms',
    '3.4 s',
    '61 s',
    '5 min',
    '2 h',
    '3 days',
  ])
  expect(agoText(400)).toBe('just now')
  expect(agoText(300_000)).toBe('5 min ago')
})
