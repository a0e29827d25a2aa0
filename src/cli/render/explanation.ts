/** `rolecall replay --explain`: why, in a screenful. */
import { printable } from '../../recorder/describe.ts'
import type { Explanation, ExplanationLine } from '../../recorder/explanation.ts'
import type { Incident } from '../../recorder/incidents.ts'
import type { Insight } from '../../recorder/insights.ts'
import { courseOf } from '../../recorder/milestones.ts'
import { wallTime } from '../../recorder/text.ts'
import type { Style } from './style.ts'

type Insights = ReadonlyMap<string, Insight>

/** More would not be a screenful. */
const lineCountMax = 24
const widthMax = 132

export function renderExplanation(
  explanation: Explanation,
  { insights, style }: { readonly insights: Insights; readonly style: Style },
): string[] {
  const { incident } = explanation
  const story = toldIn(explanation)
  const course = courseOf(explanation)
  const shown = new Set(mostTelling(story, new Set(course.milestones.map(({ recordId }) => recordId))))
  const originUs = course.fromUs
  const nodeWidth = Math.max(0, ...[...shown].map(({ nodes }) => nodes.length))
  const isSkippedFrom = (index: number) => !shown.has(story[index]!) && (index === 0 || shown.has(story[index - 1]!))
  return [
    ...(incident ? headOf(incident, { style, isServed: isServedThroughout(explanation) }) : []),
    '',
    ...story.flatMap((told, index) => {
      if (shown.has(told)) return renderLine(told, { originUs, nodeWidth, insights, style })
      return isSkippedFrom(index) ? [style.dim(`            … ${skippedCount(story, index, shown)} more`)] : []
    }),
    '',
    ...(course.milestones.length > 1 ? [renderCourse(course.milestones, style)] : []),
    ...(incident ? [style.dim(`every step: --explain ${printable(incident.id)} --full`)] : []),
  ]
}

/** What the course is told by, the last service, and of the rest the earliest: what only stands beside it gives way first. */
function mostTelling(story: readonly Told[], milestones: ReadonlySet<string>): Told[] {
  const last = story.findLast(({ line }) => line.phase === 'serve')
  const rankOf = (told: Told) => {
    if (told === last || told.line.isAsked || milestones.has(told.line.recordId)) return 0
    return told.line.phase === 'other' || told.line.phase === 'restart' ? 2 : 1
  }
  return [...story].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, lineCountMax)
}

function skippedCount(story: readonly Told[], from: number, shown: ReadonlySet<Told>): number {
  const next = story.findIndex((told, index) => index > from && shown.has(told))
  return (next < 0 ? story.length : next) - from
}

/** Nobody took up a service, or gave one up. */
function isServedThroughout({ lines }: Explanation): boolean {
  return lines.every(({ phase }) => phase !== 'serve' && phase !== 'demote')
}

function headOf(incident: Incident, { style, isServed }: { style: Style; isServed: boolean }): string[] {
  const { severity, title, startUs, endUs, assignments, outageMs, id } = incident
  const paint = severity === 'critical' ? style.bad : severity === 'warning' ? style.warning : style.bold
  const names = printable(assignments.slice(0, 4).join(', ')) + (assignments.length > 4 ? ', …' : '')
  const service = isServed ? `${names} served throughout` : `of ${names}`
  const outage = outageMs === null ? service : `${names} without a primary for ${inMs(outageMs)}`
  const end = endUs === null ? 'not over where the recording ends' : `over after ${inMs((endUs - startUs) / 1000)}`
  const facts = [severity, wallTime(startUs), ...(names === '' ? [] : [outage]), end, printable(id)]
  return [paint(title), style.dim(facts.join(' · '))]
}

interface Told {
  readonly line: ExplanationLine
  /** All nodes on which the same was seen. */
  nodes: string
}

/**
 * What several nodes saw alike is told once. Once it is served again, what came of the rest is told, and not each order to it: unless
 * there is room for all.
 */
