/** What is said to a membership in its tests. */
import type { MembershipInput } from '../../../machines/membership.ts'
import type { Message } from '../../../src/engine/step.ts'

export const timing = { electionTimeoutMs: 100, leaderLeaseMs: 130, successionDelayMs: 40 }
export const of = (self: string, voters = ['n1', 'n2', 'n3']): MembershipInput => ({ self, voters, timing, seed: 7 })

export const start: Message = { type: 'membership.start', epoch: 4 }
export const stop: Message = { type: 'membership.stop' }
export const heard = (leader: string, epoch: number, vice: string | null = null): Message => ({
  type: 'leader.heard',
  leader,
  epoch,
  vice,
})
export const suspected = (leader: string): Message => ({ type: 'leader.suspected', leader })
export const ended = (leader: string): Message => ({ type: 'leader.ended', leader })
export const resigned = (leader: string): Message => ({ type: 'leader.resigned', leader })
export const preVoteWon = (epoch: number): Message => ({ type: 'preVote.won', epoch })
export const voteWon = (epoch: number): Message => ({ type: 'vote.won', epoch })
export const refused = (epoch: number): Message => ({ type: 'candidacy.refused', epoch })
export const raised = (epoch: number): Message => ({ type: 'epoch.raised', epoch })
export const committed = (epoch: number): Message => ({ type: 'noop.committed', epoch })
export const vice = (name: string | null): Message => ({ type: 'vice.chosen', vice: name })
export const resign = (successor: string | null): Message => ({ type: 'mastership.resign', successor })
export const offered = (leader: string, epoch: number): Message => ({ type: 'mastership.offered', leader, epoch })
export const members = (voters: string[], isEligible = true): Message => ({
  type: 'members.changed',
  voters,
  isEligible,
})
export const fenced = (other: string): Message => ({ type: 'fence.confirmed', other })
export const leaseLost: Message = { type: 'lease.lost' }
