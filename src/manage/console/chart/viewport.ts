/** What of a drawing is seen: the point of it at the middle of the view, and how large. Pure, so that a test can move it. */
import type { Area, Point } from '../../../charts/layout.ts'

export interface Viewport extends Point {
  readonly scale: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

export const scaleMin = 0.12
export const scaleMax = 2.5
const marginPx = 20
/** Smaller, what is inside the boxes can't be read. */
export const readableScale = 0.75

function clamped(scale: number): number {
  return Math.min(scaleMax, Math.max(scaleMin, scale))
}

/** Of the view at its lower edge, which the buttons take. */
const buttonsPx = 36

/** All of the area, above the buttons, never larger than it is drawn. */
export function fitting(area: Area, view: Size): Viewport {
  const heightPx = view.height - buttonsPx
  const fits = Math.min((view.width - marginPx * 2) / area.width, (heightPx - marginPx * 2) / area.height, 1)
  const scale = clamped(fits)
  return { x: area.x + area.width / 2, y: area.y + area.height / 2 + buttonsPx / 2 / scale, scale }
}

/** Where a machine is: the state, and the outermost one around it. */
export interface Focus {
  readonly leaf: Area
  readonly top: Area
}

/**
 * All of the drawing, if it can be read then. Else what is around the state; or, where that is too large to be read, as much of it as there
 * is room for: from its beginning, where its name is, if the state is in sight then.
 */
export function focused({ leaf, top }: Focus, drawing: Size, view: Size): Viewport {
  const whole = fitting({ x: 0, y: 0, ...drawing }, view)
  if (whole.scale >= readableScale) return whole
  const around = fitting(top, view)
  if (around.scale >= readableScale) return around
  const scale = readableScale
  const across = { from: leaf.x, to: leaf.x + leaf.width, start: top.x, end: top.x + top.width }
  const along = { from: leaf.y, to: leaf.y + leaf.height, start: top.y, end: top.y + top.height }
  return {
    x: middleOf(across, view.width / scale),
    y: middleOf(along, (view.height - buttonsPx) / scale) + buttonsPx / 2 / scale,
    scale,
  }
}

/** Of a window so long, upon what goes from `start` to `end`, that shows what goes from `from` to `to`. */
function middleOf(of: { from: number; to: number; start: number; end: number }, length: number): number {
  const { from, to, start, end } = of
  if (end - start + marginPx * 2 <= length) return (start + end) / 2
  if (to + marginPx <= start - marginPx + length) return start - marginPx + length / 2
  return Math.min((from + to) / 2, end + marginPx - length / 2)
}

/** So that what is under `at`, a point of the view from its left upper corner, stays under it. */
export function zoomedAt(viewport: Viewport, by: { factor: number; at: Point; view: Size }): Viewport {
  const { factor, at, view } = by
  const scale = clamped(viewport.scale * factor)
  const [dx, dy] = [at.x - view.width / 2, at.y - view.height / 2]
  const grow = 1 / viewport.scale - 1 / scale
  return { x: viewport.x + dx * grow, y: viewport.y + dy * grow, scale }
}

/** By so many pixels of the view. */
export function panned(viewport: Viewport, dx: number, dy: number): Viewport {
  return { ...viewport, x: viewport.x - dx / viewport.scale, y: viewport.y - dy / viewport.scale }
}

/** The drawing can't be lost out of sight: the middle of the view stays on it. */
export function kept(viewport: Viewport, drawing: Size): Viewport {
  const within = (value: number, max: number) => Math.min(max, Math.max(0, value))
  return { ...viewport, x: within(viewport.x, drawing.width), y: within(viewport.y, drawing.height) }
}

export function isSeen(area: Area, { x, y, scale }: Viewport, view: Size): boolean {
  const [halfWidth, halfHeight] = [view.width / 2 / scale, view.height / 2 / scale]
  const isAcross = area.x >= x - halfWidth && area.x + area.width <= x + halfWidth
  return isAcross && area.y >= y - halfHeight && area.y + area.height <= y + halfHeight
}

/** Of the drawing within the view, as an SVG transform. */
export function transformOf({ x, y, scale }: Viewport, view: Size): string {
  return `translate(${view.width / 2 - x * scale} ${view.height / 2 - y * scale}) scale(${scale})`
}

/** Between two, for a movement that can be followed. `part` from 0 to 1. */
export function between(from: Viewport, to: Viewport, part: number): Viewport {
  const eased = part < 0.5 ? 4 * part ** 3 : 1 - (-2 * part + 2) ** 3 / 2
  const mix = (a: number, b: number) => a + (b - a) * eased
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), scale: mix(from.scale, to.scale) }
}
