/** Replays one life of one node, record by record, in the order of the file. */
import type { AnyMachineSnapshot } from 'xstate'
import type { CatalogueEntry } from '../engine/engine.ts'
import { type EndRecord, isNote, type SnapshotRecord, type StartRecord, type StepRecord } from '../engine/record.ts'
import { initialStep, restore, type StepResult, step } from '../engine/step.ts'
import type { Life } from './boxes.ts'
import type { OmittedRecord, QuietRecord } from './codec.ts'
import { applyTimers, difference, differencesOf, driftOf } from './compare.ts'
import { type HashOf, hasherOf } from './hashing.ts'
import type { Catalogue, Difference, Gap, Mismatch, Unverifiable } from './replay.ts'
import type { StoredFrame } from './segmentReader.ts'

interface Known {
  readonly is: 'known'
  readonly machine: string
  readonly entry: CatalogueEntry
  snapshot: AnyMachineSnapshot
  /** Ids of the timers that are armed, by what the steps asked for. */
  readonly pending: Set<string>
  /** A gap lies behind it: its next step may start from another state than this. A step that comes out as recorded clears it. */
  isDoubtful: boolean
}

/** `lost`: its state is not known until its next snapshot. `foreign`: the catalogue has not this machine or version. */
type Actor = Known | { readonly is: 'lost' } | { readonly is: 'foreign'; readonly report: { stepCount: number } }

const lost: Actor = { is: 'lost' }

/** Details kept of one life; what is beyond is only counted. */
const detailCountMax = 1000

export class LifeReplay {
  eventCount = 0
  verifiedCount = 0
  unverifiedCount = 0
  mismatchCount = 0
  noteCount = 0
  leftOutCount = 0
  readonly mismatches: Mismatch[] = []
  readonly gaps: Gap[] = []
  readonly unverifiable = new Map<string, Unverifiable & { stepCount: number }>()
  readonly #life: Life
  readonly #catalogue: Catalogue
  readonly #hashOf: HashOf
  readonly #actors = new Map<string, Actor>()
  /** Number of the last record read; null before the first of a life whose beginning the ring has dropped. */
  #sequence: number | null

  constructor(life: Life, catalogue: Catalogue) {
    this.#life = life
    this.#catalogue = catalogue
    this.#hashOf = hasherOf(life)
    this.#sequence = life.segments[0]?.segment === 1 ? 0 : null
  }

  take(frame: StoredFrame): void {
    const { record } = frame
    if (record.kind === 'quiet') return this.#quiet(record)
    const of = record.kind === 'omitted' ? record.of : record.kind
    this.#checkSequence(record.sequence, of === 'snapshot' ? record.sequence : record.sequence - 1)
    if (of === 'note' || of === 'application' || isNote(record)) {
      this.noteCount += 1
      return
    }
    const isEvent = of !== 'snapshot'
    if (isEvent) this.eventCount += 1
    if (record.kind === 'start') this.#start(frame, record)
    else if (record.kind === 'step') this.#step(frame, record)
    else if (record.kind === 'snapshot') this.#snapshot(frame, record)
    else if (record.kind === 'end') this.#end(frame, record)
    else if (isEvent) this.#omitted(record)
  }

