import type { SnapshotRecord } from '../engine/record.ts'
import type { TimerChange } from '../engine/step.ts'

/** The snapshot with a step's changes to its timers made: what the engine does after it has recorded the step. */
export function withTimers(snapshot: SnapshotRecord, changes: readonly TimerChange[]): SnapshotRecord {
  const timers = new Map(snapshot.timers.map((timer) => [timer.id, timer]))
  for (const change of changes) {
    timers.delete(change.id)
    if (change.op === 'arm') {
      timers.set(change.id, { id: change.id, event: change.event, remainingMs: change.delayMs })
    }
  }
  return { ...snapshot, timers: [...timers.values()] }
}
