/** When to campaign: in the order of succession, spread so that two candidates seldom meet. */
import { draw } from '../logic/jitter.ts'
import type { MembershipContext } from './context.ts'

type Candidacy = Pick<MembershipContext, 'seed' | 'candidacyDelayMs' | 'candidacyTimeoutMs'>

/** The mastership is free: the vice at once, the others by rank after it. With no vice, the first in rank at once. */
export function inSuccession(context: MembershipContext): Candidacy {
  if (context.vice === context.self) return spread(context, { delayMs: 0, jitterMs: 0 })
  const rank = rankOf(context) + (context.vice === null ? 0 : 1)
  return byRank(context, rank)
}

/** The first candidacy after the start. */
export function atFirst(context: MembershipContext): Candidacy {
  return byRank(context, rankOf(context))
}

/** After a candidacy of our own or of another that we know nothing more of: time for a leader to be heard. */
export function onceMore(context: MembershipContext): Candidacy {
  const { electionTimeoutMs, successionDelayMs } = context.timing
  return spread(context, { delayMs: rankOf(context) * successionDelayMs, jitterMs: electionTimeoutMs })
}

function byRank(context: MembershipContext, rank: number): Candidacy {
  const { successionDelayMs } = context.timing
  return spread(context, { delayMs: rank * successionDelayMs, jitterMs: rank === 0 ? 0 : successionDelayMs / 2 })
}

function rankOf({ voters, self }: MembershipContext): number {
  return Math.max(0, voters.indexOf(self))
}

function spread(context: MembershipContext, wait: { delayMs: number; jitterMs: number }): Candidacy {
  const first = draw(context.seed)
  const second = draw(first.seed)
  const { electionTimeoutMs } = context.timing
  return {
    seed: second.seed,
    candidacyDelayMs: Math.round(wait.delayMs + first.value * wait.jitterMs),
    candidacyTimeoutMs: Math.round(electionTimeoutMs * (1 + second.value)),
  }
}
