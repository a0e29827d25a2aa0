import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  effectiveProtocol,
  formatProtocols,
  isCompatible,
  type ProtocolRange,
  parseProtocols,
} from '../../../machines/logic/protocol.ts'

const range = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(4))
  .map(([oldest, span]): ProtocolRange => ({ oldest, newest: oldest + span }))

test('a release that was renewed speaks as the oldest member does, until that one is renewed too', () => {
  const [old, next] = [
    { oldest: 1, newest: 1 },
    { oldest: 1, newest: 2 },
  ]
  expect(effectiveProtocol(next, [])).toBe(2)
  expect(effectiveProtocol(next, [next, old])).toBe(1)
  expect(effectiveProtocol(old, [next, next])).toBe(1)
  expect(effectiveProtocol(next, [next, next])).toBe(2)
  expect(effectiveProtocol(next, [{ oldest: 3, newest: 3 }])).toBe(2)
})

test('compatible members that heard each other agree, on a protocol that each of them understands', () => {
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), (members) => {
      fc.pre(members.every((a) => members.every((b) => isCompatible(a, b))))
      const spoken = members.map((own) => effectiveProtocol(own, members))
      expect(new Set(spoken).size).toBe(1)
      for (const { oldest, newest } of members) {
        expect(spoken[0]).toBeGreaterThanOrEqual(oldest)
        expect(spoken[0]).toBeLessThanOrEqual(newest)
      }
    }),
  )
})

test('ranges as text', () => {
  expect([parseProtocols('2-3'), parseProtocols('3-2'), parseProtocols('0-1'), parseProtocols('2')]).toEqual([
    { oldest: 2, newest: 3 },
    null,
    null,
    null,
  ])
  expect([formatProtocols({ oldest: 2, newest: 3 }), formatProtocols({ oldest: 2, newest: 2 })]).toEqual(['2-3', '2'])
})
