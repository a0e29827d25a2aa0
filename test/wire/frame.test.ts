import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  type AckFrame,
  type Acknowledgement,
  type DataFrame,
  encodeFrame,
  isAcknowledged,
  parseFrame,
} from '../../src/wire/frame.ts'

const word = fc.nat({ max: 0xffff_ffff })
const stream = fc.integer({ min: 1, max: 0xffff_ffff })

const anyAcknowledgement: fc.Arbitrary<Acknowledgement> = fc.record({
  stream,
  next: fc.maxSafeNat(),
  early: fc.tuple(word, word),
})

const anyData: fc.Arbitrary<DataFrame> = fc.record({
  kind: fc.constant('data'),
  stream,
  sequence: fc.maxSafeNat(),
  isLast: fc.boolean(),
  payload: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  acknowledgement: fc.option(anyAcknowledgement),
})

const anyAck: fc.Arbitrary<AckFrame> = fc.record({ kind: fc.constant('ack'), acknowledgement: anyAcknowledgement })

describe('frame', () => {
  test('what is encoded parses to the same', () => {
    fc.assert(
      fc.property(fc.oneof(anyData, anyAck), (frame) => {
        expect(parseFrame(frame.kind, encodeFrame(frame))).toEqual(frame)
      }),
    )
  })

  test('anything else is null, never an exception', () => {
    fc.assert(
      fc.property(fc.constantFrom('data', 'ack'), fc.uint8Array({ maxLength: 60 }), (kind, bytes) => {
        const parsed = parseFrame(kind, bytes)
        if (parsed !== null) expect(encodeFrame(parsed)).toEqual(Buffer.from(bytes))
      }),
    )
  })

  test('stream 0, unknown flags and what is cut off are refused', () => {
    const acknowledgement: Acknowledgement = { stream: 1, next: 5, early: [1, 0] }
    const data: DataFrame = {
      kind: 'data',
      stream: 1,
      sequence: 0,
      isLast: true,
      payload: Buffer.alloc(0),
      acknowledgement,
    }
    const bytes = encodeFrame(data)
    for (let length = 0; length < bytes.length; length++)
      expect(parseFrame('data', bytes.subarray(0, length))).toBeNull()
    expect(
      parseFrame(
        'data',
        Uint8Array.from(bytes, (byte, index) => (index === 0 ? byte | 4 : byte)),
      ),
    ).toBeNull()
    expect(parseFrame('data', encodeFrame({ ...data, stream: 0 }))).toBeNull()
    const ack = encodeFrame({ kind: 'ack', acknowledgement })
    for (let length = 0; length < ack.length; length++) expect(parseFrame('ack', ack.subarray(0, length))).toBeNull()
    expect(parseFrame('ack', Buffer.concat([ack, Buffer.of(0)]))).toBeNull()
  })

  test('an acknowledgement names each sequence of the window by itself', () => {
    const early: [number, number] = [0b101, 0x8000_0000]
    const has = (sequence: number) => isAcknowledged({ stream: 1, next: 10, early }, sequence)
    expect([9, 10, 11, 12, 13, 73, 74, 75].map(has)).toEqual([true, false, true, false, true, false, true, false])
  })
})
