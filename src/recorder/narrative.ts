/** A story from the black box: which step led to which, in lines for people. Data here; `formatNarrative` makes the text. */
import { describeMessage, printable } from './describe.ts'
import type { Timeline, TimelineEntry } from './timeline.ts'

export interface NarrativeLine {
  readonly id: string
  /** From the story's root. */
  readonly offsetMs: number
  /** How many causes lie between the line and the first of its causes in the story. */
  readonly depth: number
  readonly node: string
  readonly actor: string
  readonly event: string
  /** `secondary.ready → primary.assuming`; null: the state stayed. */
  readonly change: string | null
  readonly effects: readonly string[]
  /** The step that was asked about. */
  readonly isAsked: boolean
  /** So many steps alike, in a row, were told as this one. */
  readonly repeatCount: number
}

export interface Narrative {
  readonly rootId: string | null
  readonly lines: readonly NarrativeLine[]
  /** Steps that belong to the story but were left out: as noise, or because it grew too long. */
  readonly leftOutCount: number
}

export interface NarrateOptions {
  readonly fromUs: number
  readonly toUs: number
  /** Only these actors: by name, or by the front of it (`component` means `component/…`). Default: all. */
  readonly actors?: readonly string[]
  /** Only this step, what led to it, and what it led to. Default: all that happened in the time. */
  readonly trigger?: string
  /** What is not worth a line, besides steps without any outcome. */
  readonly isNoise?: (entry: TimelineEntry) => boolean
  /** Default 200. */
  readonly lineCountMax?: number
}

const lineCountMaxDefault = 200
/** Causes are followed so far; more would be a circle. */
const depthMax = 10_000

/**
 * From a step back over its causes to the root, and forward to everything it led to. null: there is no such step (the
 * ring may have turned). Nothing is left out as noise, so that the chain is seen whole.
 */
export function explain(timeline: Timeline, id: string, { lineCountMax = lineCountMaxDefault } = {}): Narrative | null {
  const asked = timeline.byId.get(id)
  if (!asked) return null
  return tell(storyOf(timeline, asked), { timeline, lineCountMax, leftOutCount: 0, askedId: id })
}

/** Every one of these steps, such as those of an incident, in order. */
export function narrateSteps(
  timeline: Timeline,
  story: readonly TimelineEntry[],
  { askedId, lineCountMax = lineCountMaxDefault }: { readonly askedId: string; readonly lineCountMax?: number },
): Narrative {
  return tell(story, { timeline, lineCountMax, leftOutCount: 0, askedId })
}

/** What happened in a span of time, the steps without outcome left out unless they led to one with. */
export function narrate(timeline: Timeline, options: NarrateOptions): Narrative {
  const trigger = options.trigger === undefined ? null : timeline.byId.get(options.trigger)
  const from = trigger === undefined ? [] : trigger ? storyOf(timeline, trigger) : timeline.entries
  const isWithin = (entry: TimelineEntry) => entry.time.us >= options.fromUs && entry.time.us <= options.toUs
  const isWanted = (entry: TimelineEntry) => isOf(entry, options.actors) && !options.isNoise?.(entry)
  const inTime = from.filter(isWithin)
  const kept = new Set<TimelineEntry>()
  const followed = new Set<TimelineEntry>()
  for (const entry of inTime.filter((one) => hasOutcome(one) && isWanted(one))) {
    kept.add(entry)
    for (let cause = causeOf(timeline, entry); cause && !followed.has(cause); cause = causeOf(timeline, cause)) {
      followed.add(cause)
      if (isWithin(cause) && isWanted(cause)) kept.add(cause)
    }
  }
  const lineCountMax = options.lineCountMax ?? lineCountMaxDefault
  const leftOutCount = Math.max(0, inTime.length - kept.size)
  return tell(kept, { timeline, lineCountMax, leftOutCount, askedId: options.trigger ?? null })
}

/** Whether a name is one of the actors, or below one of them. */
export function isActor(actor: string, name: string): boolean {
  return actor === name || actor.startsWith(`${name}/`)
}

