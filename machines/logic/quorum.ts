/** Majorities. Whatever two of them decide, at least one voter took part in both: all of Raft's safety rests on that. */

export function majorityOf(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1
}

/** How a ballot stands: `lost` once those who refused leave no majority. */
export function tally(of: {
  voterCount: number
  grantedCount: number
  refusedCount: number
}): 'won' | 'lost' | 'pending' {
  const majority = majorityOf(of.voterCount)
  if (of.grantedCount >= majority) return 'won'
  return of.voterCount - of.refusedCount < majority ? 'lost' : 'pending'
}

/** The highest value that a majority has reached; one value a voter. Throws when there is no voter. */
export function reachedByMajority(values: readonly number[]): number {
  if (values.length === 0) throw new Error('a majority of no voters')
  const majority = majorityOf(values.length)
  let reached = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value <= reached) continue
    let count = 0
    for (const other of values) if (other >= value) count += 1
    if (count >= majority) reached = value
  }
  return reached
}
