import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  between,
  fitting,
  focused,
  isSeen,
  kept,
  panned,
  readableScale,
  scaleMax,
  scaleMin,
  transformOf,
  zoomedAt,
} from '../../../../src/manage/console/chart/viewport.ts'

const view = { width: 800, height: 600 }
const drawing = { width: 1600, height: 1900 }
const top = { x: 400, y: 1300, width: 940, height: 250 }
const leaf = { x: 1100, y: 1400, width: 190, height: 120 }

/** Where a point of the drawing is in the view. */
function seenAt(viewport: { x: number; y: number; scale: number }, point: { x: number; y: number }) {
  const [dx, dy, scale] = transformOf(viewport, view)
    .match(/-?[\d.]+(e-?\d+)?/g)!
    .map(Number) as [number, number, number]
  return { x: dx + point.x * scale, y: dy + point.y * scale }
}

test('all of it, in the middle, never larger than drawn', () => {
  const whole = fitting({ x: 0, y: 0, ...drawing }, view)
  expect(whole.scale).toBe(524 / 1900)
  expect(seenAt(whole, { x: 0, y: 0 }).y).toBeCloseTo(20)
  expect(seenAt(whole, { x: 800, y: 1900 })).toEqual({ x: expect.closeTo(400), y: expect.closeTo(544) })
  expect(fitting({ x: 10, y: 10, width: 20, height: 20 }, view).scale).toBe(1)
})

test('near enough to be read, and the state in sight', () => {
  for (const size of [view, { width: 390, height: 480 }, { width: 1280, height: 700 }]) {
    const viewport = focused({ leaf, top }, drawing, size)
    expect(viewport.scale).toBeGreaterThanOrEqual(readableScale)
    expect(isSeen(leaf, viewport, size)).toBe(true)
  }
  expect(focused({ leaf, top }, { width: 400, height: 500 }, view)).toEqual({ x: 200, y: 268, scale: 1 })
})

test('from the beginning of what is around it, where its name is, if the state is in sight then', () => {
  const early = { ...leaf, x: 700 }
  const viewport = focused({ leaf: early, top }, drawing, { width: 600, height: 310 })
  expect(seenFrom(viewport, 600)).toBeCloseTo(top.x - 20)
  expect(isSeen(early, viewport, { width: 600, height: 310 })).toBe(true)
})

/** The left edge of what is seen. */
const seenFrom = ({ x, scale }: { x: number; scale: number }, width: number) => x - width / 2 / scale

test('what is under the pointer stays there while it is zoomed', () => {
  fc.assert(
    fc.property(
      fc.record({ x: fc.integer({ min: 0, max: 800 }), y: fc.integer({ min: 0, max: 600 }) }),
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      (at, factor) => {
        const before = { x: 500, y: 700, scale: 0.6 }
        const after = zoomedAt(before, { factor, at, view })
        const point = { x: before.x + (at.x - 400) / before.scale, y: before.y + (at.y - 300) / before.scale }
        const now = seenAt(after, point)
        expect(Math.hypot(now.x - at.x, now.y - at.y)).toBeLessThan(0.01)
        expect(after.scale).toBeWithin(scaleMin, scaleMax + 0.001)
      },
    ),
  )
})

test('panning follows the hand, and does not lose the drawing', () => {
  const before = { x: 500, y: 700, scale: 0.5 }
  expect(panned(before, 10, -20)).toEqual({ x: 480, y: 740, scale: 0.5 })
  expect(kept(panned(before, 1e6, 1e6), drawing)).toEqual({ x: 0, y: 0, scale: 0.5 })
})

test('a movement begins and ends where it should', () => {
  const [from, to] = [
    { x: 0, y: 0, scale: 1 },
    { x: 100, y: 50, scale: 0.5 },
  ]
  expect([between(from, to, 0), between(from, to, 1)]).toEqual([from, to])
})
