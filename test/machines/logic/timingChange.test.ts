/** Timings that change while the cluster runs: invariant I3 of `machines/logic/lease.ts`, over any history of changes and any lag. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { effectiveTiming, type LeaseTiming } from '../../../machines/logic/lease.ts'

const timingOf = (periodMs: number): LeaseTiming => ({
  leaderLeaseMs: periodMs,
  nodeLeaseMs: 3 * periodMs,
  selfStopMs: 1000 - periodMs,
  takeOverMarginMs: 10,
})

/** What is in force after each entry of the log. `wantedAt`: the entry that set `wanted`. */
interface Place {
  readonly settled: LeaseTiming
  readonly wanted: LeaseTiming
  readonly wantedAt: number
}

type Happening = { do: 'want'; periodMs: number } | { do: 'apply'; node: number; count: number } | { do: 'settle' }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ do: fc.constant('want' as const), periodMs: fc.integer({ min: 20, max: 900 }) }),
  fc.record({ do: fc.constant('apply' as const), node: fc.nat(3), count: fc.integer({ min: 1, max: 5 }) }),
  fc.constant({ do: 'settle' as const }),
)

/** A cluster of four, of which each has applied the log up to some place. */
function run(happenings: readonly Happening[], isReportNeeded: boolean): { held: number; awaited: number }[] {
  const places: Place[] = [{ settled: timingOf(100), wanted: timingOf(100), wantedAt: 0 }]
  const applied = [0, 0, 0, 0]
  const violations: { held: number; awaited: number }[] = []
  for (const what of happenings) {
    const last = places.at(-1)!
    if (what.do === 'want') places.push({ ...last, wanted: timingOf(what.periodMs), wantedAt: places.length })
    else if (what.do === 'apply') applied[what.node] = Math.min(places.length - 1, applied[what.node]! + what.count)
    else if (!isReportNeeded || applied.every((place) => place >= last.wantedAt)) {
      places.push({ ...last, settled: last.wanted })
    }
    for (const holder of applied) {
      for (const waiter of applied) {
        const { holding } = effectiveTiming(places[holder]!.settled, places[holder]!.wanted)
        const { waiting } = effectiveTiming(places[waiter]!.settled, places[waiter]!.wanted)
        for (const setting of ['leaderLeaseMs', 'nodeLeaseMs', 'selfStopMs', 'takeOverMarginMs'] as const)
          if (holding[setting] > waiting[setting])
            violations.push({ held: holding[setting], awaited: waiting[setting] })
      }
    }
  }
  return violations
}

test('nobody holds longer than anybody waits, whoever lags behind', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      expect(run(happenings, true)).toEqual([])
    }),
    { numRuns: 1000 },
  )
})

test('settled too early, somebody does', () => {
  const tooEarly: Happening[] = [{ do: 'want', periodMs: 20 }, { do: 'settle' }, { do: 'apply', node: 0, count: 2 }]
  expect(run(tooEarly, false)).not.toEqual([])
  expect(run(tooEarly, true)).toEqual([])
})

test('settled and wanted alike, there is one timing', () => {
  expect(effectiveTiming(timingOf(50), timingOf(50))).toEqual({ holding: timingOf(50), waiting: timingOf(50) })
})
