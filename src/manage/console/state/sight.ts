/** Which part of a drawing is seen, and how large: a point of it times `scale`, plus `x` and `y`, is where it is on the screen. */
import type { Layout, Point } from '../../../charts/layout.ts'

export interface Sight extends Point {
  readonly scale: number
}

interface Size {
  readonly width: number
  readonly height: number
}

const scaleMin = 0.15
const scaleMax = 2
/** Farther away its words cannot be read: then only a part is seen. */
const scaleReadable = 0.72
const marginPx = 16

/** All of it where it can be read, else what is around the state. */
export function sightOf(layout: Layout, of: { state: string; size: Size }): Sight {
  const { width, height } = of.size
  if (width === 0 || height === 0) return { x: 0, y: 0, scale: scaleReadable }
  const whole = Math.min((width - marginPx) / layout.width, (height - marginPx) / layout.height, 1)
  if (whole >= scaleReadable) return centredOn({ x: layout.width / 2, y: layout.height / 2 }, whole, of.size)
  const path = of.state.split('&')[0]!.trim()
  const box = layout.boxes.find((one) => one.path === path)
  const centre = box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : { x: layout.width / 2, y: height / 2 }
  return within(centredOn(centre, scaleReadable, of.size), layout, of.size)
}

export function centredOn({ x, y }: Point, scale: number, { width, height }: Size): Sight {
  return { x: width / 2 - x * scale, y: height / 2 - y * scale, scale }
}

/** What is under the hand stays there. */
export function zoomedAt(sight: Sight, of: { factor: number; x: number; y: number }): Sight {
  const scale = Math.min(scaleMax, Math.max(scaleMin, sight.scale * of.factor))
  const by = scale / sight.scale
  return { x: of.x - (of.x - sight.x) * by, y: of.y - (of.y - sight.y) * by, scale }
}

/** Nothing but the drawing is seen, where it is larger than the place. */
function within(sight: Sight, layout: Layout, size: Size): Sight {
  const keep = (at: number, drawn: number, place: number) =>
    drawn <= place ? (place - drawn) / 2 : Math.min(marginPx, Math.max(place - drawn - marginPx, at))
  const { scale } = sight
  return {
    x: keep(sight.x, layout.width * scale, size.width),
    y: keep(sight.y, layout.height * scale, size.height),
    scale,
  }
}
