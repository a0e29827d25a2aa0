/** The words of the configuration repository's service. */
import type { Change, Condition, LogEntry } from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { CcrAnswer } from '../wire/messages/ccr.ts'
import type { Transaction } from './limits.ts'
import type { ProposalResult } from './replicaOptions.ts'
import type { Outcome, TreeEntry, TreeReader } from './tree.ts'

/** What the service needs of the replicated log. */
export interface CcrReplica {
  readonly tree: TreeReader
  readonly epoch: number
  readonly isLeader: boolean
  readonly leader: NodeName | null
  readonly commitIndex: number
  propose(changes: readonly Change[], conditions: readonly Condition[]): ProposalResult
}

/** Told of every entry after it was applied, in order. */
export type Applied = (entry: LogEntry, outcome: Outcome) => void

type AnswerCode = (CcrAnswer & { ok: false })['code']

/**
 * `invalid`, `too-large`, `reserved`, `quota`: see `limits.ts`. `conflict`: a condition did not hold. `refused`: the shared configuration
 * would not be valid. `overloaded`: too much is under way. `no-quorum`: there is no master. `busy`: others changed the shared
 * configuration all the time. `compacted`: the changes that were asked for are forgotten. Nothing was done with any of these.
 * `timed-out`: not in time; of a transaction: it may have been done, or may still be. `indeterminate`: the same, as the master is lost.
 */
export type CcrCode = Exclude<AnswerCode, 'not-leader'> | 'no-quorum' | 'timed-out' | 'compacted'

export interface KeyProblem {
  readonly key: string
  readonly text: string
}

export interface CcrFailure {
  readonly ok: false
  readonly code: CcrCode
  readonly text: string
  /** Of `conflict`: the keys with the revisions that they have; 0: not there. */
  readonly conflicts?: readonly Condition[] | undefined
  /** Of `refused`: everything that is wrong. */
  readonly problems?: readonly KeyProblem[] | undefined
  /** Of `compacted`: the changes after this revision are still known. */
  readonly oldest?: number | undefined
}

export type TransactResult = { readonly ok: true; readonly revision: number } | CcrFailure

/** `revision`: of the tree that was read. */
export type GetResult = { readonly ok: true; readonly revision: number; readonly entry: TreeEntry | null } | CcrFailure
export type ListResult =
  | { readonly ok: true; readonly revision: number; readonly entries: readonly TreeEntry[] }
  | CcrFailure

/** `linearizable`: no older than the question, wherever it is asked. `stale`: as this node has it, without asking anybody. */
export type Consistency = 'linearizable' | 'stale'

/** What is wrong with the shared configuration as it would be after `changes`; all of it. Run on the master, before it is proposed. */
export type Validate = (changes: readonly Change[], tree: TreeReader) => readonly KeyProblem[]

/** An operation as its caller sees it, for a record of what was invoked and what came back (checks of linearizability). */
export type CcrOperation =
  | { readonly kind: 'get'; readonly key: string; readonly consistency: Consistency }
  | { readonly kind: 'list'; readonly prefix: string; readonly consistency: Consistency }
  | ({ readonly kind: 'transact' } & Transaction)

/** Called when an operation is invoked; what it returns, when its result is there. */
export type Observe = (operation: CcrOperation) => (result: TransactResult | GetResult | ListResult) => void
