/** The lines of a drawing: edges with round corners, their heads, and where texts stand. For the SVG of the documents and the page's. */
import { boxPaddingPx, fonts, type LabelLine, lineHeightPx, nameHeightPx, type Row } from './drawing.ts'
import type { Area, Point } from './layout.ts'
import { textWidth } from './measure.ts'
import { type ChartState, lineageOf } from './model.ts'

const cornerPx = 7
const headLengthPx = 8
const headHalfPx = 3.6

/** SVG path data. It ends a little before the last point, where the head begins. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...others] = shortened(points)
  if (!first) return ''
  const bends = others.map((point, index) => {
    const next = others[index + 1]
    return next ? corner({ before: index === 0 ? first : others[index - 1]!, at: point, after: next }) : `L${at(point)}`
  })
  return `M${at(first)}${bends.join('')}`
}

function shortened(points: readonly Point[]): Point[] {
  const [last, before] = [points.at(-1), points.at(-2)]
  if (!last || !before) return [...points]
  return [...points.slice(0, -1), towards(last, before, headLengthPx - 1)]
}

function corner({ before, at: point, after }: { before: Point; at: Point; after: Point }): string {
  const radius = Math.min(cornerPx, distance(before, point) / 2, distance(point, after) / 2)
  return `L${at(towards(point, before, radius))}Q${at(point)} ${at(towards(point, after, radius))}`
}

/** The triangle at the end, as SVG path data. */
export function headOf(points: readonly Point[]): string {
  const [tip, before] = [points.at(-1)!, points.at(-2)!]
  const base = towards(tip, before, headLengthPx)
  const length = distance(tip, before) || 1
  const across = { x: (-(tip.y - before.y) / length) * headHalfPx, y: ((tip.x - before.x) / length) * headHalfPx }
  return `M${at(tip)}L${at({ x: base.x + across.x, y: base.y + across.y })}L${at({ x: base.x - across.x, y: base.y - across.y })}Z`
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1
  return { x: from.x + ((to.x - from.x) / length) * by, y: from.y + ((to.y - from.y) / length) * by }
}

const at = ({ x, y }: Point) => `${tenth(x)},${tenth(y)}`
const tenth = (length: number) => Math.round(length * 10) / 10

export interface PlacedText extends Point {
  readonly text: string
  readonly widthPx: number
}

export function nameTextOf(area: Area, name: string): PlacedText {
  return {
    text: name,
    x: tenth(area.x + boxPaddingPx),
    y: tenth(area.y + boxPaddingPx + 11),
    widthPx: textWidth(name, fonts.name),
  }
}

export interface PlacedRow {
  readonly keyword: PlacedText
  readonly lines: readonly PlacedText[]
}

/** Below the name, or from the top of the area if there is none. */
export function rowsAt(rows: readonly Row[], from: Point): PlacedRow[] {
  let lineIndex = 0
  return rows.map(({ keyword, keywordWidthPx, lines }) => {
    const placed = lines.map((text) => ({
      text,
      x: tenth(from.x + keywordWidthPx),
      y: tenth(from.y + lineIndex++ * lineHeightPx),
      widthPx: textWidth(text, fonts.row),
    }))
    return {
      keyword: { text: keyword, x: tenth(from.x), y: placed[0]!.y, widthPx: textWidth(keyword, fonts.row) },
      lines: placed,
    }
  })
}

export function rowsOriginOf(area: Area): Point {
  return { x: area.x + boxPaddingPx, y: area.y + boxPaddingPx + nameHeightPx + 10 }
}

interface PlacedLabelLine extends PlacedText {
  readonly event: string
  readonly guard: string
}

/** Centred in its area. */
export function labelLinesAt(label: readonly LabelLine[], area: Area): PlacedLabelLine[] {
  return label.map((line, index) => {
    const text = [line.event, line.guard].filter(Boolean).join(' ')
    const widthPx = textWidth(text, fonts.label)
    return { ...line, text, widthPx, x: tenth(area.x + (area.width - widthPx) / 2), y: tenth(area.y + 13 + index * 14) }
  })
}

/** What holds in every state stands above all of them. */
export const rootRowsOrigin: Point = { x: 16, y: 22 }

const roles = ['offline', 'spare', 'secondary', 'primary', 'quiescing']

/** By which the style sheet knows it: what it is, and the role it stands for. */
export function classesOf({ path, type }: ChartState): string[] {
  const top = lineageOf(path)[0]!
  const isCompound = type === 'compound' || type === 'parallel'
  return ['c-state', ...(isCompound ? ['c-compound'] : []), ...(roles.includes(top) ? ['c-role', `c-${top}`] : [])]
}

/** All of it is within one state. */
export function isInner({ source, target }: { source: string; target: string }): boolean {
  return lineageOf(source)[0] === lineageOf(target)[0]
}
