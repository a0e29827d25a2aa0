/** One timeline of several nodes, by the hybrid clock: an effect stands after its cause, whatever node it happened on (SPEC P8). */
import { compareHybridTimes, type HybridTime } from '../engine/hybridClock.ts'
import type { Message, TimerChange } from '../engine/step.ts'
import {
  findBoxes,
  type Life,
  type LifeListener,
  type NodeBox,
  type ReadProgress,
  readLife,
  segmentCounter,
} from './boxes.ts'
import type { QuietRecord, StoredRecord } from './codec.ts'
import type { Damage } from './segmentReader.ts'

export interface TimelineEntry {
  /** `node:incarnation:sequence` */
  readonly id: string
  readonly node: string
  readonly incarnation: number
  readonly sequence: number
  readonly time: HybridTime
  readonly actor: string
  /**
   * `omitted`: too large to be kept; its event has only its type, and its effects are not known. `application`: written by a
   * component's program; `note`: by the node, which says `steps.leftOut` where quiet steps were only counted.
   */
  readonly kind: 'start' | 'step' | 'omitted' | 'end' | 'application' | 'note'
  /** A start's is `{type: 'start'}`. */
  readonly event: Message
  /** The id of the step that caused it; null: the world did. */
  readonly cause: string | null
  /** null: its start, or not known. */
  readonly fromState: string | null
  readonly state: string
  readonly effects: readonly Message[]
  readonly timers: readonly TimerChange[]
}

export interface Timeline {
  /** By time, then node, then sequence. */
  readonly entries: readonly TimelineEntry[]
  readonly byId: ReadonlyMap<string, TimelineEntry>
  /** What each entry directly led to, by id, in the order of time. */
  readonly consequences: ReadonlyMap<string, readonly TimelineEntry[]>
  readonly damages: readonly Damage[]
  /** Which machines, in which versions, the entries are of; empty where that is not known. */
  readonly machines: readonly RecordedMachine[]
}

export interface RecordedMachine {
  readonly machine: string
  readonly version: number
  readonly nodes: readonly string[]
}

/** Reads every black box in and below the directories into memory. Throws `BlackBoxNotFoundError`. */
export function readTimeline(directories: readonly string[], options: ReadOptions = {}): Timeline {
  return timelineOf(findBoxes(directories), options)
}

export interface ReadOptions {
  readonly onProgress?: (progress: ReadProgress) => void
}

export function timelineOf(boxes: readonly NodeBox[], { onProgress }: ReadOptions = {}): Timeline {
  const damages: Damage[] = []
  const lives = boxes.flatMap((box) => box.lives)
  const onSegment = segmentCounter(lives, onProgress)
  const onDamage = (damage: Damage) => damages.push(damage)
  const machines = new Map<string, { machine: string; version: number; nodes: Set<string> }>()
  const onMachine: OnMachine = ({ machine, version }, node) => {
    const key = `${machine}:${version}`
    if (!machines.has(key)) machines.set(key, { machine, version, nodes: new Set() })
    machines.get(key)!.nodes.add(node)
  }
  const entries = lives.flatMap((life) => entriesOf(life, { onDamage, onSegment, onMachine }))
  const recorded = [...machines.values()].map((one) => ({ ...one, nodes: [...one.nodes].sort() }))
  return mergeTimeline(entries, damages, recorded)
}

type OnMachine = (of: { readonly machine: string; readonly version: number }, node: string) => void

/** Puts entries of several nodes in order and links causes to consequences. */
export function mergeTimeline(
  entries: readonly TimelineEntry[],
  damages: readonly Damage[] = [],
  machines: readonly RecordedMachine[] = [],
): Timeline {
  const merged = [...entries].sort(compareEntries)
  const consequences = new Map<string, TimelineEntry[]>()
  for (const entry of merged) {
    if (entry.cause === null) continue
    const known = consequences.get(entry.cause)
    if (known) known.push(entry)
    else consequences.set(entry.cause, [entry])
  }
  return { entries: merged, byId: new Map(merged.map((entry) => [entry.id, entry])), consequences, damages, machines }
}

type Placed = Pick<TimelineEntry, 'time' | 'node' | 'incarnation' | 'sequence'>

/** By time, so that an effect stands after its cause; then node, life and sequence. */
export function compareEntries(a: Placed, b: Placed): number {
  const byTime = compareHybridTimes(a.time, b.time)
  if (byTime !== 0) return byTime
  if (a.node !== b.node) return a.node < b.node ? -1 : 1
  return a.incarnation - b.incarnation || a.sequence - b.sequence
}

function entriesOf(life: Life, listener: LifeListener & { readonly onMachine: OnMachine }): TimelineEntry[] {
  const states = new Map<string, string>()
  const entries: TimelineEntry[] = []
  for (const { record } of readLife(life, listener)) {
    if (record.kind === 'start' || record.kind === 'snapshot') listener.onMachine(record, life.node)
    if (record.kind !== 'snapshot' && !(record.kind === 'omitted' && record.of === 'snapshot')) {
      const fromState = record.kind === 'start' ? null : (states.get(record.actor) ?? null)
      entries.push(entryOf(life, record, fromState))
    }
    states.set(record.actor, record.state)
  }
  return entries
}

type EventRecord = Exclude<StoredRecord, { kind: 'snapshot' }>

function entryOf(life: Life, record: EventRecord, fromState: string | null): TimelineEntry {
  const { node, incarnation } = life
  const { sequence, time, actor, state, kind } = record
  const cause = 'cause' in record ? record.cause : null
  return {
    id: formatId({ node, incarnation, sequence }),
    node,
    incarnation,
    sequence,
    time,
    actor,
    kind: kind === 'quiet' ? 'note' : kind,
    event: eventOf(record),
    cause: cause && formatId(cause),
    fromState,
    state,
    effects: 'effects' in record ? record.effects : [],
    timers: 'timers' in record ? record.timers : [],
  }
}

function eventOf(record: EventRecord): Message {
  if ('event' in record) return record.event
  if (record.kind === 'quiet') return leftOutEvent(record)
  if (record.kind === 'end') return { type: 'end' }
  return { type: record.kind === 'omitted' && record.of !== 'start' ? record.eventType : 'start' }
}

function leftOutEvent({ fromSequence, sequence, steps }: QuietRecord): Message {
  const of = Object.fromEntries(steps.map(([actor, eventType, count]) => [`${actor} ${eventType}`, count]))
  return { type: 'steps.leftOut', count: sequence - fromSequence + 1, fromSequence, of }
}

/** `node:incarnation:sequence`, the name of a step wherever one is printed or asked for. */
export function formatId(at: { node: string; incarnation: number; sequence: number }): string {
  return `${at.node}:${at.incarnation}:${at.sequence}`
}
