/**
 * The master's side of the configuration repository: says up to where to read, and takes transactions to the log (SPEC D5).
 *
 * What it says before the no-op of its epoch is applied would not be about all that was committed: until then it is `not-leader`. A read
 * index is given only under the lease. An answer of `not-leader` or `busy` means that nothing was done and nothing will be.
 */
import type { Change, LogEntry } from '../../machines/logic/replicatedLog.ts'
import type { Clock } from '../engine/clock.ts'
import type { CcrAnswer, CcrAsk } from '../wire/messages/ccr.ts'
import type { CcrReplica, Validate } from './ccrModel.ts'
import { isUnder } from './keys.ts'
import { entrySizeBytes, quotaRefusalOf, refusalOf, type Transaction } from './limits.ts'
import type { ProposalCode } from './replicaOptions.ts'
import type { Outcome } from './tree.ts'

export interface CcrMasterOptions {
  readonly replica: CcrReplica
  readonly clock: Pick<Clock, 'setTimer'>
  readonly isLeaderLeaseValid: () => boolean
  readonly validate?: Validate | undefined
}

type Done = (answer: CcrAnswer) => void

interface Pending {
  readonly index: number
  readonly epoch: number
  readonly growth: Growth
  readonly isConfiguration: boolean
  readonly done: Done
  readonly cancel: () => void
}

interface Growth {
  readonly keyCount: number
  readonly sizeBytes: number
}

/** Half of what the log takes without a majority behind it: the cluster's own proposals always find room. */
const pendingCountMax = 512

/** A proposal that is not decided by then is no longer waited for: whoever asked has given up too. */
const decisionLimitMs = 10_000

export const configurationName = 'configuration'

export class CcrMaster {
  readonly #options: CcrMasterOptions
  readonly #pending = new Map<string, Pending>()
  /** Of the last entry that was applied while this node runs. */
  #appliedEpoch = -1
  /** What was applied while something was being proposed: alone in a cluster, a node has decided before `propose` returns. */
  #decided: Map<string, Outcome> | null = null

  constructor(options: CcrMasterOptions) {
    this.#options = options
  }

  answer(ask: CcrAsk, done: Done): void {
    const { replica, isLeaderLeaseValid } = this.#options
    if (!replica.isLeader || this.#appliedEpoch !== replica.epoch) return done(notLeader)
    if (ask.kind === 'transact') return this.#transact(ask, done)
    done(isLeaderLeaseValid() ? { ok: true, index: replica.commitIndex } : notLeader)
  }

  applied(entry: LogEntry, outcome: Outcome): void {
    this.#appliedEpoch = entry.epoch
    this.#decided?.set(placeOf(entry), outcome)
    for (const pending of [...this.#pending.values()]) {
      if (pending.index > entry.index) continue
      if (pending.index < entry.index) this.#finish(pending, unknown)
      else this.#finish(pending, pending.epoch === entry.epoch ? answerOf(outcome, entry.index) : notLeader)
    }
  }

  #transact(transaction: Transaction, done: Done): void {
    const { replica, validate } = this.#options
    const { changes, conditions } = transaction
    if (this.#pending.size >= pendingCountMax) return done(overloaded)
    const growth = this.#growthOf(changes)
    const refusal = refusalOf(transaction) ?? this.#quotaRefusal(growth)
    if (refusal !== null) return done({ ok: false, ...refusal })
    const isConfiguration = validate !== undefined && changes.some(({ key }) => isUnder(key, configurationName))
    if (isConfiguration) {
      if ([...this.#pending.values()].some((pending) => pending.isConfiguration)) return done(busy)
      const problems = validate(changes, replica.tree)
      if (problems.length > 0) return done(refusedFor(problems))
    }
    this.#decided = new Map()
    const result = replica.propose(changes, conditions)
    const decided = this.#decided
    this.#decided = null
    if (!result.ok) return done(answerOfRefusal[result.code])
    const outcome = decided.get(placeOf(result))
    if (outcome) return done(answerOf(outcome, result.index))
    const pending: Pending = {
      index: result.index,
      epoch: result.epoch,
      growth,
      isConfiguration,
      done,
      cancel: this.#options.clock.setTimer(decisionLimitMs, () => this.#finish(pending, unknown)),
    }
    this.#pending.set(placeOf(pending), pending)
  }

  #finish(pending: Pending, answer: CcrAnswer): void {
    pending.cancel()
    this.#pending.delete(placeOf(pending))
    pending.done(answer)
  }

  #growthOf(changes: readonly Change[]): Growth {
    const { tree } = this.#options.replica
    let keyCount = 0
    let sizeBytes = 0
    for (const change of changes) {
      const before = tree.get(change.key)
      if (before) sizeBytes -= entrySizeBytes(before)
      if (change.value !== null) sizeBytes += entrySizeBytes(change)
      keyCount += Number(change.value !== null) - Number(before !== null)
    }
    return { keyCount, sizeBytes }
  }

  /** As if everything under way that makes the tree larger were done already. What makes it no larger is never refused. */
  #quotaRefusal(growth: Growth) {
    if (growth.keyCount <= 0 && growth.sizeBytes <= 0) return null
    const { tree } = this.#options.replica
    let keyCount = tree.keyCount + growth.keyCount
    let sizeBytes = tree.sizeBytes + growth.sizeBytes
    for (const pending of this.#pending.values()) {
      keyCount += Math.max(0, pending.growth.keyCount)
      sizeBytes += Math.max(0, pending.growth.sizeBytes)
    }
    return quotaRefusalOf({ keyCount, sizeBytes })
  }
}

const notLeader: CcrAnswer = { ok: false, code: 'not-leader', text: 'this node is not the master' }
const busy: CcrAnswer = { ok: false, code: 'busy', text: 'another change of the shared configuration is under way' }
const overloaded: CcrAnswer = { ok: false, code: 'overloaded', text: 'too many transactions are under way' }
const unknown: CcrAnswer = { ok: false, code: 'indeterminate', text: 'it may have been done, or may still be' }

const answerOfRefusal: Readonly<Record<ProposalCode, CcrAnswer>> = {
  'not-leader': notLeader,
  resigning: notLeader,
  backlog: overloaded,
  'too-large': { ok: false, code: 'too-large', text: 'the transaction is too large' },
  invalid: { ok: false, code: 'invalid', text: 'the transaction is not valid' },
}

function placeOf({ epoch, index }: { epoch: number; index: number }): string {
  return `${epoch}:${index}`
}

function answerOf({ isApplied, conflicts }: Outcome, index: number): CcrAnswer {
  if (isApplied) return { ok: true, index }
  const first = conflicts[0]!
  const what = first.index === 0 ? 'is not there' : `was last set at revision ${first.index}`
  const more = conflicts.length > 1 ? `, and ${conflicts.length - 1} more conditions do not hold` : ''
  return {
    ok: false,
    code: 'conflict',
    text: `${first.key} ${what}${more}; nothing was changed`,
    conflicts: [...conflicts],
  }
}

/** So many are told; a configuration with more is wrong in one place mostly. */
const problemCountMax = 100

function refusedFor(problems: readonly { key: string; text: string }[]): CcrAnswer {
  const told = problems
    .slice(0, problemCountMax)
    .map(({ key, text }) => ({ key: key.slice(0, 512), text: text.slice(0, 1000) }))
  return {
    ok: false,
    code: 'refused',
    text: `the configuration would be wrong: ${told[0]!.key}: ${told[0]!.text}`,
    problems: told,
  }
}
