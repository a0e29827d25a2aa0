/** What `--explain` and `--until` are asked about: a step, an incident, an assignment, component or node, or a moment. */
import { compareHybridTimes, type HybridTime } from '../engine/hybridClock.ts'
import { type Incident, incidentsOf } from './incidents.ts'
import type { Timeline } from './timeline.ts'

export type Asked =
  | { readonly is: 'incident'; readonly incident: Incident }
  | { readonly is: 'step'; readonly id: string }
  /** Nothing of that name, or nothing at that time. */
  | { readonly is: 'unknown'; readonly names: readonly string[] }

/**
 * A step's id means the incident if it is the one that incident began with. A name means the last incident in which it lost its primary
 * or, if there was none, the last at all; a time the last that had begun by then.
 */
export function askedOf(timeline: Timeline, word: string): Asked {
  const incidents = incidentsOf(timeline)
  if (timeline.byId.has(word)) {
    const incident = incidents.find(({ id }) => id === word)
    return incident ? { is: 'incident', incident } : { is: 'step', id: word }
  }
  const us = timeOf(word, timeline)
  const found = us === null ? named(incidents, word) : atTime(incidents, us)
  return found ? { is: 'incident', incident: found } : { is: 'unknown', names: namesIn(incidents) }
}

function named(incidents: readonly Incident[], name: string): Incident | undefined {
  const of = incidents.filter(({ subject, assignments }) => subject === name || assignments.includes(name))
  return of.findLast(({ outageMs }) => outageMs !== null) ?? of.at(-1)
}

/** The one under way then that began last; else the last that had begun, else the first after it. */
function atTime(incidents: readonly Incident[], us: number): Incident | undefined {
  const begun = incidents.filter(({ startUs }) => startUs <= us)
  const underWay = begun.findLast(({ endUs }) => endUs === null || endUs >= us)
  return underWay ?? begun.at(-1) ?? incidents[0]
}

function namesIn(incidents: readonly Incident[]): string[] {
  return [...new Set(incidents.flatMap(({ subject, assignments }) => [...assignments, subject]))].sort()
}

const usOfDay = 86_400_000_000

/**
 * Microseconds since 1970 of `2026-01-31T12:34:56.789Z`, or of `12:34:56.789` on the day of the timeline's last entry. UTC where no
 * zone is given, as the timeline is printed. null: it is no time.
 */
export function timeOf(word: string, { entries }: Pick<Timeline, 'entries'>): number | null {
  const match = /^(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{1,2}:\d{2}(?::\d{2})?)(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$/.exec(word)
  if (!match) return null
  const [, date, time, fraction = '', zone = 'Z'] = match
  const last = entries.at(-1)?.time.us ?? 0
  const day = date ?? new Date(Math.floor(last / usOfDay) * (usOfDay / 1000)).toISOString().slice(0, 10)
  const ms = Date.parse(`${day}T${time!.padStart(time!.length < 6 ? 5 : 8, '0')}${zone}`)
  const us = Number(fraction.slice(1).padEnd(6, '0'))
  return Number.isNaN(ms) ? null : ms * 1000 + us
}

/** The moment that a word names, for `--until`; null: there is no such step, and it is no time. */
export function momentOf(timeline: Timeline, word: string): HybridTime | null {
  const entry = timeline.byId.get(word)
  if (entry) return entry.time
  const us = timeOf(word, timeline)
  return us === null ? null : { us, count: Number.MAX_SAFE_INTEGER }
}

/** How much of the timeline that is. */
export function countUntil({ entries }: Timeline, time: HybridTime): number {
  const after = entries.findIndex((entry) => compareHybridTimes(entry.time, time) > 0)
  return after < 0 ? entries.length : after
}
