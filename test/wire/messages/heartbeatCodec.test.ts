import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Heartbeat, heartbeatNodeCountMax } from '../../../src/wire/messages/heartbeat.ts'
import { createHeartbeatCodec } from '../../../src/wire/messages/heartbeatCodec.ts'

const name = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/), fc.constantFrom('constructor', 'valueOf'))
const count = fc.nat()
const durationMs = fc.double({ min: 0, max: 1e12, noNaN: true })
const echo = fc.record(
  { sentAtMs: durationMs, incarnation: count, epoch: count, leader: fc.option(name), granting: fc.boolean() },
  { noNullPrototype: true },
)
const dictionary = <T>(value: fc.Arbitrary<T>) => fc.dictionary(name, value, { maxKeys: 8, noNullPrototype: true })
const heartbeat: fc.Arbitrary<Heartbeat> = fc.record(
  {
    type: fc.constant('heartbeat' as const),
    epoch: count,
    leader: fc.option(name),
    vice: fc.option(name),
    sentAtMs: durationMs,
    echoes: dictionary(echo),
    hears: dictionary(durationMs),
    commitIndex: count,
    progress: count,
  },
  { noNullPrototype: true },
)
const plain: Heartbeat = {
  ...{ type: 'heartbeat', epoch: 7, leader: 'n1', vice: null, sentAtMs: 12.5, commitIndex: 3, progress: 9 },
  echoes: { n2: { sentAtMs: 1, incarnation: 2, epoch: 7, leader: 'n2', granting: true } },
  hears: { n2: 0.25 },
}

test('between two that know each other a heartbeat survives the wire', () => {
  fc.assert(
    fc.property(heartbeat, (sent) => {
      const [n1, n2] = [createHeartbeatCodec(), createHeartbeatCodec()]
      n1.decode(n2.encode(plain, 'n1'), 'n2')
      expect(n2.decode(n1.encode(sent, 'n2'), 'n1')).toEqual(sent)
    }),
  )
})

test('formats: the oldest until the peer is heard, then the newest that both read', () => {
  const [old, mid, young] = [
    { oldest: 1, newest: 1 },
    { oldest: 1, newest: 2 },
    { oldest: 2, newest: 2 },
  ].map(createHeartbeatCodec)
  expect(mid!.newestOf('old')).toBeNull()
  expect(old!.decode(mid!.encode(plain, 'old'), 'mid')).toEqual({ ...plain, progress: 0 })
  expect(mid!.decode(old!.encode(plain, 'mid'), 'old')).toEqual({ ...plain, progress: 0 })
  expect([old!.newestOf('mid'), mid!.newestOf('old')]).toEqual([2, 1])
  expect(mid!.decode(young!.encode(plain, 'mid'), 'young')).toEqual(plain)
  expect(young!.decode(mid!.encode(plain, 'young'), 'mid')).toEqual(plain)
  expect(young!.decode(old!.encode(plain, 'young'), 'old')).toBeNull()
})

test('whatever arrives, decoding does not throw; cut, lengthened or another heartbeat is none', () => {
  const codec = createHeartbeatCodec()
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => codec.decode(bytes, 'n1') === null))
  const bytes = codec.encode(plain, 'n2').slice()
  for (let length = 0; length < bytes.length; length++) expect(codec.decode(bytes.subarray(0, length), 'n1')).toBeNull()
  expect(codec.decode(new Uint8Array([...bytes, 0]), 'n1')).toBeNull()
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
      codec.decode(bytes.with(at, value), 'n1')
    }),
  )
})

test('bounds: a number out of range, too many nodes, a name that is too long', () => {
  const codec = createHeartbeatCodec()
  const reread = (changed: Heartbeat) => codec.decode(codec.encode(changed, 'n2'), 'n1')
  for (const epoch of [-1, 0.5, Number.NaN, 2 ** 60]) expect(reread({ ...plain, epoch })).toBeNull()
  for (const sentAtMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(reread({ ...plain, sentAtMs })).toBeNull()
  const many = (length: number) => Object.fromEntries(Array.from({ length }, (_, at) => [`n${at}`, 1]))
  expect(reread({ ...plain, hears: many(heartbeatNodeCountMax) })).not.toBeNull()
  expect(() => reread({ ...plain, hears: many(heartbeatNodeCountMax + 1) })).toThrow(
    `${heartbeatNodeCountMax + 1} nodes`,
  )
  expect(() => reread({ ...plain, leader: 'x'.repeat(65) })).toThrow('too long')
})
