import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { compareHybridTimes, type HybridTime, nextHybridTime } from '../../src/engine/hybridClock.ts'

describe('hybrid time', () => {
  test('follows the physical clock while that goes on', () => {
    expect(nextHybridTime({ us: 10, count: 3 }, 11)).toEqual({ us: 11, count: 0 })
  })

  test('counts when the physical clock stands still or goes back', () => {
    expect(nextHybridTime({ us: 10, count: 3 }, 10)).toEqual({ us: 10, count: 4 })
    expect(nextHybridTime({ us: 10, count: 3 }, 2)).toEqual({ us: 10, count: 4 })
  })

  test('passes what it hears, and goes on counting where both are level', () => {
    expect(nextHybridTime({ us: 10, count: 3 }, 10, { us: 12, count: 7 })).toEqual({ us: 12, count: 8 })
    expect(nextHybridTime({ us: 12, count: 9 }, 10, { us: 12, count: 7 })).toEqual({ us: 12, count: 10 })
    expect(nextHybridTime({ us: 12, count: 9 }, 13, { us: 12, count: 7 })).toEqual({ us: 13, count: 0 })
  })

  test('is later than the last, than what was heard, and never behind the physical clock', () => {
    const time = fc.record({ us: fc.nat(5), count: fc.nat(5) })
    fc.assert(
      fc.property(time, fc.nat(6), fc.option(time, { nil: undefined }), (last, physicalUs, heard) => {
        const next = nextHybridTime(last, physicalUs, heard)
        expect(compareHybridTimes(next, last)).toBeGreaterThan(0)
        if (heard) expect(compareHybridTimes(next, heard)).toBeGreaterThan(0)
        expect(next.us).toBeGreaterThanOrEqual(physicalUs)
      }),
    )
  })

  test('orders cause before effect across nodes whose clocks differ', () => {
    const [ahead, behind] = [9000, 1000]
    const asked: HybridTime = nextHybridTime({ us: 0, count: 0 }, ahead)
    const taken = nextHybridTime({ us: 0, count: 0 }, behind, asked)
    const answered = nextHybridTime(taken, behind + 1)
    expect([answered, asked, taken].sort(compareHybridTimes)).toEqual([asked, taken, answered])
  })
})
