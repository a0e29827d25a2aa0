/**
 * Runs the machines of black boxes again, up to a moment, from the last snapshots before it: what every machine was in then, with its
 * whole context. Exact as replay is; where it cannot be (another version of the machine, steps that are missing) the recorded state is
 * given, with the context of the snapshot nearest before, and it is said that it is so.
 */
import type { AnyMachineSnapshot } from 'xstate'
import { compareHybridTimes, type HybridTime } from '../engine/hybridClock.ts'
import type { SnapshotRecord, StartRecord, StepRecord } from '../engine/record.ts'
import { initialStep, type Message, type PersistedSnapshot, persist, restore, step } from '../engine/step.ts'
import { headBytesOf, type Life, type NodeBox, readLife } from './boxes.ts'
import type { StoredRecord } from './codec.ts'
import { decodeHeader } from './format.ts'
import { hasherOf } from './hashing.ts'
import type { Catalogue } from './replay.ts'
import { formatId } from './timeline.ts'

/** A machine as it was. */
export interface ActorState {
  readonly node: string
  readonly incarnation: number
  readonly actor: string
  /** null: the ring no longer says. */
  readonly machine: string | null
  readonly version: number | null
  /** `primary.ready` */
  readonly state: string
  readonly sinceUs: number
  /** The last step before the moment. */
  readonly recordId: string
  /** null: not known. */
  readonly snapshot: PersistedSnapshot | null
  /** The machine was run, and came out as recorded. */
  readonly isExact: boolean
}

/** The moment: everything up to and including it. */
export type Until = { readonly time: HybridTime }

export interface RerunStep {
  readonly id: string
  readonly entry: Catalogue[string]
  readonly before: AnyMachineSnapshot
  readonly after: AnyMachineSnapshot
  readonly event: Message
}

interface Running {
  machine: string | null
  version: number | null
  state: string
  sinceUs: number
  recordId: string
  /** null: it cannot be run. */
  live: AnyMachineSnapshot | null
  recorded: PersistedSnapshot | null
}

/** All machines of the latest life of each node at that moment. A node that had not begun is not in it. */
export function statesUntil(boxes: readonly NodeBox[], catalogue: Catalogue, until: Until): ActorState[] {
  return boxes.flatMap((box) => {
    const life = box.lives.findLast((one) => beginsBy(one, until))
    return life ? statesOf(life, catalogue, until) : []
  })
}

function statesOf(life: Life, catalogue: Catalogue, until: Until): ActorState[] {
  const from = life.segments.findLastIndex(({ path }) => (createdUsOf(path) ?? 0) <= until.time.us)
  const recent = { ...life, segments: life.segments.slice(Math.max(0, from)) }
  const run = runLife(recent, catalogue, { until })
  const isWhole = from <= 0 || [...run.values()].every(({ live, recorded }) => live !== null || recorded !== null)
  return [...(isWhole ? run : runLife(life, catalogue, { until }))].map(([actor, running]) =>
    stateOf(life, actor, running),
  )
}

function stateOf({ node, incarnation }: Life, actor: string, running: Running): ActorState {
  const { live, recorded, ...rest } = running
  return { node, incarnation, actor, ...rest, snapshot: live ? persist(live) : recorded, isExact: live !== null }
}

/** Calls `onStep` with each step that could be run, with what was before and after it. */
export function runLife(
  life: Life,
  catalogue: Catalogue,
  { until, onStep }: { readonly until?: Until; readonly onStep?: (step: RerunStep) => void } = {},
): ReadonlyMap<string, Running> {
  const actors = new Map<string, Running>()
  for (const { record } of readLife(life, { onDamage: () => {} })) {
    if (until && compareHybridTimes(record.time, until.time) > 0) break
    take(actors, record, { life, catalogue, onStep })
  }
  return actors
}

interface Run {
  readonly life: Life
  readonly catalogue: Catalogue
  readonly onStep: ((step: RerunStep) => void) | undefined
}

function take(actors: Map<string, Running>, record: StoredRecord, of: Run): void {
  if (record.kind === 'end') {
    actors.delete(record.actor)
    return
  }
  const before = actors.get(record.actor) ?? null
  if (record.kind === 'snapshot') actors.set(record.actor, fromSnapshot(before, record, of))
  else if (record.kind === 'start') actors.set(record.actor, started(record, of))
  else if (record.kind === 'step') actors.set(record.actor, stepped(before, record, of))
  else if (record.kind === 'omitted' && record.of !== 'snapshot') {
    actors.set(record.actor, { ...unknown, ...before, ...placeOf(before, record, of.life), live: null })
  }
}

const unknown = { machine: null, version: null, live: null, recorded: null }

function placeOf(before: Running | null, record: StoredRecord, { node, incarnation }: Life) {
  const { state, time, sequence } = record
  const sinceUs = before?.state === state ? before.sinceUs : time.us
  return { state, sinceUs, recordId: formatId({ node, incarnation, sequence }) }
}

function started(record: StartRecord, { life, catalogue }: Run): Running {
  const { machine, version } = record
  const entry = entryOf(catalogue, record)
  const live = entry && attempt(() => initialStep(entry.machine, record.input).snapshot)
  return { machine, version, ...placeOf(null, record, life), live: asRecorded(live, record.hash, life), recorded: null }
}

function stepped(before: Running | null, record: StepRecord, { life, catalogue, onStep }: Run): Running {
  const place = placeOf(before, record, life)
  const entry = before?.live && before.machine !== null ? catalogue[before.machine] : undefined
  if (!before?.live || !entry) return { ...unknown, ...before, ...place, live: null }
  const after = asRecorded(
    attempt(() => step(entry.machine, before.live!, record.event).snapshot),
    record.hash,
    life,
  )
  if (after) onStep?.({ id: place.recordId, entry, before: before.live, after, event: record.event })
  return { ...before, ...place, live: after, recorded: after ? before.recorded : persist(before.live) }
}

/** What is run already goes on. */
function fromSnapshot(before: Running | null, record: SnapshotRecord, { life, catalogue }: Run): Running {
  if (before?.live) return before
  const { machine, version, snapshot } = record
  const entry = entryOf(catalogue, record)
  const live =
    entry &&
    asRecorded(
      attempt(() => restore(entry.machine, snapshot)),
      record.hash,
      life,
    )
  return { machine, version, ...placeOf(before, record, life), live, recorded: snapshot }
}

function entryOf(catalogue: Catalogue, { machine, version }: StartRecord | SnapshotRecord): Catalogue[string] | null {
  const entry = Object.hasOwn(catalogue, machine) ? catalogue[machine]! : null
  return entry?.version === version ? entry : null
}

function asRecorded(snapshot: AnyMachineSnapshot | null, hash: number, life: Life): AnyMachineSnapshot | null {
  return snapshot && hasherOf(life)(snapshot) === hash ? snapshot : null
}

/** A machine that throws now and did not then is of another make, whatever its version says. */
function attempt(run: () => AnyMachineSnapshot): AnyMachineSnapshot | null {
  try {
    return run()
  } catch {
    return null
  }
}

function beginsBy(life: Life, { time }: Until): boolean {
  const first = life.segments[0]
  return first !== undefined && (createdUsOf(first.path) ?? 0) <= time.us
}

function createdUsOf(path: string): number | null {
  const reading = decodeHeader(headBytesOf(path))
  return reading.ok ? reading.header.createdUs : null
}
