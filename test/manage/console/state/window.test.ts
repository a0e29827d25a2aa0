import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { around, panned, ticksOf, windowUsMin, zoomed } from '../../../../src/manage/console/state/window.ts'

const extent = { fromUs: 1_000_000, toUs: 61_000_000 }

test('zooming keeps what is under the hand where it is', () => {
  const window = { fromUs: 11_000_000, toUs: 31_000_000 }
  expect(zoomed(window, { factor: 0.5, aroundUs: 16_000_000, extent })).toEqual({
    fromUs: 13_500_000,
    toUs: 23_500_000,
  })
})

test('moving ends at the ends', () => {
  const window = { fromUs: 11_000_000, toUs: 31_000_000 }
  expect(panned(window, { share: 0.5, extent })).toEqual({ fromUs: 21_000_000, toUs: 41_000_000 })
  expect(panned(window, { share: 9, extent })).toEqual({ fromUs: 41_000_000, toUs: 61_000_000 })
  expect(panned(window, { share: -9, extent })).toEqual({ fromUs: 1_000_000, toUs: 21_000_000 })
})

test('whatever is done, the window stays within what there is, and never closes', () => {
  const act = fc.oneof(
    fc.record({
      factor: fc.double({ min: 0.01, max: 50, noNaN: true }),
      aroundUs: fc.integer({ min: 0, max: 70_000_000 }),
    }),
    fc.record({ share: fc.double({ min: -3, max: 3, noNaN: true }) }),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      let window = extent
      for (const one of acts)
        window = 'share' in one ? panned(window, { ...one, extent }) : zoomed(window, { ...one, extent })
      expect(window.fromUs).toBeGreaterThanOrEqual(extent.fromUs)
      expect(window.toUs).toBeLessThanOrEqual(extent.toUs + 1)
      expect(window.toUs - window.fromUs).toBeGreaterThanOrEqual(windowUsMin - 1)
    }),
  )
})

test('an incident is shown with room around it', () => {
  expect(around({ fromUs: 20_000_000, toUs: 24_000_000 }, extent)).toEqual({ fromUs: 19_000_000, toUs: 25_000_000 })
})

test('the marks of the axis stand at round times', () => {
  const { stepUs, atUs } = ticksOf({ fromUs: 1_234_000, toUs: 11_000_000 }, 10)
  expect(stepUs).toBe(1_000_000)
  expect(atUs[0]).toBe(2_000_000)
  expect(atUs).toHaveLength(10)
})
