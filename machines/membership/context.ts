/** What a node's membership knows, hears and asks for. */
import type { Transfer } from '../logic/replicatedLog.ts'
import type { NodeName } from '../model/ids.ts'

export interface MembershipTiming {
  /** A candidacy that did not succeed within this and up to as much again is given up. */
  readonly electionTimeoutMs: number
  /** For so long after its start a node does not campaign: it may have promised its vote in an earlier life. */
  readonly leaderLeaseMs: number
  /** Between the candidacies of one rank and the next. Time for the vice to be elected before others try. */
  readonly successionDelayMs: number
}

export interface MembershipInput {
  readonly self: NodeName
  /** Those that count, at the start, in order of rank, the preferred first. None: the log is empty. */
  readonly voters: readonly NodeName[]
  /** May campaign. Left out: as one of the voters. A learner and an arbiter follow only. */
  readonly isEligible?: boolean
  readonly timing: MembershipTiming
  /** Of the jitter. Different on every node, and in every life. */
  readonly seed: number
}

/** Who leads, as this node sees it. */
export interface Mastership {
  readonly leader: NodeName | null
  readonly epoch: number
  readonly vice: NodeName | null
}

export interface MembershipContext extends MembershipInput, Mastership {
  readonly isEligible: boolean
  /** What was last said of the mastership. */
  readonly announced: Mastership | null
  /** Until the next candidacy, and how long a candidacy lasts. Drawn when the wait begins. */
  readonly candidacyDelayMs: number
  readonly candidacyTimeoutMs: number
  /** The leader that asked us to succeed it, while we campaign at its bidding. */
  readonly transfer: Transfer | null
  /** The other of two voters, while we go on without it. */
  readonly fenced: NodeName | null
  /** To whom we hand over. */
  readonly successor: NodeName | null
  /** Since mastership was acquired, until it is lost: the epoch of it. */
  readonly masterEpoch: number | null
  readonly isStopping: boolean
}

export type MembershipEvent =
  /** The node is up; `epoch` is the one it kept. */
  | { type: 'membership.start'; epoch: number }
  /** The node leaves for good: a master hands over first. */
  | { type: 'membership.stop' }
  | ({ type: 'leader.heard'; leader: NodeName } & Mastership)
  /** Who belongs to the log has changed, perhaps back. `voters`: those that count, in order of rank. A master is told when it is committed. */
  | { type: 'members.changed'; voters: readonly NodeName[]; isEligible: boolean }
  /** From the next wait on. */
  | { type: 'timing.changed'; timing: MembershipTiming }
  /** Another node can do nothing any more, for certain. */
  | { type: 'fence.confirmed'; other: NodeName }
  /** Its silence is confirmed. */
  | { type: 'leader.suspected'; leader: NodeName }
  /** Its process is known to have ended. */
  | { type: 'leader.ended'; leader: NodeName }
  /** It says itself that it leads no more. */
  | { type: 'leader.resigned'; leader: NodeName }
  | { type: 'preVote.won'; epoch: number }
  | { type: 'vote.won'; epoch: number }
  /** The ballot cannot be won any more, or not be held. */
  | { type: 'candidacy.refused'; epoch: number }
  /** A later epoch was seen, its leader not yet. */
  | { type: 'epoch.raised'; epoch: number }
  /** The no-op that opens our epoch is committed and the lease is held. */
  | { type: 'noop.committed'; epoch: number }
  | { type: 'lease.lost' }
  | { type: 'vice.chosen'; vice: NodeName | null }
  /** An operator, or the node on its way out; null: whoever is vice. */
  | { type: 'mastership.resign'; successor: NodeName | null }
  /** A leader that has given its lease up wants us to succeed it. */
  | { type: 'mastership.offered'; leader: NodeName; epoch: number }

export type MembershipEffect =
  | { type: 'election.preVote'; epoch: number }
  | { type: 'election.vote'; epoch: number; transfer: Transfer | null }
  /** Go on without `other`, in `epoch`, if that is safe: answered like a vote. */
  | { type: 'election.force'; epoch: number; other: NodeName }
  | { type: 'election.abandon' }
  /** Lead `epoch`, and open it with a no-op. */
  | { type: 'log.claim'; epoch: number }
  /** Lead no more. */
  | { type: 'log.resign' }
  /** Take `leader` for that of `epoch`, durably as far as the epoch goes. */
  | ({ type: 'leader.follow'; leader: NodeName } & Mastership)
  /** Follow nobody for now; the epoch stays its own. */
  | { type: 'leader.forget' }
  | ({ type: 'leader.changed' } & Mastership)
  | { type: 'lease.drop' }
  | { type: 'mastership.acquired'; epoch: number }
  | { type: 'mastership.lost'; epoch: number }
  | { type: 'mastership.transfer'; to: NodeName; epoch: number }

export type EventOf<Type extends MembershipEvent['type']> = Extract<MembershipEvent, { type: Type }>
