/** A drawing as SVG: a document that stands by itself, in light and dark, and asks nobody for anything. */
import rules from './chart.css' with { type: 'text' }
import type { DrawnMachine, Layout, PlacedBox, PlacedEdge, PlacedStart } from './layout.ts'
import { type Chart, type ChartState, litStates } from './model.ts'
import {
  classesOf,
  headOf,
  isInner,
  labelLinesAt,
  nameTextOf,
  type PlacedText,
  pathOf,
  rootRowsOrigin,
  rowsAt,
  rowsOriginOf,
} from './shapes.ts'
import colours from './standalone.css' with { type: 'text' }

interface SvgOptions {
  /** Lit, as the recorder writes it: `primary.ready`. */
  readonly state?: string
}

const titleHeightPx = 56

export function svgOf({ chart, layout }: DrawnMachine, { state }: SvgOptions = {}): string {
  const lit = state === undefined ? new Set<string>() : litStates(state)
  const { width, edges } = layout
  const height = layout.height + titleHeightPx
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 ${-titleHeightPx} ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${xml(titleOf(chart, state))}</title>`,
    `<desc id="description">${xml(chart.purpose)}</desc>`,
    `<style>\n${String(colours)}${String(rules)}</style>`,
    `<rect class="c-ground" y="${-titleHeightPx}" width="${width}" height="${height}"/>`,
    `<text class="c-title" x="16" y="-26">${xml(chart.name)}</text>`,
    `<text class="c-subtitle" x="16" y="-8">version ${chart.version}${state === undefined ? '' : `, in ${xml(state)}`}</text>`,
    ...rowTexts(rowsAt(layout.rootRows, rootRowsOrigin)),
    ...layout.boxes.map((box) => boxSvg(box, { chart, isLit: lit.has(box.path) })),
    ...layout.starts.map(startSvg),
    ...anywhereSvg(layout),
    ...edges.map(edgeSvg),
    ...edges.map(labelSvg),
    '</svg>',
  ].join('\n')}\n`
}

function titleOf({ name, version }: Chart, state: string | undefined): string {
  return `The machine ${name}, version ${version}${state === undefined ? '' : `, in ${state}`}`
}

function boxSvg(box: PlacedBox, { chart, isLit }: { chart: Chart; isLit: boolean }): string {
  const state = chart.states.find(({ path }) => path === box.path) as ChartState
  const classes = [...classesOf(state), isLit ? 'c-lit' : ''].filter(Boolean)
  return [
    `<g class="${classes.join(' ')}" data-state="${xml(box.path)}">`,
    state.description === null ? '' : `<title>${xml(state.description)}</title>`,
    `<rect class="c-box" x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="${classes.includes('c-compound') ? 10 : 7}"/>`,
    text('c-name', nameTextOf(box, state.name)),
    ...rowTexts(rowsAt(box.rows, rowsOriginOf(box))),
    '</g>',
  ].join('')
}

function rowTexts(rows: ReturnType<typeof rowsAt>): string[] {
  return rows.flatMap(({ keyword, lines }) => [text('c-keyword', keyword), ...lines.map((line) => text('c-row', line))])
}

function startSvg({ points }: PlacedStart): string {
  const { x, y } = points[0]!
  return `<g class="c-start-edge"><circle class="c-start" cx="${x}" cy="${y}" r="4"/><path d="${pathOf(points)}"/><path class="c-head" d="${headOf(points)}"/></g>`
}

function anywhereSvg({ anywhere }: Layout): string[] {
  if (!anywhere) return []
  const { x, y, width, height } = anywhere
  return [
    `<g class="c-anywhere"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}"/><text x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle">any state</text></g>`,
  ]
}

function edgeSvg({ id, points }: PlacedEdge): string {
  return `<g class="c-edge" data-edge="${xml(id)}"><path d="${pathOf(points)}"/><path class="c-head" d="${headOf(points)}"/></g>`
}

function labelSvg(edge: PlacedEdge): string {
  const { label, labelArea } = edge
  if (!labelArea) return ''
  const { x, y, width, height } = labelArea
  const lines = labelLinesAt(label, labelArea).map(
    ({ event, guard, ...at }) =>
      `<text class="c-label" x="${at.x}" y="${at.y}" textLength="${at.widthPx}" lengthAdjust="spacingAndGlyphs">${xml(event)}${guard === '' ? '' : `<tspan class="c-guard">${event === '' ? '' : ' '}${xml(guard)}</tspan>`}</text>`,
  )
  return `<g><rect class="c-plate${isInner(edge) ? ' c-inner' : ''}" x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>${lines.join('')}</g>`
}

/** As wide as the layout takes it to be, whatever the font. */
function text(className: string, { text: words, x, y, widthPx }: PlacedText): string {
  return `<text class="${className}" x="${x}" y="${y}" textLength="${widthPx}" lengthAdjust="spacingAndGlyphs">${xml(words)}</text>`
}

function xml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
