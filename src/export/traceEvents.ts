/**
 * A timeline in the Trace Event Format, which Perfetto (https://ui.perfetto.dev) and Chrome's about:tracing open: a process for each
 * node, a track for each machine, slices for its states, instants for events, arrows for causes, and the incidents on top.
 *
 * An arrow is a pair of flow events, `s` and `f`, of the same category, name and id; `f` has `bp: "e"`, so that it ends at the slice
 * that encloses it, as `s` begins at the one that does. A track's slices follow each other without a gap, so there is always one.
 * Times are microseconds since the first entry: the format has them as floating point.
 */
import { describeMessage } from '../recorder/describe.ts'
import type { Incident } from '../recorder/incidents.ts'
import type { Timeline, TimelineEntry } from '../recorder/timeline.ts'

/** https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
export interface TraceEvent {
  readonly ph: 'X' | 'i' | 's' | 'f' | 'b' | 'e' | 'M'
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts?: number
  readonly dur?: number
  readonly cat?: string
  readonly id?: number
  readonly bp?: 'e'
  readonly s?: 't'
  readonly args?: Readonly<Record<string, unknown>>
}

export interface Trace {
  readonly traceEvents: TraceEvent[]
  readonly displayTimeUnit: 'ms'
  readonly otherData: { readonly source: string; readonly startUs: number }
}

const incidentsPid = 1
const nodesPidFrom = 2

export function traceOf({ entries, byId }: Timeline, incidents: readonly Incident[]): Trace {
  const startUs = entries[0]?.time.us ?? 0
  const tracks = new Tracks(entries, { startUs, byId })
  const arrows = entries.flatMap((entry, index) => arrowOf(entry, index + 1, { tracks, byId }))
  return {
    traceEvents: [
      ...(incidents.length === 0 ? [] : [named('process_name', incidentsPid, 0, 'incidents')]),
      ...incidents.flatMap((incident, index) =>
        incidentEvents(incident, index + 1, { startUs, endUs: entries.at(-1)?.time.us ?? startUs }),
      ),
      ...tracks.metadata(),
      ...tracks.slices(),
      ...entries.map((entry) => instantOf(entry, tracks)),
      ...arrows,
    ],
    displayTimeUnit: 'ms',
    otherData: { source: 'rolecall', startUs },
  }
}

interface Place {
  readonly pid: number
  readonly tid: number
  readonly ts: number
}

/**
 * Which process, track and time an entry has. On one track no two are at the same time, so that no slice is without length; and none is
 * before its cause.
 */
class Tracks {
  readonly #places = new Map<TimelineEntry, Place>()
  readonly #byTrack = new Map<string, TimelineEntry[]>()
  readonly #pids = new Map<string, number>()

  constructor(entries: Timeline['entries'], { startUs, byId }: { startUs: number; byId: Timeline['byId'] }) {
    for (const node of [...new Set(entries.map((entry) => entry.node))].sort()) {
      this.#pids.set(node, nodesPidFrom + this.#pids.size)
    }
    for (const entry of entries) {
      const key = `${entry.node} ${entry.actor}`
      const track = this.#byTrack.get(key) ?? []
      if (track.length === 0) this.#byTrack.set(key, track)
      const before = track.at(-1)
      const first = before ? this.placeOf(before) : null
      const tid = first?.tid ?? this.#byTrack.size
      const cause = entry.cause === null ? undefined : byId.get(entry.cause)
      const causeTs = (cause && this.#places.get(cause)?.ts) ?? 0
      const ts = Math.max(entry.time.us - startUs, (first?.ts ?? -1) + 1, causeTs)
      track.push(entry)
      this.#places.set(entry, { pid: this.#pids.get(entry.node)!, tid, ts })
    }
  }

  placeOf(entry: TimelineEntry): Place {
    return this.#places.get(entry)!
  }

  metadata(): TraceEvent[] {
    const nodes = [...this.#pids].flatMap(([node, pid]) => [
      named('process_name', pid, 0, node),
      { ph: 'M', name: 'process_sort_index', pid, tid: 0, args: { sort_index: pid } } as const,
    ])
    const tracks = [...this.#byTrack.values()].map((track) => {
      const { pid, tid } = this.placeOf(track[0]!)
      return named('thread_name', pid, tid, track[0]!.actor)
    })
    return [...nodes, ...tracks]
  }

  slices(): TraceEvent[] {
    return [...this.#byTrack.values()].flatMap((track) => this.#slicesOf(track))
  }

  /** A slice lasts as long as the state; a life that ended leaves no slice until the next begins. */
  #slicesOf(track: readonly TimelineEntry[]): TraceEvent[] {
    const slices: TraceEvent[] = []
    let first = track[0]!
    const close = (last: Place) => {
      const { pid, tid, ts } = this.placeOf(first)
      const args = { id: first.id, event: first.event.type, life: first.incarnation }
      slices.push({
        ph: 'X',
        cat: 'state',
        name: first.state === '' ? first.actor : first.state,
        pid,
        tid,
        ts,
        dur: Math.max(1, last.ts - ts),
        args,
      })
    }
    for (const [index, entry] of track.entries()) {
      const before = track[index - 1]
      const isNew = entry.state !== first.state || entry.incarnation !== first.incarnation
      if (!before || !isNew) continue
      const isOver = entry.incarnation !== first.incarnation
      close(isOver ? { ...this.placeOf(before), ts: this.placeOf(before).ts + 1 } : this.placeOf(entry))
      first = entry
    }
    const last = this.placeOf(track.at(-1)!)
    close({ ...last, ts: last.ts + 1 })
    return slices
  }
}

function instantOf(entry: TimelineEntry, tracks: Tracks): TraceEvent {
  const { id, event, effects, cause, kind } = entry
  const args = { id, kind, cause, event, effects: effects.map(describeMessage) }
  return { ph: 'i', s: 't', cat: 'event', name: event.type, ...tracks.placeOf(entry), args }
}

function arrowOf(
  entry: TimelineEntry,
  id: number,
  { tracks, byId }: { readonly tracks: Tracks; readonly byId: Timeline['byId'] },
): TraceEvent[] {
  const cause = entry.cause === null ? undefined : byId.get(entry.cause)
  if (!cause) return []
  const arrow = { cat: 'cause', name: 'cause', id }
  return [
    { ph: 's', ...arrow, ...tracks.placeOf(cause) },
    { ph: 'f', bp: 'e', ...arrow, ...tracks.placeOf(entry) },
  ]
}

/** Asynchronous slices: incidents overlap. */
function incidentEvents(
  incident: Incident,
  id: number,
  { startUs, endUs }: { startUs: number; endUs: number },
): TraceEvent[] {
  const { title, code, severity, subject, assignments, outageMs } = incident
  const of = { cat: 'incident', name: title, id, pid: incidentsPid, tid: 0 }
  const args = { id: incident.id, code, severity, subject, assignments, outageMs }
  return [
    { ph: 'b', ...of, ts: incident.startUs - startUs, args },
    { ph: 'e', ...of, ts: Math.max(incident.startUs + 1, incident.endUs ?? endUs) - startUs },
  ]
}

function named(name: 'process_name' | 'thread_name', pid: number, tid: number, of: string): TraceEvent {
  return { ph: 'M', name, pid, tid, args: { name: of } }
}
