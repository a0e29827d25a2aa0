import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ReplayWindow } from '../../src/wire/replayWindow.ts'

describe('replay window', () => {
  test('a copy is a duplicate, whatever came between; what is far behind is stale', () => {
    const window = new ReplayWindow()
    const verdicts = [1, 1, 3, 2, 3, 2, 5000, 3, 904, 905, 905, 5000].map((sequence) => window.accept(sequence))
    expect(verdicts).toEqual([
      ...(['fresh', 'duplicate', 'fresh', 'fresh', 'duplicate', 'duplicate'] as const),
      ...(['fresh', 'stale', 'stale', 'fresh', 'duplicate', 'duplicate'] as const),
    ])
  })

  test('no sequence is fresh twice, and within the window every first one is', () => {
    const step = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -5000, max: 9000 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const window = new ReplayWindow()
        const seen = new Set<number>()
        let sequence = 1
        let highest = 0
        for (const each of steps) {
          sequence = Math.max(1, sequence + each)
          const expected = sequence <= highest - 4096 ? 'stale' : seen.has(sequence) ? 'duplicate' : 'fresh'
          expect(window.accept(sequence)).toBe(expected)
          seen.add(sequence)
          highest = Math.max(highest, sequence)
        }
      }),
    )
  })
})
