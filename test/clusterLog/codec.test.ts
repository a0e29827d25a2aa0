import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  decodeLogRecord,
  encodeLogRecord,
  encodeReadable,
  gapRecord,
  recordBytesMax,
} from '../../src/clusterLog/codec.ts'
import type { Message } from '../../src/engine/step.ts'
import { logRecord } from './support.ts'

const message = fc.record({
  type: fc.string(),
  text: fc.string(),
  count: fc.nat(),
  list: fc.array(fc.nat(), { maxLength: 4 }),
})

test('a record comes back as it was', () => {
  fc.assert(
    fc.property(
      message,
      fc.array(message, { maxLength: 3 }),
      fc.option(fc.constant('n2:1:7')),
      (event, effects, cause) => {
        const record = logRecord({ node: 'n1', sequence: 3, event, effects, cause })
        expect(decodeLogRecord(encodeLogRecord(record))).toEqual(record)
      },
    ),
  )
})

test('one that is too large, or nested too deep, keeps what it is of and loses its detail', () => {
  const large = logRecord({ node: 'n1', sequence: 3, event: { type: 'lamp.told', text: 'x'.repeat(recordBytesMax) } })
  let deep: unknown = 1
  for (let depth = 0; depth < 80; depth++) deep = [deep]
  for (const record of [large, logRecord({ node: 'n1', sequence: 3, event: { type: 'lamp.told', deep } })]) {
    const bytes = encodeLogRecord(record)
    expect(bytes.length).toBeLessThan(200)
    expect(decodeLogRecord(bytes)).toEqual({ ...record, kind: 'omitted', event: { type: 'lamp.told' }, effects: [] })
  }
})

test('what is no record is none', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expect(decodeLogRecord(bytes)).toBeNull()))
  const bytes = encodeLogRecord(logRecord({ node: 'n1', sequence: 3 }))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (place, value) => {
      const changed = bytes.slice()
      changed[place] = value
      // It may be another record, but it is never a failure.
      decodeLogRecord(changed)
    }),
  )
})

test('a gap stands at the place of the last that is gone', () => {
  const gap = gapRecord({
    node: 'n1',
    from: { incarnation: 1, sequence: 4 },
    to: { incarnation: 2, sequence: 9 },
    us: 5,
  })
  expect(gap).toMatchObject({ id: 'n1:2:9', actor: 'clusterLog', event: { type: 'log.gap', from: '1:4', to: '2:9' } })
  expect(decodeLogRecord(encodeLogRecord(gap))).toEqual(gap)
})

test('what can be written but not read again is kept without its detail', () => {
  const odd = logRecord({ node: 'n1', sequence: 1, event: JSON.parse('{"type": "odd", "__proto__": 1}') as Message })
  expect(decodeLogRecord(encodeLogRecord(odd))).toBeNull()
  expect(decodeLogRecord(encodeReadable(odd))).toMatchObject({ kind: 'omitted', event: { type: 'odd' } })
  const long = logRecord({ node: 'n1', sequence: 1, event: { type: 'x'.repeat(600) } })
  expect(decodeLogRecord(encodeReadable(long))).toMatchObject({ kind: 'omitted', event: { type: 'x'.repeat(500) } })
})
