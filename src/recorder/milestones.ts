/** What each part of an incident's course took: from the last that was heard of what failed, or the failure itself, to service again. */
import type { Explanation, ExplanationLine } from './explanation.ts'
import type { PhaseName } from './incidents/phrases.ts'
import { number } from './incidents/read.ts'

export interface Milestone {
  readonly phase: PhaseName
  /** What was reached, in a word. */
  readonly reached: string
  readonly recordId: string
  /** From the beginning. */
  readonly atMs: number
  /** From the milestone before. */
  readonly tookMs: number
}

export interface Course {
  /** When it began: of silence, when the node was last heard. */
  readonly fromUs: number
  readonly milestones: readonly Milestone[]
}

/** In the order of time. Parts that did not happen are not in it. */
export function courseOf({ lines, records }: Explanation): Course {
  const first = lines[0]
  if (!first) return { fromUs: records[0]?.time.us ?? 0, milestones: [] }
  const silentMs = number(records.find(({ id }) => id === first.recordId)?.event.silentForMs) ?? 0
  const fromUs = first.timeUs - Math.round(silentMs * 1000)
  const milestones: Milestone[] = []
  for (const { line, reached } of reachedIn(lines).sort((a, b) => a.line.timeUs - b.line.timeUs)) {
    const atMs = (line.timeUs - fromUs) / 1000
    const tookMs = atMs - (milestones.at(-1)?.atMs ?? 0)
    milestones.push({ phase: line.phase, reached, recordId: line.recordId, atMs, tookMs })
  }
  return { fromUs, milestones }
}

interface Reached {
  readonly line: ExplanationLine
  readonly reached: string
}

function reachedIn(lines: readonly ExplanationLine[]): Reached[] {
  const serve = lines.find(({ phase }) => phase === 'serve')
  const before = serve ? lines.filter(({ timeUs }) => timeUs <= serve.timeUs) : lines
  const isDecision = ({ text }: ExplanationLine) => text.includes('it is decided: ')
  const decided = before.find(isDecision)
  const committed = before.find(
    (line) => line.text.startsWith('the decision is in the log') && line.timeUs >= (decided?.timeUs ?? 0),
  )
  const found: [string, ExplanationLine | undefined][] = [
    ['detected', seenBy(before, decided).find(isNotice) ?? before.find(isNotice)],
    ['another master', seenBy(before, decided).findLast(({ text }) => text.startsWith('it is master'))],
    ['safe to act', seenBy(before, decided).findLast(isSafe)],
    ['decided', decided],
    ['committed', committed],
    ['demoted', before.findLast(({ phase }) => phase === 'demote')],
    ['commanded', before.find(({ phase }) => phase === 'promote')],
    ['served', serve],
  ]
  return found.flatMap(([reached, line]) => (line ? [{ reached, line }] : []))
}

/** What the node that decided had seen itself by then. */
function seenBy(lines: readonly ExplanationLine[], decided: ExplanationLine | undefined): ExplanationLine[] {
  return lines.filter(({ node, timeUs }) => node === decided?.node && timeUs <= decided.timeUs)
}

/** Of what failed: neither that something may have, nor what it means for the mastership. */
function isNotice({ phase, text }: ExplanationLine): boolean {
  return phase === 'detect' && !/^(heartbeats of|the master|master no more)|is heard again$/.test(text)
}

function isSafe({ phase, text }: ExplanationLine): boolean {
  return phase === 'fence' && /^waited until|is known to be off|is cut off/.test(text)
}
