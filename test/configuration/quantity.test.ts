import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/configuration/quantity.ts'

test('durations are milliseconds, or a number and a unit', () => {
  expect(['20ms', '5s', '1m', '2h', '1.5s', '7', 7, 0].map(parseDuration)).toEqual([
    20, 5000, 60_000, 7_200_000, 1500, 7, 7, 0,
  ])
})

test('anything else is none', () => {
  const wrong = [
    '',
    's',
    '-1s',
    '1 d',
    '1e3ms',
    'constructor',
    '5constructor',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    true,
    [],
    {},
  ]
  expect(wrong.map(parseDuration)).toEqual(wrong.map(() => null))
})

test('what is formatted parses to what it was', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      (value) => parseDuration(formatDuration(value)) === value && parseSize(formatSize(value)) === value,
    ),
  )
})
