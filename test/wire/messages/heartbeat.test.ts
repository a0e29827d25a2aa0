import { expect, test } from 'bun:test'
import { decode, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { type Heartbeat, heartbeatNodeCountMax, parseHeartbeat } from '../../../src/wire/messages/heartbeat.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/)
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

test('a heartbeat survives the wire', () => {
  fc.assert(
    fc.property(heartbeat, (sent) => {
      expect(parseHeartbeat(decode(encode(sent)))).toEqual(sent)
    }),
  )
})

test('a heartbeat with one value exchanged for anything else is a heartbeat only if it fits', () => {
  const wrong = fc.oneof(
    fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      '',
      'x'.repeat(65),
      true,
      undefined,
      [],
      {},
      { n1: null },
    ),
    fc.anything(),
  )
  fc.assert(
    fc.property(
      heartbeat,
      fc.constantFrom('type', 'epoch', 'sentAtMs', 'commitIndex', 'progress'),
      wrong,
      (sent, key, value) => {
        fc.pre(typeof value !== 'number' || !(value >= 0) || value === Number.POSITIVE_INFINITY)
        expect(parseHeartbeat({ ...sent, [key]: value })).toBeNull()
      },
    ),
  )
})

test('whatever arrives, parsing does not throw', () => {
  fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (value) => parseHeartbeat(value) === null))
})

test('a key too many, one too few, too many nodes and a nameless node are refused', () => {
  const valid: Heartbeat = {
    type: 'heartbeat',
    epoch: 1,
    leader: null,
    vice: null,
    sentAtMs: 1.5,
    echoes: { n2: { sentAtMs: 1, incarnation: 1, epoch: 1, leader: 'n2', granting: false } },
    hears: { n2: 3 },
    commitIndex: 0,
    progress: 0,
  }
  const { vice: _, ...lacking } = valid
  const many = (nodeCount: number) =>
    Object.fromEntries(Array.from({ length: nodeCount }, (_, index) => [`n${index}`, 1]))
  expect(parseHeartbeat(valid)).not.toBeNull()
  expect(parseHeartbeat({ ...valid, hears: many(heartbeatNodeCountMax) })).not.toBeNull()
  expect(parseHeartbeat({ ...valid, extra: 1 })).toBeNull()
  expect(parseHeartbeat(lacking)).toBeNull()
  expect(parseHeartbeat({ ...lacking, extra: null })).toBeNull()
  expect(parseHeartbeat({ ...valid, hears: many(heartbeatNodeCountMax + 1) })).toBeNull()
  expect(parseHeartbeat({ ...valid, hears: { '': 1 } })).toBeNull()
  expect(parseHeartbeat({ ...valid, hears: { n2: -1 } })).toBeNull()
  expect(parseHeartbeat({ ...valid, echoes: { n2: { ...valid.echoes.n2, granting: 1 } } })).toBeNull()
  expect(parseHeartbeat({ ...valid, echoes: { n2: { ...valid.echoes.n2, extra: 1 } } })).toBeNull()
})
