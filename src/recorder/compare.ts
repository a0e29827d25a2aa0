/** Compares what was recorded with what came out of running it again. */
import type { AnyMachineSnapshot } from 'xstate'
import type { SnapshotRecord, StartRecord, StepRecord } from '../engine/record.ts'
import { type StepResult, stateName, type TimerChange } from '../engine/step.ts'
import type { HashOf } from './hashing.ts'
import type { Difference } from './replay.ts'

/** What a step came out with, beside what was recorded. Empty: the same. */
export function differencesOf(record: StartRecord | StepRecord, result: StepResult, hashOf: HashOf): Difference[] {
  const hash = hashOf(result.snapshot)
  return [
    ...compared('effects', record.effects, result.effects),
    ...compared('timers', record.timers, result.timers),
    ...compared('state', record.state, stateName(result.snapshot.value)),
    ...(hash === record.hash ? [] : [difference('hash', record.hash, [hash, result.snapshot.context])]),
  ]
}

/**
 * Where a snapshot is not what the steps led to. A timer that ended while its event still waits its turn is armed for
 * the steps but no longer in the snapshot; one that no step armed must not be in it.
 */
export function driftOf(
  record: SnapshotRecord,
  known: { readonly snapshot: AnyMachineSnapshot; readonly pending: ReadonlySet<string>; readonly hashOf: HashOf },
): Difference[] {
  const hash = known.hashOf(known.snapshot)
  const unarmed = record.timers.filter((timer) => !known.pending.has(timer.id)).map((timer) => timer.id)
  return [...(hash === record.hash ? [] : [difference('hash', record.hash, hash)]), ...compared('timers', unarmed, [])]
}

/** Keeps the ids of armed timers up to date. */
export function applyTimers(pending: Set<string>, changes: readonly TimerChange[]): void {
  for (const change of changes) {
    if (change.op === 'arm') pending.add(change.id)
    else pending.delete(change.id)
  }
}

function compared(what: Difference['what'], recorded: unknown, replayed: unknown): Difference[] {
  return JSON.stringify(recorded) === JSON.stringify(replayed) ? [] : [difference(what, recorded, replayed)]
}

const textLengthMax = 1000

export function difference(what: Difference['what'], recorded: unknown, replayed: unknown): Difference {
  const text = (value: unknown) => JSON.stringify(value).slice(0, textLengthMax)
  return { what, recorded: text(recorded), replayed: text(replayed) }
}
