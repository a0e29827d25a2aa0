/**
 * In which order assignments are decided: the more important first, those that reserve before others that are as important, then by
 * name; but what another needs (a sponsor that it cannot be without, the assignments of a needed component) before it, and as important as that
 * one. A circle is cut where it is met: what is decided first there cannot count on what comes after.
 */
import type { CompiledAssignment, CompiledComponent } from '../compile.ts'
import type { Relationships } from './relationships.ts'

export function orderOf(
  assignments: readonly CompiledAssignment[],
  components: readonly CompiledComponent[],
  { sponsorsOf, needsOf }: Relationships,
): Int32Array {
  const order = new Int32Array(assignments.length)
  const isListed = new Uint8Array(assignments.length)
  let count = 0
  const list = (assignment: number) => {
    if (isListed[assignment]) return
    isListed[assignment] = 1
    for (const { sponsor, mode } of sponsorsOf[assignment]!) if (mode !== 'start') list(sponsor)
    for (const { sponsor } of needsOf[assignments[assignment]!.component]!)
      for (const other of components[sponsor]!.assignments) list(other)
    order[count++] = assignment
  }
  const byImportance: number[][] = []
  assignments.forEach(({ level, isReserving }, index) => {
    const key = 2 * level + (isReserving ? 0 : 1)
    byImportance[key] ??= []
    byImportance[key].push(index)
  })
  for (const indexes of byImportance) for (const assignment of indexes ?? []) list(assignment)
  return order
}
