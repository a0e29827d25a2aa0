/** A chart in mermaid's language, for the places that draw it by themselves. */
import { drawingOf, isStay } from './drawing.ts'
import { type Chart, type ChartState, type ChartTransition, eventTextOf } from './model.ts'

export function mermaidOf(chart: Chart): string {
  return `${['stateDiagram-v2', ...statesIn(chart, '', '  '), ...edges(chart), ...notes(chart)].join('\n')}\n`
}

/** Mermaid's names are without dots. */
const idOf = (path: string) => path.replaceAll('.', '_')

function statesIn(chart: Chart, parent: string, indent: string): string[] {
  const initial = parent === '' ? chart.initial : chart.states.find(({ path }) => path === parent)!.initial
  const own = chart.states.filter((state) => state.parent === parent)
  return [
    ...(initial === null ? [] : [`${indent}[*] --> ${idOf(initial)}`]),
    ...own.flatMap((state) => stateLines(chart, state, indent)),
  ]
}

function stateLines(chart: Chart, { path, name, type }: ChartState, indent: string): string[] {
  const own = `${indent}state "${name}" as ${idOf(path)}`
  if (type !== 'compound' && type !== 'parallel') return [own]
  return [`${own} {`, ...statesIn(chart, path, `${indent}  `), `${indent}}`]
}

/** From anywhere: from a state of that name, as mermaid has none for it. */
const anywhere = 'anywhere'

function edges(chart: Chart): string[] {
  const drawn = drawingOf(chart).edges
  const isAnywhere = drawn.some(({ source }) => source === '')
  const lines = drawn.map(({ source, target, transitions }) => {
    const texts = chart.transitions.filter(({ id }) => transitions.includes(id)).map(labelOf)
    return `  ${source === '' ? anywhere : idOf(source)} --> ${idOf(target)} : ${[...new Set(texts)].join('<br/>')}`
  })
  return [...(isAnywhere ? [`  state "any state" as ${anywhere}`] : []), ...lines]
}

function labelOf(transition: ChartTransition): string {
  const { kind, guard } = transition
  const event = kind === 'always' ? '' : eventTextOf(transition)
  return [event, guard === null ? '' : `[${guard}]`].filter(Boolean).join(' ') || 'always'
}

/** What does not leave a state, as a note at it. */
function notes(chart: Chart): string[] {
  return chart.states.flatMap(({ path }) => {
    const events = new Set(chart.transitions.filter((each) => each.source === path && isStay(each)).map(eventTextOf))
    return events.size === 0 ? [] : [`  note right of ${idOf(path)} : on ${[...events].join(', ')}`]
  })
}
