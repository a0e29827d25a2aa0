import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  type Envelope,
  encodeEnvelope,
  envelopeKinds,
  envelopeOverheadBytes,
  parseEnvelope,
} from '../../src/wire/envelope.ts'

const name = fc
  .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
  .filter((text) => Buffer.byteLength(text) <= 255)

const anyEnvelope: fc.Arbitrary<Envelope> = fc
  .record({
    kind: fc.constantFrom(...envelopeKinds),
    sender: name,
    senderIncarnation: fc.maxSafeNat().map((nat) => Math.max(1, nat)),
    recipient: name,
    recipientIncarnation: fc.maxSafeNat(),
    sequence: fc.maxSafeNat().map((nat) => Math.max(1, nat)),
    senderMark: fc.nat({ max: 0xffff_ffff }),
    body: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  })
  .map((each) => (['hello', 'here', 'ended', 'other'].includes(each.kind) ? { ...each, body: Buffer.alloc(0) } : each))

const envelope: Envelope = {
  kind: 'message',
  sender: 'n1',
  senderIncarnation: 7,
  recipient: 'n2',
  recipientIncarnation: 0,
  sequence: 1,
  senderMark: 5,
  body: Buffer.from('body'),
}

/** Where each field of the fixed part begins. */
const at = {
  version: 0,
  kind: 1,
  senderIncarnation: 2,
  recipientIncarnation: 10,
  sequence: 18,
  sender: 30,
  recipient: 33,
}

describe('envelope', () => {
  test('what is encoded parses to the same, with the overhead that was foretold', () => {
    fc.assert(
      fc.property(anyEnvelope, (each) => {
        const bytes = encodeEnvelope(each)
        expect(bytes.length).toBe(envelopeOverheadBytes(each) + each.body.length)
        expect(parseEnvelope(bytes)).toEqual(each)
      }),
    )
  })

  test('anything else is null, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const parsed = parseEnvelope(bytes)
        return parsed === null || encodeEnvelope(parsed).length >= bytes.length
      }),
    )
  })

  test('an envelope cut before its body is refused at every length', () => {
    const bytes = encodeEnvelope(envelope)
    for (let length = 0; length < envelopeOverheadBytes(envelope); length++) {
      expect(parseEnvelope(bytes.subarray(0, length))).toBeNull()
    }
  })

  test.each([
    ['another version', at.version, [1]],
    ['a kind there is not', at.kind, [envelopeKinds.length]],
    ['a sender without incarnation', at.senderIncarnation, [0, 0, 0, 0, 0, 0, 0, 0]],
    ['an incarnation beyond 2^53', at.recipientIncarnation, [0, 32]],
    ['sequence zero', at.sequence, [0, 0, 0, 0, 0, 0, 0, 0]],
    ['a sequence beyond 2^53', at.sequence, [255]],
    ['a sender without name', at.sender, [0]],
    ['a name longer than the envelope', at.sender, [200]],
    ['a recipient without name', at.recipient, [0]],
    ['a recipient longer than the envelope', at.recipient, [200]],
  ])('%s is refused', (_, offset, bytes) => {
    const changed = Buffer.from(encodeEnvelope(envelope))
    changed.set(bytes, offset)
    expect(parseEnvelope(changed)).toBeNull()
  })

  test('a greeting with a body is refused', () => {
    for (const kind of ['hello', 'here', 'ended', 'other'] as const) {
      expect(parseEnvelope(encodeEnvelope({ ...envelope, kind }))).toBeNull()
    }
  })

  test('a name that does not fit is a programming error', () => {
    expect(() => encodeEnvelope({ ...envelope, sender: '' })).toThrow(RangeError)
    expect(() => encodeEnvelope({ ...envelope, recipient: 'n'.repeat(256) })).toThrow(RangeError)
  })
})
