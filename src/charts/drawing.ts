/**
 * What of a chart is drawn, and how large it is: boxes with what goes on inside them, and between them edges, each of which stands
 * for all transitions that go the same way. Where it goes is the layout's matter.
 *
 * What leaves a state as it is, or begins it again, is said inside its box instead of being drawn as a loop. Transitions of a state
 * within another go along with the other's own to the same place: who wants to know which is told when asking.
 */
import { type Font, textWidth, wrap } from './measure.ts'
import { type Chart, type ChartTransition, eventTextOf, isWithin } from './model.ts'

export const fonts = {
  name: { sizePx: 14, isBold: true },
  row: { sizePx: 11 },
  label: { sizePx: 11 },
} as const satisfies Record<string, Font>

export const lineHeightPx = 15
export const boxPaddingPx = 12
export const nameHeightPx = 20
const rowWidthMaxPx = 190
/** Around others there is more room. */
const compoundRowWidthMaxPx = 420
const boxWidthMinPx = 96
/** More are counted, not shown. */
const labelLineCountMax = 6
const labelWidthMaxPx = 116

/** What is said inside a box: `on`, and the events. */
export interface Row {
  readonly keyword: string
  readonly keywordWidthPx: number
  readonly lines: readonly string[]
}

export interface BoxPlan {
  readonly path: string
  readonly parent: string
  readonly isCompound: boolean
  readonly rows: readonly Row[]
  /** Of what it says; what is within it comes below. */
  readonly widthPx: number
  readonly heightPx: number
}

export interface LabelLine {
  readonly event: string
  readonly guard: string
}

export interface EdgePlan {
  readonly id: string
  readonly source: string
  readonly target: string
  /** The ids of the transitions it stands for. */
  readonly transitions: readonly string[]
  readonly label: readonly LabelLine[]
}

export interface Drawing {
  readonly boxes: readonly BoxPlan[]
  readonly edges: readonly EdgePlan[]
  /** What holds in every state. */
  readonly rootRows: readonly Row[]
}

export function drawingOf(chart: Chart): Drawing {
  const parents = new Set(chart.states.map(({ parent }) => parent))
  return {
    boxes: chart.states.map((state) => {
      const isCompound = parents.has(state.path)
      const rows = rowsOf(chart, state.path, isCompound ? compoundRowWidthMaxPx : rowWidthMaxPx)
      return { path: state.path, parent: state.parent, isCompound, rows, ...sizeOf(state.name, rows) }
    }),
    edges: edgesOf(chart),
    rootRows: rowsOf(chart, '', compoundRowWidthMaxPx * 2),
  }
}

function sizeOf(name: string, rows: readonly Row[]): { widthPx: number; heightPx: number } {
  const rowWidths = rows.flatMap(({ keywordWidthPx, lines }) =>
    lines.map((line) => keywordWidthPx + textWidth(line, fonts.row)),
  )
  const lineCount = rows.reduce((sum, { lines }) => sum + lines.length, 0)
  const gapPx = rows.length > 0 ? 4 : 0
  return {
    widthPx: Math.ceil(
      Math.max(
        boxWidthMinPx,
        textWidth(name, fonts.name) + boxPaddingPx * 2,
        ...rowWidths.map((width) => width + boxPaddingPx * 2),
      ),
    ),
    heightPx: boxPaddingPx * 2 + nameHeightPx - 6 + gapPx + lineCount * lineHeightPx,
  }
}

