/**
 * When which assignment was served, from the states of its components' machines: and so how long it was not. The end of a node is no
 * step of its components: they served until the first that noticed says it had ended, or until it was last heard.
 */
import type { TimelineEntry } from '../timeline.ts'
import { isServing, type Knowledge } from './knowledge.ts'
import { componentOf, isChange, nodeOfComponent, number, peerOf, reportedIn, topOf } from './read.ts'

/** No primary of the assignment served. */
export interface Gap {
  readonly assignment: string
  readonly fromUs: number
  /** null: none has served since. */
  readonly toUs: number | null
  /** The step that ended the service: of the component, or of who noticed the end of its node. */
  readonly endedBy: TimelineEntry
}

interface Span {
  readonly fromUs: number
  toUs: number | null
  endedBy: TimelineEntry | null
}

/** `known` has to have seen all entries: it says whom a component serves. */
export function gapsOf(entries: readonly TimelineEntry[], known: Knowledge): Gap[] {
  const spans = new SpanReader(known, entries)
  for (const entry of entries) spans.take(entry)
  const byAssignment = new Map<string, Span[]>()
  for (const [component, own] of spans.byComponent) {
    const assignment = known.assignmentOf.get(component)
    if (assignment !== undefined) byAssignment.set(assignment, [...(byAssignment.get(assignment) ?? []), ...own])
  }
  const gaps = [...byAssignment].flatMap(([assignment, of]) => gapsBetween(assignment, of))
  const isWatched = watcherOf(entries, known)
  return gaps.filter(isWatched)
}

/** Whether it can be known that nobody served: every node that could is recorded, or a master at that time, who was told. */
function watcherOf(entries: readonly TimelineEntry[], known: Knowledge): (gap: Gap) => boolean {
  const recorded = new Set(entries.map(({ node }) => node))
  const nodesOf = new Map<string, Set<string>>()
  for (const [component, assignment] of known.assignmentOf) {
    const nodes = nodesOf.get(assignment) ?? new Set()
    nodesOf.set(assignment, nodes.add(nodeOfComponent(component)))
  }
  const masters = entries
    .filter(({ actor, state }) => actor === 'crim' && topOf(state) === 'active')
    .map(({ time }) => time.us)
  return ({ assignment, fromUs, toUs }) =>
    [...(nodesOf.get(assignment) ?? [])].every((node) => recorded.has(node)) ||
    isAnyBetween(masters, fromUs, toUs ?? Number.POSITIVE_INFINITY)
}

/** A node that is cut off notices it as soon as the others; one that is frozen or dead records nothing for so long. */
const awakeUsMax = 500_000

class SpanReader {
  readonly byComponent = new Map<string, Span[]>()
  readonly #known: Knowledge
  /** By component whose service is open: the life of its node, where its own machine says that it serves. */
  readonly #lives = new Map<string, number>()
  /** By node and life: when it recorded something, in order. */
  readonly #recorded = new Map<string, number[]>()

  constructor(known: Knowledge, entries: readonly TimelineEntry[]) {
    this.#known = known
    for (const { node, incarnation, time } of entries) {
      const times = this.#recorded.get(`${node}:${incarnation}`)
      if (times) times.push(time.us)
      else this.#recorded.set(`${node}:${incarnation}`, [time.us])
    }
  }

  take(entry: TimelineEntry): void {
    const component = componentOf(entry.actor)
    if (component !== null) {
      if (entry.kind === 'start') this.#closeLife(component, entry)
      this.#note(component, entry.state, entry)
    }
    for (const { component: reported, role, phase } of reportedIn(entry)) {
      if (!this.#known.hasOwnRecords(reported)) this.#note(reported, `${role}.${phase}`, entry)
    }
    const peer = peerOf('node', entry.actor)
    if (peer !== null && isChange(entry)) this.#notePeer(peer, entry)
  }

  #note(component: string, state: string, entry: TimelineEntry): void {
    const open = this.#openOf(component)
    if (!isServing(state)) {
      this.#close(component, entry.time.us, entry)
      return
    }
    if (componentOf(entry.actor) === component) this.#lives.set(component, entry.incarnation)
    if (open) return
    const span = { fromUs: entry.time.us, toUs: null, endedBy: null }
    const spans = this.byComponent.get(component)
    if (spans) spans.push(span)
    else this.byComponent.set(component, [span])
  }

  /** The first to notice ends them; if the node was only silent, its own record says better, should there be one. */
  #notePeer(node: string, entry: TimelineEntry): void {
    const life = number(entry.event.incarnation)
    const isEnd = topOf(entry.state) === 'ended' || entry.state === 'left'
    const isSilence = entry.event.type === 'peer.confirmedSilent'
    if (!isEnd && !isSilence) return
    const silentUs = isSilence ? Math.round((number(entry.event.silentForMs) ?? 0) * 1000) : 0
    const fromUs = entry.time.us - silentUs
    for (const component of this.byComponent.keys()) {
      if (nodeOfComponent(component) !== node) continue
      const own = this.#lives.get(component)
      const isOther = life !== null && own !== undefined && own !== life
      const isAwake =
        isSilence && own !== undefined && this.#hasRecorded(`${node}:${own}`, fromUs, entry.time.us + awakeUsMax)
      if (!isOther && !isAwake) this.#close(component, fromUs, entry)
    }
  }

  #hasRecorded(life: string, fromUs: number, toUs: number): boolean {
    return isAnyBetween(this.#recorded.get(life) ?? [], fromUs + 1, toUs)
  }

  /** A new life of the node, and nobody noticed the end of the last: it served as long as it recorded. */
  #closeLife(component: string, entry: TimelineEntry): void {
    const life = this.#lives.get(component)
    const last = this.#recorded.get(`${entry.node}:${life}`)?.at(-1) ?? entry.time.us
    this.#close(component, Math.min(last, entry.time.us), entry)
  }

  #openOf(component: string): Span | null {
    const last = this.byComponent.get(component)?.at(-1)
    return last && last.toUs === null ? last : null
  }

  #close(component: string, us: number, endedBy: TimelineEntry): void {
    const open = this.#openOf(component)
    if (!open) return
    open.toUs = Math.max(open.fromUs, us)
    open.endedBy = endedBy
  }
}

function gapsBetween(assignment: string, spans: readonly Span[]): Gap[] {
  const gaps: Gap[] = []
  const ordered = [...spans].sort((a, b) => a.fromUs - b.fromUs)
  let last: Span | null = null
  for (const span of ordered) {
    if (last?.toUs != null && last.endedBy && span.fromUs > last.toUs) {
      gaps.push({ assignment, fromUs: last.toUs, toUs: span.fromUs, endedBy: last.endedBy })
    }
    if (last === null || (last.toUs !== null && (span.toUs === null || span.toUs > last.toUs))) last = span
  }
  if (last?.toUs != null && last.endedBy)
    gaps.push({ assignment, fromUs: last.toUs, toUs: null, endedBy: last.endedBy })
  return gaps
}

/** Of times in order, both ends included. */
function isAnyBetween(times: readonly number[], fromUs: number, toUs: number): boolean {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! < fromUs) low = middle + 1
    else high = middle
  }
  return low < times.length && times[low]! <= toUs
}
