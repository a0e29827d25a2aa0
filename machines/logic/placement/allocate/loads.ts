import type { ComponentId } from '../../../model/ids.ts'
import { compiled, hostIndexOf } from '../compile.ts'
import type { PlanInput } from '../input.ts'

const known = new WeakMap<PlanInput, Float64Array>()

/** What the busiest component of each node reports, in percent; 0 where nobody reports. Only looked at when somebody has too much. */
export function nodeLoadsOf(input: PlanInput): Float64Array {
  const before = known.get(input)
  if (before) return before
  const of = compiled(input.configuration)
  const loads = new Float64Array(of.nodes.length)
  for (const id of Object.keys(input.statuses) as ComponentId[]) {
    const { loadPercent, role } = input.statuses[id]!
    if (loadPercent === undefined || role === 'offline') continue
    const host = hostIndexOf(of, id)
    if (host >= 0) loads[of.hostNodes[host]!] = Math.max(loads[of.hostNodes[host]!]!, loadPercent)
  }
  known.set(input, loads)
  return loads
}