function rowsOf(chart: Chart, path: string, widthMax: number): Row[] {
  const state = chart.states.find((each) => each.path === path)
  const inside = chart.transitions.filter((each) => each.source === path && isStay(each))
  const again = inside.filter(({ target }) => target !== null)
  const row = (keyword: string, words: readonly string[]): Row[] => {
    if (words.length === 0) return []
    const keywordWidthPx = textWidth(`${keyword} `, fonts.row) + 2
    return [
      {
        keyword,
        keywordWidthPx,
        lines: wrap(words, { font: fonts.row, widthMax: widthMax - keywordWidthPx, separator: ', ' }),
      },
    ]
  }
  return [
    ...row('entry', state?.entry ?? []),
    ...row('exit', state?.exit ?? []),
    ...row(path === '' ? 'in any state on' : 'on', eventsOf(inside.filter(({ target }) => target === null))),
    ...[...new Set(again.map(({ target }) => target!))].flatMap((target) =>
      row(
        target === path ? 'again on' : `to ${target.split('.').at(-1)} on`,
        eventsOf(again.filter((each) => each.target === target)),
      ),
    ),
  ]
}

function eventsOf(transitions: readonly ChartTransition[]): string[] {
  return [...new Set(transitions.map(eventTextOf))]
}

/** It does not leave the source, or only to begin it again, or to another part of it. */
export function isStay({ source, target }: ChartTransition): boolean {
  return target === null || (source !== '' && isWithin(target, source)) || isWithin(source, target)
}

interface Way {
  readonly source: string
  readonly target: string
}

function edgesOf({ transitions }: Chart): EdgePlan[] {
  const leaving = transitions.filter((each) => !isStay(each)) as (ChartTransition & { target: string })[]
  const ways = [...new Map(leaving.map(({ source, target }) => [`${source}>${target}`, { source, target }])).values()]
  const groups = Map.groupBy(leaving, ({ source, target }) => drawnWay({ source, target }, ways))
  return [...groups].map(([id, group]) => {
    const [source, target] = id.split('>') as [string, string]
    return { id, source, target, transitions: group.map((each) => each.id), label: labelOf(group) }
  })
}

/** The outermost of the ways that the states around its source have to where it goes, too. */
function drawnWay(way: Way, ways: readonly Way[]): string {
  const around = ways.filter(
    ({ source, target }) =>
      source !== '' &&
      source !== way.source &&
      isWithin(way.source, source) &&
      isWithin(way.target, target) &&
      !isWithin(target, source) &&
      !isWithin(source, target),
  )
  const [outermost] = around.toSorted((a, b) => a.source.length - b.source.length || b.target.length - a.target.length)
  const { source, target } = outermost ?? way
  return `${source}>${target}`
}

function labelOf(group: readonly ChartTransition[]): LabelLine[] {
  const full = group.flatMap(labelLines)
  if (full.length <= labelLineCountMax) return full
  const events = eventsOf(group)
  const shown = events.length <= labelLineCountMax ? events : events.slice(0, labelLineCountMax - 1)
  const rest = { event: '', guard: `and ${events.length - shown.length} more` }
  return [...shown.map((event) => ({ event, guard: '' })), ...(shown.length < events.length ? [rest] : [])]
}

/** The guard stands beside the event, or below it where the two are too wide together. */
function labelLines(transition: ChartTransition): LabelLine[] {
  const event = transition.kind === 'always' ? '' : eventTextOf(transition)
  const guard = transition.guard === null ? '' : `[${transition.guard}]`
  if (event === '' && guard === '') return [{ event: 'always', guard }]
  if (guard === '' || lineWidth({ event, guard }) <= labelWidthMaxPx) return [{ event, guard }]
  const guardLines = wrap(guard.split(' '), { font: fonts.label, widthMax: labelWidthMaxPx, separator: ' ' })
  return [...(event === '' ? [] : [{ event, guard: '' }]), ...guardLines.map((line) => ({ event: '', guard: line }))]
}

function lineWidth({ event, guard }: LabelLine): number {
  return textWidth([event, guard].filter(Boolean).join(' '), fonts.label)
}

export function labelSizeOf(label: readonly LabelLine[]): { widthPx: number; heightPx: number } {
  return { widthPx: Math.ceil(Math.max(0, ...label.map(lineWidth))) + 8, heightPx: label.length * 14 + 4 }
}
