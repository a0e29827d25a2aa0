/** Where everything of a drawing is: what the layout made of it, and the renderers need. In pixels of the drawing. */
import type { EdgePlan, Row } from './drawing.ts'
import type { Chart } from './model.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Area extends Point {
  readonly width: number
  readonly height: number
}

export interface PlacedBox extends Area {
  readonly path: string
  readonly rows: readonly Row[]
}

export interface PlacedEdge extends EdgePlan {
  readonly points: readonly Point[]
  readonly labelArea: Area | null
}

/** The dot from which the first state of one is entered. */
export interface PlacedStart {
  readonly parent: string
  readonly points: readonly Point[]
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly PlacedBox[]
  readonly edges: readonly PlacedEdge[]
  readonly starts: readonly PlacedStart[]
  /** From where transitions begin that any state has; null: none leaves its state. */
  readonly anywhere: Area | null
  readonly rootRows: readonly Row[]
}

export interface DrawnMachine {
  readonly chart: Chart
  readonly layout: Layout
}
