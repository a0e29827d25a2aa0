import { expect, test } from 'bun:test'
import { timeOf } from '../../src/recorder/asked.ts'
import type { TimelineEntry } from '../../src/recorder/timeline.ts'

const entries = [{ time: { us: Date.parse('2026-01-31T12:00:00Z') * 1000, count: 0 } }] as TimelineEntry[]
const us = (text: string, more = 0) => Date.parse(text) * 1000 + more

test.each<[string, number | null]>([
  ['2026-01-30T23:59:59Z', us('2026-01-30T23:59:59Z')],
  ['2026-01-30 23:59:59.123456', us('2026-01-30T23:59:59Z', 123_456)],
  ['2026-01-30T23:59:59+02:00', us('2026-01-30T21:59:59Z')],
  ['12:34', us('2026-01-31T12:34:00Z')],
  ['1:02:03.5', us('2026-01-31T01:02:03Z', 500_000)],
  ['25:00:00', null],
  ['2026-02-31T99:00:00Z', null],
  ['ledger', null],
  ['n1:1:12', null],
  ['', null],
])('%s', (word, expected) => {
  expect(timeOf(word, { entries })).toBe(expected)
})