function isOf(entry: TimelineEntry, actors: readonly string[] | undefined): boolean {
  return actors === undefined || actors.some((name) => isActor(entry.actor, name))
}

/** A step that neither changed its state nor asked for anything is of no consequence. */
function hasOutcome(entry: TimelineEntry): boolean {
  return changeOf(entry) !== null || entry.effects.length > 0
}

function storyOf(timeline: Timeline, trigger: TimelineEntry): TimelineEntry[] {
  return [...causesOf(timeline, trigger), trigger, ...consequencesOf(timeline, trigger)]
}

/** Nearest first. */
export function causesOf(timeline: Timeline, entry: TimelineEntry): TimelineEntry[] {
  const causes: TimelineEntry[] = []
  let next = causeOf(timeline, entry)
  for (; next && causes.length < depthMax; next = causeOf(timeline, next)) causes.push(next)
  return causes
}

/** null: the world caused it, or the ring no longer has its cause. */
function causeOf(timeline: Timeline, entry: TimelineEntry): TimelineEntry | null {
  return entry.cause === null ? null : (timeline.byId.get(entry.cause) ?? null)
}

/** All of them, however far; a damaged box cannot make this walk in a circle. */
export function consequencesOf(timeline: Timeline, entry: TimelineEntry): TimelineEntry[] {
  const found = new Set<TimelineEntry>()
  const waiting = [entry]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const consequence of timeline.consequences.get(next.id) ?? []) {
      if (found.has(consequence)) continue
      found.add(consequence)
      waiting.push(consequence)
    }
  }
  found.delete(entry)
  return [...found]
}

interface Telling {
  readonly timeline: Timeline
  readonly lineCountMax: number
  readonly leftOutCount: number
  readonly askedId: string | null
}

function tell(story: Iterable<TimelineEntry>, { timeline, lineCountMax, leftOutCount, askedId }: Telling): Narrative {
  const told = new Set(story)
  const ordered = timeline.entries.filter((entry) => told.has(entry))
  const root = ordered[0]
  const depths = new Map<string, number>()
  const lines: NarrativeLine[] = []
  let overCount = 0
  for (const entry of ordered) {
    const depth = entry.cause === null ? 0 : (depths.get(entry.cause) ?? -1) + 1
    depths.set(entry.id, depth)
    const line = lineOf(entry, { rootUs: root!.time.us, depth, isAsked: entry.id === askedId })
    const last = lines.at(-1)
    if (last && isRepeat(last, line)) lines[lines.length - 1] = { ...last, repeatCount: last.repeatCount + 1 }
    else if (lines.length < lineCountMax) lines.push(line)
    else overCount += 1
  }
  return { rootId: root?.id ?? null, lines, leftOutCount: leftOutCount + overCount }
}

function lineOf(entry: TimelineEntry, at: { rootUs: number; depth: number; isAsked: boolean }): NarrativeLine {
  return {
    id: entry.id,
    offsetMs: (entry.time.us - at.rootUs) / 1000,
    depth: at.depth,
    node: printable(entry.node),
    actor: printable(entry.actor),
    event:
      entry.kind === 'omitted'
        ? `${describeMessage(entry.event)} (too large to be kept)`
        : describeMessage(entry.event),
    change: changeOf(entry),
    effects: entry.effects.map(describeMessage),
    isAsked: at.isAsked,
    repeatCount: 1,
  }
}

function changeOf(entry: TimelineEntry): string | null {
  if (entry.kind === 'start') return `→ ${entry.state}`
  const isSame = entry.fromState === null || entry.fromState === entry.state
  return isSame ? null : `${entry.fromState} → ${entry.state}`
}

function isRepeat(a: NarrativeLine, b: NarrativeLine): boolean {
  const isSame = a.node === b.node && a.actor === b.actor && a.event === b.event && a.depth === b.depth
  return isSame && a.change === null && b.change === null && !b.isAsked && a.effects.join() === b.effects.join()
}
