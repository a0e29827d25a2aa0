import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { retryDelayMs, retryMsMax, retryMsMin } from '../../../../src/manage/console/net/backoff.ts'
import { eventReader, type ServerEvent } from '../../../../src/manage/console/net/events.ts'

const text =
  'event: hello\nid: 1@x\ndata: {"a":1}\n\n: alive\n\nevent: records\r\nid: 2@x\r\ndata: [1,\r\ndata: 2]\r\n\r\n'

test('events are the same wherever the stream was cut', () => {
  const expected: ServerEvent[] = [
    { event: 'hello', id: '1@x', data: '{"a":1}' },
    { event: 'records', id: '2@x', data: '[1,\n2]' },
  ]
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const seen: ServerEvent[] = []
      const feed = eventReader((event) => seen.push(event))
      const ends = [0, ...cuts, text.length].sort((a, b) => a - b)
      for (const [index, from] of ends.entries()) feed(text.slice(from, ends[index + 1]))
      expect(seen).toEqual(expected)
    }),
  )
})

test('each wait is longer than the one before, up to a bound, and none is for nothing', () => {
  const waits = [0, 1, 2, 3, 20, 1000].map((attempt) => retryDelayMs(attempt, 0))
  expect(waits).toEqual([500, 1000, 2000, 4000, retryMsMax, retryMsMax])
  expect(retryDelayMs(0, 1)).toBe(retryMsMin / 2)
})
