/** The timeline and narratives as text: for `rolecall replay` and for the demo. */
import { describeMessage, printable } from './describe.ts'
import type { Narrative, NarrativeLine } from './narrative.ts'
import type { TimelineEntry } from './timeline.ts'

/** How text is set off on a terminal; `plainPaint` leaves it as it is. */
export interface Paint {
  /** What leads the eye: the time, the id. */
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
  /** A change of state. */
  readonly change: (text: string) => string
}

const same = (text: string) => text

export const plainPaint: Paint = { dim: same, strong: same, change: same }

/** Effects told of one step; the rest are counted. */
const effectCountMax = 6

/**
 * The story, several lines a step:
 *
 *     +    0.0 ms  n1  component/n1/ledger  process.exited (signal SIGKILL)
 *                                           primary.ready → offline.stopped
 *                                           does status.report (…)
 */
export function formatNarrative(narrative: Narrative, paint: Paint = plainPaint): string {
  const { lines, leftOutCount } = narrative
  const nodeWidth = widthOf(lines.map((line) => line.node))
  const actorWidth = widthOf(lines.map((line) => line.actor))
  const text = lines.flatMap((line) => {
    const offset = `+${line.offsetMs.toFixed(1).padStart(9)} ms`
    const indent = ' '.repeat(offset.length + nodeWidth + actorWidth + 6)
    const front = `${paint.dim(offset)}  ${line.node.padEnd(nodeWidth)}  ${line.actor.padEnd(actorWidth)}  `
    return [front + eventOf(line, paint), ...detailsOf(line, paint).map((detail) => indent + detail)]
  })
  if (leftOutCount > 0) text.push(paint.dim(`(${leftOutCount} steps left out)`))
  return text.map((line) => `${line}\n`).join('')
}

function eventOf(line: NarrativeLine, paint: Paint): string {
  const event = line.isAsked ? paint.strong(`${line.event} ◀`) : paint.strong(line.event)
  return line.repeatCount === 1 ? event : `${event} (${line.repeatCount} times)`
}

function detailsOf(line: NarrativeLine, paint: Paint): string[] {
  const told = line.effects.slice(0, effectCountMax).map((effect) => `does ${effect}`)
  const moreCount = line.effects.length - told.length
  if (moreCount > 0) told.push(`does ${moreCount} more`)
  return [...(line.change === null ? [] : [paint.change(line.change)]), ...told]
}

/** One line of the merged timeline: wall time, id, actor, event, change of state, names of the effects. */
export function formatEntry(entry: TimelineEntry, paint: Paint = plainPaint): string {
  const parts = [
    paint.dim(`${wallTime(entry.time.us)}  ${printable(entry.id).padEnd(12)}`),
    printable(entry.actor).padEnd(20),
  ]
  parts.push(paint.strong(describeMessage(entry.event)))
  if (entry.kind === 'start') parts.push(paint.change(`→ ${entry.state}`))
  else if (entry.fromState !== null && entry.fromState !== entry.state) {
    parts.push(paint.change(`${entry.fromState} → ${entry.state}`))
  }
  if (entry.effects.length > 0) parts.push(`does ${entry.effects.map((effect) => effect.type).join(', ')}`)
  return parts.join('  ')
}

/** `2026-01-31T12:34:56.789012Z`: a label, for people to compare with other logs. */
export function wallTime(us: number): string {
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}${String(us % 1000).padStart(3, '0')}Z`
}

function widthOf(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0)
}
