/** A machine's whole state after one step: run again from the snapshot that stands nearest before it in the black box. */
import type { AnyMachineSnapshot } from 'xstate'
import type { CatalogueEntry } from '../../engine/engine.ts'
import { hashOf, initialStep, type PersistedSnapshot, persist, restore, step } from '../../engine/step.ts'
import type { Life, NodeBox } from '../../recorder/boxes.ts'
import type { StoredRecord } from '../../recorder/codec.ts'
import type { Catalogue } from '../../recorder/replay.ts'
import { readSegment } from '../../recorder/segmentReader.ts'
import type { SnapshotView } from './contract.ts'

export interface Wanted {
  readonly id: string
  readonly actor: string
  readonly sequence: number
}

/** null: nothing of it is kept. */
export function lifeOf(
  boxes: readonly NodeBox[],
  { node, incarnation }: { readonly node: string; readonly incarnation: number },
): Life | null {
  const lives = boxes.flatMap((box) => box.lives)
  return lives.find((life) => life.node === node && life.incarnation === incarnation) ?? null
}

/**
 * Begins with the segment that has the step, and goes back a segment as long as nothing is known of the actor there. null: what
 * would tell it is no longer kept.
 */
export function snapshotOf(life: Life, catalogue: Catalogue, wanted: Wanted): SnapshotView | null {
  let records: StoredRecord[] = []
  for (const { path } of [...life.segments].reverse()) {
    const here = readSegment(path).frames.map(({ record }) => record)
    if ((here[0]?.sequence ?? Number.POSITIVE_INFINITY) > wanted.sequence) continue
    records = [...here, ...records]
    const found = run(records, catalogue, wanted)
    if (found) return found
  }
  return null
}

interface Known {
  readonly machine: string
  readonly entry: CatalogueEntry | null
  /** As it was recorded, where it cannot be run. */
  recorded: PersistedSnapshot | null
  snapshot: AnyMachineSnapshot | null
  isVerified: boolean
}

function run(records: readonly StoredRecord[], catalogue: Catalogue, wanted: Wanted): SnapshotView | null {
  let known: Known | null = null
  for (const record of records) {
    if (record.sequence > wanted.sequence) break
    if (record.actor !== wanted.actor) continue
    known = after(known, record, catalogue)
  }
  if (known === null) return null
  const shown = known.snapshot ? persist(known.snapshot) : known.recorded
  if (shown === null) return null
  const { value, context } = shown
  return {
    id: wanted.id,
    machine: known.machine,
    value,
    context,
    isVerified: known.isVerified && known.snapshot !== null,
  }
}

function after(known: Known | null, record: StoredRecord, catalogue: Catalogue): Known | null {
  switch (record.kind) {
    case 'start': {
      const entry = entryOf(catalogue, record)
      const snapshot = entry && initialStep(entry.machine, record.input).snapshot
      return { machine: record.machine, entry, recorded: null, snapshot, isVerified: isSame(snapshot, record) }
    }
    case 'snapshot': {
      const entry = entryOf(catalogue, record)
      const snapshot = entry && restore(entry.machine, record.snapshot)
      return {
        machine: record.machine,
        entry,
        recorded: record.snapshot,
        snapshot,
        isVerified: isSame(snapshot, record),
      }
    }
    case 'step': {
      if (!known?.snapshot || !known.entry) return known && { ...known, isVerified: false }
      const { snapshot } = step(known.entry.machine, known.snapshot, record.event)
      return { ...known, snapshot, isVerified: isSame(snapshot, record) }
    }
    case 'omitted':
      // What was left out cannot be run: nothing is known until the snapshot that follows it.
      return record.of === 'snapshot' ? known : null
    default:
      return known
  }
}

function isSame(snapshot: AnyMachineSnapshot | null, { hash }: StoredRecord): boolean {
  return snapshot !== null && hashOf(snapshot) === hash
}

function entryOf(
  catalogue: Catalogue,
  { machine, version }: { machine: string; version: number },
): CatalogueEntry | null {
  const entry = Object.hasOwn(catalogue, machine) ? catalogue[machine]! : null
  return entry?.version === version ? entry : null
}