function toldIn({ lines }: Explanation): Told[] {
  const all: Told[] = []
  for (const line of lines) {
    const alike = all.find(({ line: other, nodes }) => isAlike(other, line) && !nodes.split(',').includes(line.node))
    if (alike) alike.nodes += `,${line.node}`
    else all.push({ line, nodes: printable(line.node) })
  }
  if (all.length <= lineCountMax / 2) return all
  const served = all.findIndex(({ line }) => line.phase === 'serve')
  return served < 0 ? all : all.filter(({ line }, index) => index <= served || !isOrder(line))
}

function isAlike(a: ExplanationLine, b: ExplanationLine): boolean {
  return a.text === b.text && !b.isAsked && b.timeUs - a.timeUs < 1_000_000
}

function isOrder({ text, phase }: ExplanationLine): boolean {
  return text.includes(' is told to become ') || (phase === 'decide' && text.includes('told: '))
}

interface Rendering {
  readonly originUs: number
  readonly nodeWidth: number
  readonly insights: Insights
  readonly style: Style
}

function renderLine({ line, nodes }: Told, { originUs, nodeWidth, insights, style }: Rendering): string[] {
  const offset = `+${inMs((line.timeUs - originUs) / 1000)}`.padStart(11)
  const phase = line.phase === 'other' ? '' : line.phase
  const insight = insights.get(line.recordId)
  const guards = heldIn(insight)
  const front = `${offset}  ${nodes.padEnd(nodeWidth)}  ${phase.padEnd(8)}`
  const indent = ' '.repeat(front.length)
  const paint = line.phase === 'serve' ? style.good : line.phase === 'detect' ? style.warning : (text: string) => text
  const body = wrapped(`${line.text}${line.isAsked && line.depth > 0 ? ' ◀' : ''}`, widthMax - front.length)
  const told = body.map((text, index) => `${index === 0 ? style.dim(front) : indent}${paint(text)}`)
  if (guards !== '') told[told.length - 1] += style.dim(`  [${guards}]`)
  const reasons = [...(insight?.reasons ?? [])].slice(0, 4)
  return [...told, ...reasons.map(([place, why]) => style.dim(`${indent}  why ${printable(`${place}: ${why}`)}`))]
}

/** Guards that only sort commands by role say nothing of why. */
const sorting = /^(isFor|isRepeated|isAnswer|isPrepared|isStale|isPeer|isCommitting|isConverging)\b/

function heldIn(insight: Insight | undefined): string {
  const telling = (insight?.guards ?? []).filter(({ guard, held }) => held && !sorting.test(guard))
  return telling.map(({ guard }) => printable(guard)).join(', ')
}

function renderCourse(milestones: ReturnType<typeof courseOf>['milestones'], style: Style): string {
  const parts = milestones.map(({ reached, tookMs }) => `${reached} ${inMs(tookMs)}`)
  return `${style.bold('took')}  ${parts.join(' → ')}; ${inMs(milestones.at(-1)!.atMs)} in all`
}

function inMs(ms: number): string {
  if (ms < 10_000) return `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`
  return ms < 600_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(0)} min`
}

function wrapped(text: string, width: number): string[] {
  return Bun.wrapAnsi(text, Math.max(40, width), { hard: false, trim: true }).split('\n')
}

/** One line an incident, for `--incidents`. */
export function renderIncidents(incidents: readonly Incident[], style: Style): string[] {
  return incidents.map((incident) => {
    const { severity, title, startUs, outageMs, id } = incident
    const paint = severity === 'critical' ? style.bad : severity === 'warning' ? style.warning : style.dim
    const outage = outageMs === null ? '' : inMs(outageMs)
    return `${style.dim(wallTime(startUs))}  ${printable(id).padEnd(12)}  ${paint(severity.padEnd(8))}  ${outage.padStart(9)}  ${title}`
  })
}
