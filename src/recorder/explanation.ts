/** Why: the course of an incident, or what led to one step and what it led to, a line for each step that mattered. */

import { Knowledge } from './incidents/knowledge.ts'
import { linksOf } from './incidents/links.ts'
import { type PhaseName, type Phrase, phraseOf, plainPhraseOf } from './incidents/phrases.ts'
import { type Incident, incidentIndexOf } from './incidents.ts'
import { causesOf, consequencesOf } from './narrative.ts'
import { compareEntries, type Timeline, type TimelineEntry } from './timeline.ts'

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
  const records = inOrder(story)
  return { id, incident, lines: tell(records, { timeline, asked, phrases: phrasesIn(timeline, records) }), records }
}

/** Of every incident, in the order in which they began: the timeline is read once for all. */
export function explanationsOf(timeline: Timeline): (Explanation & { readonly incident: Incident })[] {
  const { incidents, byStep } = incidentIndexOf(timeline)
  const told = timeline.entries.filter(({ id }) => byStep.has(id))
  const phrases = phrasesIn(timeline, told)
  return incidents.map((incident) => {
    const { id } = incident
    const records = inOrder(stepsOf(timeline, incident))
    return { id, incident, lines: tell(records, { timeline, asked: timeline.byId.get(id)!, phrases }), records }
  })
}

function stepsOf(timeline: Timeline, { recordIds }: Incident): TimelineEntry[] {
  return recordIds.map((id) => timeline.byId.get(id)).filter((entry) => entry !== undefined)
}

function inOrder(story: Iterable<TimelineEntry>): TimelineEntry[] {
  return [...new Set(story)].sort(compareEntries)
}

type Phrases = ReadonlyMap<TimelineEntry, Phrase>

/** Everything before is read, for what was known then; only the story, which is in order, is told. */
function phrasesIn({ entries }: Timeline, story: readonly TimelineEntry[]): Phrases {
  const known = new Knowledge(entries)
  const phrases = new Map<TimelineEntry, Phrase>()
  let next = 0
  for (const entry of entries) {
    if (next === story.length) break
    if (entry === story[next]) {
      const phrase = phraseOf(entry, known)
      if (phrase) phrases.set(entry, phrase)
      next += 1
    }
    known.note(entry)
  }
  return phrases
}

function tell(
  story: readonly TimelineEntry[],
  { timeline, asked, phrases }: { timeline: Timeline; asked: TimelineEntry; phrases: Phrases },
): ExplanationLine[] {
  const links = linksFor(timeline.entries)
  const depths = new Map<string, number>()
  const lines: ExplanationLine[] = []
  for (const entry of story) {
    const link = links.get(entry.id)
    const above = link === undefined ? undefined : depths.get(link)
    const isAsked = entry === asked
    const phrase = phrases.get(entry) ?? (isAsked ? plainPhraseOf(entry) : null)
    const depth = above === undefined ? 0 : above + (phrase ? 1 : 0)
    depths.set(entry.id, depth)
    if (phrase) lines.push(lineOf(entry, { ...phrase, depth, isAsked, fromUs: lines[0]?.timeUs ?? entry.time.us }))
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
