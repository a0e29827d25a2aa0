/** The part of time that the timeline shows: moved and zoomed within all there is. */
import type { Span } from './model.ts'

/** No closer than this: a millisecond is ten pixels or more then. */
export const windowUsMin = 50_000

/** Keeps the moment `aroundUs` where it is on the screen. */
export function zoomed(window: Span, of: { factor: number; aroundUs: number; extent: Span }): Span {
  const lengthUs = window.toUs - window.fromUs
  const wholeUs = Math.max(windowUsMin, of.extent.toUs - of.extent.fromUs)
  const afterUs = Math.min(wholeUs, Math.max(windowUsMin, lengthUs * of.factor))
  const share = lengthUs > 0 ? (of.aroundUs - window.fromUs) / lengthUs : 0.5
  return within({ fromUs: of.aroundUs - afterUs * share, toUs: of.aroundUs + afterUs * (1 - share) }, of.extent)
}

/** By a share of its length; not beyond the ends. */
export function panned(window: Span, of: { share: number; extent: Span }): Span {
  const byUs = (window.toUs - window.fromUs) * of.share
  return within({ fromUs: window.fromUs + byUs, toUs: window.toUs + byUs }, of.extent)
}

/** A span around something, with room on both sides. */
export function around(span: Span, extent: Span): Span {
  const roomUs = Math.max(windowUsMin, (span.toUs - span.fromUs) * 0.25)
  return within({ fromUs: span.fromUs - roomUs, toUs: span.toUs + roomUs }, extent)
}

function within(span: Span, extent: Span): Span {
  const lengthUs = Math.min(span.toUs - span.fromUs, Math.max(windowUsMin, extent.toUs - extent.fromUs))
  const latestUs = Math.max(extent.fromUs, extent.toUs - lengthUs)
  const fromUs = Math.round(Math.min(Math.max(span.fromUs, extent.fromUs), latestUs))
  return { fromUs, toUs: Math.round(fromUs + lengthUs) }
}

/** Steps of a round length between which about `countMax` fit: where the marks of the axis stand. */
export function ticksOf(window: Span, countMax: number): { readonly stepUs: number; readonly atUs: readonly number[] } {
  const wantedUs = (window.toUs - window.fromUs) / Math.max(1, countMax)
  const stepUs = stepsUs.find((step) => step >= wantedUs) ?? stepsUs.at(-1)!
  const atUs: number[] = []
  for (let us = Math.ceil(window.fromUs / stepUs) * stepUs; us <= window.toUs; us += stepUs) atUs.push(us)
  return { stepUs, atUs }
}

const ms = 1000
const s = 1000 * ms
const min = 60 * s
const h = 60 * min
const stepsUs = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((of) => of * ms),
  ...[1, 2, 5, 10, 30].map((of) => of * s),
  ...[1, 2, 5, 10, 30].map((of) => of * min),
  ...[1, 2, 6, 12, 24, 72, 168].map((of) => of * h),
]
