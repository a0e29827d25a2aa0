/** Where an operator's switch-over goes (SPEC R8). */
import type { ComponentId } from '../../model/ids.ts'
import { tierOfOther } from './allocate/tiers.ts'
import type { Candidate } from './candidate.ts'

/** The one that is asked for, or the best, or null: only to one that is sound. */
export function requestedSuccessor(
  candidates: readonly Candidate[],
  current: Candidate | null,
  to: ComponentId | null,
): Candidate | null {
  const sound = candidates.filter((candidate) => candidate !== current && candidate.isUsable && !candidate.hasFailed)
  if (to !== null) return sound.find(({ component }) => component === to) ?? null
  let best: Candidate | null = null
  for (const candidate of sound) if (best === null || tierOfOther(candidate) < tierOfOther(best)) best = candidate
  return best
}
