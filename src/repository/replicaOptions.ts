import type { Change, LogEntry, Members } from '../../machines/logic/replicatedLog.ts'
import type { Mastership, MembershipEffect, MembershipEvent } from '../../machines/membership.ts'
import type { Timing } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { Cause } from '../engine/record.ts'
import type { ConsensusEnvelope } from '../wire/messages/consensus.ts'
import type { Retention } from './log.ts'
import type { Store } from './store.ts'
import type { Outcome } from './tree.ts'

export interface ReplicaOptions {
  readonly self: NodeName
  readonly clock: Pick<Clock, 'setTimer'>
  /** The replica's own from now on: it closes it. Whoever opened it watches for its failure. */
  readonly store: Store
  /** Left out: as usual. */
  readonly retention?: Retention
  /** As they are at the moment. */
  readonly timing: () => Pick<Timing, 'heartbeatIntervalMs' | 'electionTimeoutMs'>
  readonly membership: { send(event: MembershipEvent, cause?: Cause): void }
  /** A datagram: lost, doubled or late at will. Must not deliver before it returns. */
  readonly send: (to: NodeName, message: ConsensusEnvelope) => void
  /**
   * Asked before every vote, until when this node has promised not to vote (`machines/logic/lease.ts`). `epoch` is that of the
   * vote: once the answer is that no promise stands, none is given any more in an earlier one; 0 is only a question. A promise to
   * `exempt`, who gave its lease up, does not count, nor one to a leader whose end is known. The answer may come later, or before this returns; or never, like a datagram.
   */
  readonly askPromise: (question: PromiseQuestion, answer: (bond: PromiseAnswer) => void) => void
  /** A hint, perhaps a little old: the leader claims to lead, and our promise to it is renewed. */
  readonly isLeaderClaiming: () => boolean
  /** The lease of our own mastership was given up, for certain: only then a successor is told to campaign. */
  readonly isLeaseDropped: () => boolean
  readonly isLeaderLeaseValid: () => boolean
  readonly aliveVoters: () => readonly NodeName[]
  /** Every entry that this life applies, in order; not those applied from the store at the start. May propose. */
  readonly onApplied: (entry: LogEntry, isOwn: boolean, outcome: Outcome) => void
  /** Those in force have changed, perhaps back; a leader tells when it is committed. Not told at the start. */
  readonly onMembers: (members: Members) => void
  /** A node of another cluster speaks to this one: nothing it says is heeded. */
  readonly onForeign: (node: NodeName, cluster: string) => void
  /** What heartbeats shall say, once its epoch is durable. */
  readonly onMastership: (mastership: Mastership & { readonly commitIndex: number }) => void
}

export interface PromiseQuestion {
  readonly epoch: number
  readonly exempt: NodeName | null
}

/** Both of one clock. */
export interface PromiseAnswer {
  readonly nowMs: number
  readonly promiseUntilMs: number
}

/** The effects of membership that are the replica's to carry out. */
export type ReplicaEffect = Extract<
  MembershipEffect,
  { type: `election.${string}` | `log.${string}` | 'leader.follow' | 'leader.forget' | 'mastership.transfer' }
>

/**
 * `not-leader`, `resigning`: ask another node; `backlog`: too much is uncommitted, or waits for the disk; `too-large`: over 32 KiB as msgpack;
 * `invalid`: no changes, too many, or a key that is empty or too long.
 */
export type ProposalCode = 'not-leader' | 'resigning' | 'backlog' | 'too-large' | 'invalid'

/** `pending`: an earlier change is not committed; `unopened`: mastership has not begun; `illegal`: more than one step. */
export type MembersCode = ProposalCode | 'pending' | 'unopened' | 'illegal'

export type ProposalResult<Code = ProposalCode> =
  | { readonly ok: true; readonly index: number; readonly epoch: number }
  | { readonly ok: false; readonly code: Code }

/** Keys with their new values; null deletes. */
export type Proposal = readonly Change[]
