/**
 * Failures in the repository, so that a component that keeps failing does not begin with a clean record under each new master. How
 * many, not when: a successor takes them for as recent as its mastership. They are written along with other decisions; a bar alone is
 * worth one of its own.
 */

import type { Times } from '../logic/recovery/window.ts'
import type { ComponentId } from '../model/ids.ts'
import type { Change, CrimChange, CrimContext, FailureRecord } from './context.ts'
import { failuresKey } from './keys.ts'

/** `isUrgent`: a bar is among them. */
export function recordChanges(context: CrimContext): { changes: Change[]; isUrgent: boolean } {
  const hosts = new Set([
    ...Object.keys(context.failures),
    ...Object.keys(context.barred),
    ...Object.keys(context.records),
  ])
  let isUrgent = false
  const changes = ([...hosts] as ComponentId[]).sort().flatMap((host): Change[] => {
    const [before, after] = [context.records[host] ?? null, recordOf(context, host)]
    if (before?.count === after?.count && before?.isBarred === after?.isBarred) return []
    if ((before?.isBarred ?? false) !== (after?.isBarred ?? false)) isUrgent = true
    return [{ key: failuresKey(host), value: after }]
  })
  return { changes, isUrgent }
}

function recordOf({ failures, barred }: CrimContext, host: ComponentId): FailureRecord | null {
  const count = failures[host]?.length ?? 0
  const isBarred = barred[host] === true
  return count === 0 && !isBarred ? null : { count, isBarred }
}

/** What a new master makes of the records it finds. */
export function remembered(records: CrimContext['records'], atMs: number): CrimChange {
  const hosts = Object.keys(records) as ComponentId[]
  const failures = hosts.map((host): [string, Times] => [host, new Array<number>(records[host]!.count).fill(atMs)])
  const barred = hosts.filter((host) => records[host]!.isBarred).map((host): [string, true] => [host, true])
  return { failures: Object.fromEntries(failures), barred: Object.fromEntries(barred) }
}

/** As it is kept; null: nothing that this release knows. */
export function recordIn(value: unknown): FailureRecord | null {
  const { count, isBarred } = (value ?? {}) as Partial<FailureRecord>
  return typeof count === 'number' && typeof isBarred === 'boolean'
    ? { count: Math.min(count, countMax), isBarred }
    : null
}

/** More failures than any limit. */
const countMax = 1_000
