import type { Change, LogEntry } from '../../machines/logic/replicatedLog.ts'
import type { Mastership, MembershipEffect, MembershipEvent } from '../../machines/membership.ts'
import type { Timing } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { Cause } from '../engine/record.ts'
import type { ConsensusMessage } from '../wire/messages/consensus.ts'
import type { Store } from './store.ts'
import type { Outcome } from './tree.ts'

export interface ReplicaOptions {
  readonly self: NodeName
  /** In order of rank. */
  readonly voters: readonly NodeName[]
  readonly clock: Pick<Clock, 'nowMs' | 'setTimer'>
  /** The replica's own from now on: it closes it. */
  readonly store: Store
  readonly timing: Pick<Timing, 'heartbeatIntervalMs' | 'electionTimeoutMs'>
  readonly membership: { send(event: MembershipEvent, cause?: Cause): void }
  /** A datagram: lost, doubled or late at will. Must not deliver before it returns. */
  readonly send: (to: NodeName, message: ConsensusMessage) => void
  /**
   * What stands against a vote (`machines/logic/lease.ts`). Who answers that nothing does promises nothing any more in an epoch
   * before the one asked for (0: none). The answer may come at once or later, or never: then the question is put again.
   */
  readonly askPromise: (
    question: { readonly epoch: number; readonly exempt: NodeName | null },
    answer: (bond: { readonly nowMs: number; readonly promiseUntilMs: number }) => void,
  ) => void
  /** Whom this node follows had its promise lately: it claims to lead. */
  readonly isPromised: () => boolean
  /** The lease of the present mastership is given up, and nobody acts by it any more. */
  readonly isLeaseDropped: () => boolean
  readonly isLeaderLeaseValid: () => boolean
  readonly aliveVoters: () => readonly NodeName[]
  /** Every entry that this life applies, in order; not those applied from the store at the start. May propose. */
  readonly onApplied: (entry: LogEntry, isOwn: boolean, outcome: Outcome) => void
  /** What heartbeats shall say. Called once it is durable and before any message that follows from it leaves. */
  readonly onMastership: (mastership: Mastership & { readonly commitIndex: number }) => void
}

/** The effects of membership that are the replica's to carry out. */
export type ReplicaEffect = Extract<
  MembershipEffect,
  { type: `election.${string}` | `log.${string}` | 'leader.follow' | 'leader.forget' | 'mastership.transfer' }
>

/**
 * `not-leader`, `resigning`: ask another node; `backlog`: too much is uncommitted, wait; `too-large`: over 32 KiB as msgpack;
 * `invalid`: no changes, too many, or a key that is empty or too long.
 */
export type ProposalCode = 'not-leader' | 'resigning' | 'backlog' | 'too-large' | 'invalid'

export type ProposalResult =
  | { readonly ok: true; readonly index: number; readonly epoch: number }
  | { readonly ok: false; readonly code: ProposalCode }

/** Keys with their new values; null deletes. */
export type Proposal = readonly Change[]
