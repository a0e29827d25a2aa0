/** Why: the course of an incident, or what led to one step and what it led to, a line for each step that mattered. */

import { Knowledge } from './incidents/knowledge.ts'
import { linksOf } from './incidents/links.ts'
import { type PhaseName, phraseOf } from './incidents/phrases.ts'
import { type Incident, incidentIndexOf } from './incidents.ts'
import { causesOf, consequencesOf } from './narrative.ts'
import type { Timeline, TimelineEntry } from './timeline.ts'

export interface ExplanationLine {
  readonly recordId: string
  readonly timeUs: number
  /** From the first line. */
  readonly offsetMs: number
  /** How many causes lie between it and the first of its causes among the lines. */
  readonly depth: number
  readonly node: string
  readonly actor: string
  readonly phase: PhaseName
  /** What happened, without the node. */
  readonly text: string
  /** The step that was asked about. */
  readonly isAsked: boolean
}

export interface Explanation {
  /** Of the incident or step that was asked for. */
  readonly id: string
  /** null: the step belongs to none. */
  readonly incident: Incident | null
  readonly lines: ExplanationLine[]
  /** All of the chain, told or not, in order. */
  readonly records: TimelineEntry[]
}

/** Of an incident or any step, by id. A step of an incident is explained by the whole of it. null: there is no such step. */
export function explanationOf(timeline: Timeline, id: string): Explanation | null {
  const asked = timeline.byId.get(id)
  if (!asked) return null
  const incident = incidentIndexOf(timeline).byStep.get(id) ?? null
  const story = incident
    ? stepsOf(timeline, incident)
    : [...causesOf(timeline, asked), asked, ...consequencesOf(timeline, asked)]
  const told = new Set(story)
  const records = timeline.entries.filter((entry) => told.has(entry))
  return { id, incident, lines: tell(timeline, told, asked), records }
}

function stepsOf(timeline: Timeline, { recordIds }: Incident): TimelineEntry[] {
  return recordIds.map((id) => timeline.byId.get(id)).filter((entry) => entry !== undefined)
}

/** Everything before is read, for what was known then; only the story is told. */
function tell({ entries }: Timeline, story: ReadonlySet<TimelineEntry>, asked: TimelineEntry): ExplanationLine[] {
  const known = new Knowledge(entries)
  const links = linksFor(entries)
  const depths = new Map<string, number>()
  const lines: ExplanationLine[] = []
  let leftCount = story.size
  for (const entry of entries) {
    if (story.has(entry)) {
      const link = links.get(entry.id)
      const above = link === undefined ? undefined : depths.get(link)
      const isAsked = entry === asked
      const phrase = phraseOf(entry, known) ?? (isAsked ? { phase: 'other' as const, text: entry.event.type } : null)
      const depth = above === undefined ? 0 : above + (phrase ? 1 : 0)
      depths.set(entry.id, depth)
      if (phrase) lines.push(lineOf(entry, { ...phrase, depth, isAsked, fromUs: lines[0]?.timeUs ?? entry.time.us }))
      leftCount -= 1
      if (leftCount === 0) break
    }
    known.note(entry)
  }
  return lines
}

const linksOfEntries = new WeakMap<Timeline['entries'], ReadonlyMap<string, string>>()

function linksFor(entries: Timeline['entries']): ReadonlyMap<string, string> {
  const made = linksOfEntries.get(entries) ?? linksOf(entries)
  linksOfEntries.set(entries, made)
  return made
}

function lineOf(
  { id, time, node, actor }: TimelineEntry,
  told: { phase: PhaseName; text: string; depth: number; isAsked: boolean; fromUs: number },
): ExplanationLine {
  const { fromUs, ...rest } = told
  return { recordId: id, timeUs: time.us, offsetMs: (time.us - fromUs) / 1000, node, actor, ...rest }
}
