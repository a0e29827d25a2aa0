/** A drawing as SVG: a document that stands by itself, in light and dark, and asks nobody for anything. */
import rules from './chart.css' with { type: 'text' }
import type { DrawnMachine, Layout, PlacedBox, PlacedEdge, PlacedStart } from './layout.ts'
import { type Chart, type ChartState, litStates } from './model.ts'
import { headOf, labelLinesAt, nameTextOf, type PlacedText, pathOf, rowsAt, rowsOriginOf } from './shapes.ts'
import colours from './standalone.css' with { type: 'text' }

export interface SvgOptions {
  /** Lit, as the recorder writes it: `primary.ready`. */
  readonly state?: string
}

export function svgOf({ chart, layout }: DrawnMachine, { state }: SvgOptions = {}): string {
  const lit = state === undefined ? new Set<string>() : litStates(state)
  const { width, height } = layout
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${xml(titleOf(chart, state))}</title>`,
    `<desc id="description">${xml(chart.purpose)}</desc>`,
    `<style>\n${String(colours)}${String(rules)}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...rootRows(layout),
    ...layout.boxes.map((box) =>
      boxSvg(box, {
        state: chart.states.find(({ path }) => path === box.path)!,
        machine: chart.name,
        isLit: lit.has(box.path),
        isCompound: hasChildren(chart, box.path),
      }),
    ),
    ...layout.starts.map(startSvg),
    ...anywhereSvg(layout),
    ...layout.edges.map((edge) => edgeSvg(edge)),
    ...layout.edges.map((edge) => labelSvg(edge)),
    '</svg>',
  ].join('\n')}\n`
}

function titleOf({ name, version }: Chart, state: string | undefined): string {
  return `The machine ${name}, version ${version}${state === undefined ? '' : `, in ${state}`}`
}

function hasChildren(chart: Chart, path: string): boolean {
  return chart.states.some(({ parent }) => parent === path)
}

function boxSvg(
  box: PlacedBox,
  of: { state: ChartState; machine: string; isLit: boolean; isCompound: boolean },
): string {
  const { state, isLit, isCompound } = of
  const classes = ['state', isCompound ? 'compound' : '', isLit ? 'lit' : ''].filter(Boolean).join(' ')
  return [
    `<g class="${classes}" data-state="${xml(box.path)}">`,
    state.description === null ? '' : `<title>${xml(state.description)}</title>`,
    `<rect class="box" x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="${isCompound ? 10 : 7}"/>`,
    text('name', nameTextOf(box, state.name)),
    ...rowsAt(box.rows, rowsOriginOf(box)).flatMap(({ keyword, lines }) => [
      text('keyword', keyword),
      ...lines.map((line) => text('row', line)),
    ]),
    '</g>',
  ].join('')
}

function rootRows({ rootRows }: Layout): string[] {
  return rowsAt(rootRows, { x: 16, y: 26 }).flatMap(({ keyword, lines }) => [
    text('keyword', keyword),
    ...lines.map((line) => text('row', line)),
  ])
}

function startSvg({ points }: PlacedStart): string {
  const { x, y } = points[0]!
  return `<g class="startEdge"><circle class="start" cx="${x}" cy="${y}" r="4"/><path d="${pathOf(points)}"/><path class="head" d="${headOf(points)}"/></g>`
}

function anywhereSvg({ anywhere }: Layout): string[] {
  if (!anywhere) return []
  const { x, y, width, height } = anywhere
  return [
    `<g class="anywhere"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}"/><text x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle">any state</text></g>`,
  ]
}

function edgeSvg({ id, points }: PlacedEdge): string {
  return `<g class="edge" data-edge="${xml(id)}"><path d="${pathOf(points)}"/><path class="head" d="${headOf(points)}"/></g>`
}

function labelSvg({ label, labelArea }: PlacedEdge): string {
  if (!labelArea) return ''
  const { x, y, width, height } = labelArea
  const lines = labelLinesAt(label, labelArea).map(
    ({ event, guard, ...at }) =>
      `<text class="label" x="${at.x}" y="${at.y}" textLength="${at.widthPx}" lengthAdjust="spacingAndGlyphs">${xml(event)}${guard === '' ? '' : `<tspan class="guard">${event === '' ? '' : ' '}${xml(guard)}</tspan>`}</text>`,
  )
  return `<g><rect class="plate" x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>${lines.join('')}</g>`
}

/** As wide as the layout takes it to be, whatever the font. */
function text(className: string, { text: words, x, y, widthPx }: PlacedText): string {
  return `<text class="${className}" x="${x}" y="${y}" textLength="${widthPx}" lengthAdjust="spacingAndGlyphs">${xml(words)}</text>`
}

function xml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
