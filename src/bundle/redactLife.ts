/**
 * A life's black box without its secrets. Configuration travels in events and in the context of machines, so what is redacted changes
 * the snapshots, and with them the hashes that replay compares. They are made anew, by running the machines on the redacted records:
 * the copy replays exactly where the original does. Where a machine cannot be run the recorded hash stays, and replay says so.
 *
 * What cannot be read cannot be redacted, and is left out: damage shows as a gap.
 */
import type { AnyMachineSnapshot } from 'xstate'
import type { SnapshotRecord, StartRecord, StepRecord } from '../engine/record.ts'
import { hashOf, initialStep, restore, type StepResult, step } from '../engine/step.ts'
import { type Life, readLife } from '../recorder/boxes.ts'
import { encodeRecord, type StoredRecord } from '../recorder/codec.ts'
import {
  encodeHeader,
  frameBytes,
  frameHeadBytes,
  headChecksumOf,
  type SegmentHeader,
  viewOf,
} from '../recorder/format.ts'
import { type HashOf, hasherOf } from '../recorder/hashing.ts'
import type { SegmentFile } from '../recorder/names.ts'
import type { Catalogue } from '../recorder/replay.ts'
import { readSegment } from '../recorder/segmentReader.ts'
import type { Redactor } from './redact.ts'

/** Both as they run: with the secrets, to know that they run as recorded; and without. */
interface Twin {
  readonly machine: Catalogue[string]
  plain: AnyMachineSnapshot
  redacted: AnyMachineSnapshot
}

/** Everything that a life's records say, so that the redactor knows all secrets before it replaces any. */
export function learnFromLife(life: Life, redactor: Redactor): void {
  for (const { record } of readLife(life, { onDamage: () => {} })) {
    redactor.learnFrom(record)
  }
}

/** The segments, oldest first, as bytes. A later segment needs what the earlier ones left of the machines. */
export class LifeRedaction {
  readonly #catalogue: Catalogue
  readonly #redactor: Redactor
  /** As the original was hashed; the copy is hashed as recordings are now. */
  readonly #hashOf: HashOf
  readonly #twins = new Map<string, Twin>()

  constructor(life: Life, catalogue: Catalogue, redactor: Redactor) {
    this.#hashOf = hasherOf(life)
    this.#catalogue = catalogue
    this.#redactor = redactor
  }

  segment(file: SegmentFile): Uint8Array {
    const { header, frames } = readSegment(file.path)
    const payloads = frames.map(({ record }) => encodeRecord(this.#redacted(record)).slice())
    return segmentOf(header ?? { cluster: '', createdUs: 0, ...file, sizeBytes: 0 }, payloads)
  }

  #redacted(record: StoredRecord): StoredRecord {
    const redacted = this.#redactor.redact(record)
    if (record.kind === 'start') return this.#started(record, redacted as StartRecord)
    if (record.kind === 'step') return this.#stepped(record, redacted as StepRecord)
    if (record.kind === 'snapshot') return this.#restored(record, redacted as SnapshotRecord)
    if (record.kind === 'end') return this.#rehashed(redacted, this.#twins.get(record.actor))
    return redacted
  }

  #started(record: StartRecord, redacted: StartRecord): StoredRecord {
    const machine = this.#machineOf(record)
    if (!machine) return redacted
    return this.#run(record, redacted, machine, (isPlain) =>
      initialStep(machine.machine, isPlain ? record.input : redacted.input),
    )
  }

  #stepped(record: StepRecord, redacted: StepRecord): StoredRecord {
    const twin = this.#twins.get(record.actor)
    if (!twin) return redacted
    const { machine } = twin.machine
    return this.#run(record, redacted, twin.machine, (isPlain) =>
      isPlain ? step(machine, twin.plain, record.event) : step(machine, twin.redacted, redacted.event),
    )
  }

  #restored(record: SnapshotRecord, redacted: SnapshotRecord): StoredRecord {
    const machine = this.#machineOf(record)
    if (!machine) return redacted
    const known = this.#twins.get(record.actor)
    if (known) return this.#rehashed(redacted, known)
    return this.#run(record, redacted, machine, (isPlain) => {
      const { snapshot } = isPlain ? record : redacted
      return { snapshot: restore(machine.machine, snapshot), effects: [], timers: [] }
    })
  }

  #run(
    record: StoredRecord,
    redacted: StoredRecord,
    machine: Catalogue[string],
    run: (isPlain: boolean) => StepResult,
  ): StoredRecord {
    const plain = attempt(() => run(true))
    const other = plain && this.#hashOf(plain.snapshot) === record.hash ? attempt(() => run(false)) : null
    if (!plain || !other) {
      this.#twins.delete(record.actor)
      return redacted
    }
    const twin = { machine, plain: plain.snapshot, redacted: other.snapshot }
    this.#twins.set(record.actor, twin)
    return this.#rehashed(redacted, twin)
  }

  #rehashed(redacted: StoredRecord, twin: Twin | undefined): StoredRecord {
    return twin ? { ...redacted, hash: hashOf(twin.redacted) } : redacted
  }

  #machineOf({ machine, version }: StartRecord | SnapshotRecord): Catalogue[string] | null {
    const entry = Object.hasOwn(this.#catalogue, machine) ? this.#catalogue[machine]! : null
    return entry?.version === version ? entry : null
  }
}

/** A machine that throws now and did not then is of another make: its records stay as they are. */
function attempt(run: () => StepResult): StepResult | null {
  try {
    return run()
  } catch {
    return null
  }
}

function segmentOf(header: SegmentHeader, payloads: readonly Uint8Array[]): Uint8Array {
  const framesBytes = payloads.reduce((sum, payload) => sum + frameBytes(payload.length), 0)
  // The header holds the size of the file, and its own length may depend on that.
  const first = encodeHeader({ ...header, sizeBytes: framesBytes })
  const head = encodeHeader({ ...header, sizeBytes: first.length + framesBytes })
  const bytes = new Uint8Array(head.length + framesBytes)
  const view = viewOf(bytes)
  bytes.set(head)
  let offset = head.length
  for (const payload of payloads) {
    const checksum = Bun.hash.crc32(payload)
    view.setUint32(offset, payload.length, true)
    view.setUint32(offset + 4, checksum, true)
    view.setUint32(offset + 8, headChecksumOf(payload.length, checksum), true)
    bytes.set(payload, offset + frameHeadBytes)
    offset += frameBytes(payload.length)
  }
  return bytes
}
