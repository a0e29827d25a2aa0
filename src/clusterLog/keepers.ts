/** Who keeps the whole log. Pure: every node decides it for itself, from what it sees. */

export interface Candidate {
  readonly name: string
  /** Lower is preferred. */
  readonly rank: number
  readonly isEligible: boolean
  readonly isUp: boolean
  readonly isMaster: boolean
}

/** A log that only one node has is lost with it. */
const copiesMin = 2

/**
 * The nodes that are up and eligible: the master, since it archives, then by rank, `copies` of them; null: all. If that leaves fewer
 * than two, others by rank. What each node recorded itself it keeps in any case.
 */
export function keepersOf(candidates: readonly Candidate[], copies: number | null): string[] {
  const ordered = candidates.filter(({ isUp }) => isUp).sort(inOrder)
  const eligibleCount = ordered.filter(({ isEligible }) => isEligible).length
  const count = Math.max(copiesMin, copies ?? eligibleCount)
  const isWithin = (index: number) => index < Math.max(copiesMin, Math.min(count, eligibleCount))
  return ordered.filter((_, index) => isWithin(index)).map(({ name }) => name)
}

function inOrder(a: Candidate, b: Candidate): number {
  const weight = ({ isMaster, isEligible }: Candidate) => (isMaster ? 0 : isEligible ? 1 : 2)
  return weight(a) - weight(b) || a.rank - b.rank || (a.name < b.name ? -1 : 1)
}
