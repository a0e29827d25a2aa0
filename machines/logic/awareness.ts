/**
 * Local health of the observer, after Lifeguard (Dadgar, Phillips and Currey, 2017): who is late itself should be slow to
 * call others silent. A tick that came late worsens the score by one, a run of punctual ones betters it by one; every
 * deadline is multiplied. When everybody is silent at once the likelier cause is here, so the deadlines are stretched once more.
 *
 * Invariant: `0 <= score <= scoreMax`. The score changes how fast a failure is noticed, never whether acting on it is safe:
 * that is what leases are for (`lease.ts`).
 */
export interface Awareness {
  readonly score: number
  /** Punctual ticks since the score last changed. */
  readonly punctualCount: number
}

/** At the bound peers get four times (five, when all are silent) the silence of a healthy observer. */
export const awarenessScoreMax = 3

/** Ten ticks, 200 ms at the default interval: a single stall is forgotten fast, a starved machine stays careful. */
const punctualCountNeeded = 10

export const healthy: Awareness = { score: 0, punctualCount: 0 }

export function ticked(awareness: Awareness, tick: { isLate: boolean }): Awareness {
  if (tick.isLate) return { score: Math.min(awareness.score + 1, awarenessScoreMax), punctualCount: 0 }
  if (awareness.score === 0) return awareness
  const punctualCount = awareness.punctualCount + 1
  return punctualCount < punctualCountNeeded
    ? { ...awareness, punctualCount }
    : { score: awareness.score - 1, punctualCount: 0 }
}

/** What deadlines are multiplied with: 1 for a healthy observer that hears somebody. */
export function multiplierOf(awareness: Awareness, sight: { isEverybodySilent: boolean }): number {
  return 1 + awareness.score + (sight.isEverybodySilent ? 1 : 0)
}