  /** What was left out changed nothing: every actor is as it was. */
  #quiet({ fromSequence, sequence }: QuietRecord): void {
    this.#checkSequence(sequence, fromSequence - 1)
    this.leftOutCount += sequence - fromSequence + 1
  }

  /** Records are numbered without gaps: the one `before` must have been read. A snapshot carries the number of the last one it includes. */
  #checkSequence(sequence: number, before: number): void {
    const last = this.#sequence
    if (last !== null && before > last) {
      this.#gap(last + 1, before, 'missing')
      for (const actor of this.#actors.values()) if (actor.is === 'known') actor.isDoubtful = true
    }
    this.#sequence = Math.max(sequence, last ?? 0)
  }

  #start(frame: StoredFrame, record: StartRecord): void {
    const entry = this.#entry(record)
    if (!entry) return
    const actor: Known = {
      is: 'known',
      machine: record.machine,
      entry,
      snapshot: undefined as never,
      pending: new Set(),
      isDoubtful: false,
    }
    this.#actors.set(record.actor, actor)
    this.#compare(frame, record, actor, () => initialStep(entry.machine, record.input))
  }

  #step(frame: StoredFrame, record: StepRecord): void {
    const actor = this.#actors.get(record.actor) ?? lost
    if (actor.is === 'known') {
      actor.pending.delete(record.event.type) // a delayed transition's timer is named like its event
      this.#compare(frame, record, actor, () => step(actor.entry.machine, actor.snapshot, record.event))
      return
    }
    this.unverifiedCount += 1
    if (actor.is === 'foreign') actor.report.stepCount += 1
    else this.#blameGap(record.actor)
  }

  /** Its last state is compared; one of its name that starts later has nothing to do with it. */
  #end(frame: StoredFrame, record: EndRecord): void {
    const actor = this.#actors.get(record.actor) ?? lost
    this.#actors.delete(record.actor)
    const hash = actor.is === 'known' ? this.#hashOf(actor.snapshot) : null
    if (actor.is === 'known' && hash === record.hash) this.verifiedCount += 1
    else if (actor.is !== 'known' || actor.isDoubtful) {
      this.unverifiedCount += 1
      if (actor.is !== 'foreign') this.#blameGap(record.actor)
    } else {
      const differences = [difference('hash', record.hash, hash)]
      this.#mismatch(frame, { machine: actor.machine, event: 'end', differences })
    }
  }

  #compare(frame: StoredFrame, record: StartRecord | StepRecord, actor: Known, run: () => StepResult): void {
    let differences: Difference[]
    try {
      const result = run()
      differences = differencesOf(record, result, this.#hashOf)
      actor.snapshot = result.snapshot
      applyTimers(actor.pending, result.timers)
    } catch (error) {
      differences = [difference('exception', 'none', error instanceof Error ? error.message : String(error))]
    }
    const isStateLost = differences.some(({ what }) => what !== 'effects' && what !== 'timers')
    if (differences.length === 0) {
      this.verifiedCount += 1
      actor.isDoubtful = false
    } else if (actor.isDoubtful) {
      this.unverifiedCount += 1
      this.#blameGap(record.actor)
      this.#actors.set(record.actor, lost)
    } else {
      const event = record.kind === 'step' ? record.event.type : 'start'
      this.#mismatch(frame, { machine: actor.machine, event, differences })
      if (isStateLost) this.#actors.set(record.actor, lost)
    }
  }

  /** Checks that the snapshot is where the steps led, and that it can be restored exactly; goes on from it where needed. */
  #snapshot(frame: StoredFrame, record: SnapshotRecord): void {
    const before = this.#actors.get(record.actor) ?? lost
    const entry = this.#entry(record, { isStep: false })
    if (!entry) return
    const restored = restore(entry.machine, record.snapshot)
    const hash = this.#hashOf(restored)
    const differences = hash === record.hash ? [] : [difference('hash', record.hash, hash)]
    if (before.is === 'known') {
      const drift = driftOf(record, { ...before, hashOf: this.#hashOf })
      if (drift.length === 0 && differences.length === 0) {
        before.isDoubtful = false
        return
      }
      if (before.isDoubtful) this.#blameGap(record.actor)
      else differences.push(...drift)
    }
    if (differences.length > 0) this.#mismatch(frame, { machine: record.machine, event: 'snapshot', differences })
    const pending = new Set(record.timers.map((timer) => timer.id))
    this.#actors.set(record.actor, {
      is: 'known',
      machine: record.machine,
      entry,
      snapshot: restored,
      pending,
      isDoubtful: false,
    })
  }

  #omitted(record: OmittedRecord): void {
    this.unverifiedCount += 1
    this.#gap(record.sequence, record.sequence, 'omitted')
    this.#blameGap(record.actor)
    this.#actors.set(record.actor, lost)
  }

  /** The machine as the catalogue has it; null, and the actor is set aside, where it has not this version of it. */
  #entry(record: StartRecord | SnapshotRecord, { isStep } = { isStep: true }): CatalogueEntry | null {
    const { machine, version } = record
    const entry = Object.hasOwn(this.#catalogue, machine) ? this.#catalogue[machine]! : null
    if (entry?.version === version) return entry
    const key = `${machine}:${version}`
    const catalogueVersion = entry?.version ?? null
    const report = this.unverifiable.get(key) ?? {
      node: this.#life.node,
      machine,
      version,
      catalogueVersion,
      stepCount: 0,
    }
    this.unverifiable.set(key, report)
    this.#actors.set(record.actor, { is: 'foreign', report })
    if (isStep) {
      report.stepCount += 1
      this.unverifiedCount += 1
    }
    return null
  }

  #gap(fromSequence: number, toSequence: number, reason: Gap['reason']): void {
    const { node, incarnation } = this.#life
    this.gaps.push({ node, incarnation, fromSequence, toSequence, reason, actors: [] })
  }

  /** An actor without a known state where no gap lies behind it: the ring no longer has its beginning. */
  #blameGap(actor: string): void {
    const gap = this.gaps.at(-1)
    if (gap && !gap.actors.includes(actor)) (gap.actors as string[]).push(actor)
  }

  #mismatch(frame: StoredFrame, found: Pick<Mismatch, 'machine' | 'event' | 'differences'>): void {
    this.mismatchCount += 1
    if (this.mismatches.length >= detailCountMax) return
    const { node, incarnation } = this.#life
    const { sequence, actor } = frame.record
    const id = `${node}:${incarnation}:${sequence}`
    this.mismatches.push({ id, actor, file: frame.file, offset: frame.offset, ...found })
  }
}
