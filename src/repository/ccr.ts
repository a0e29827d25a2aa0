/**
 * The configuration repository (CCR, SPEC D5) as it is used on every node: reads, transactions and watches, whoever is master.
 *
 * Transactions go to the master, who answers when they are applied. A linearizable read asks the master up to where the log was committed,
 * waits until that much is applied here, and reads here: nothing is written to a disk for it, and on the master nothing is sent. What can
 * be asked again without harm (reads; transactions of which nothing was done) is, until the time limit.
 *
 * Everything calls back, perhaps before the call returns, and never twice.
 */
import type { LogEntry } from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { CcrAsk } from '../wire/messages/ccr.ts'
import { CcrErrands, type CcrErrandsOptions } from './ccrErrands.ts'
import { CcrMaster, type CcrMasterOptions } from './ccrMaster.ts'
import type { CcrFailure, Consistency, GetResult, ListResult, Observe, TransactResult } from './ccrModel.ts'
import type { Changed } from './history.ts'
import { problemOfKey, refusalOf, type Transaction } from './limits.ts'
import type { Outcome, TreeEntry } from './tree.ts'

export type * from './ccrModel.ts'

export interface CcrOptions extends Omit<CcrErrandsOptions, 'atHome'>, CcrMasterOptions {
  readonly observe?: Observe
}

export type CcrWatching = { readonly ok: true; readonly end: () => void } | CcrFailure

interface Waiting {
  readonly index: number
  readonly callback: () => void
}

export class Ccr {
  readonly #options: CcrOptions
  readonly #master: CcrMaster
  readonly #errands: CcrErrands
  #waiting: Waiting[] = []

  constructor(options: CcrOptions) {
    this.#options = options
    this.#master = new CcrMaster(options)
    this.#errands = new CcrErrands({ ...options, atHome: (ask, done) => this.#master.answer(ask, done) })
  }

  /** `invalid` for what is no key. */
  get(key: string, options: { consistency: Consistency }, done: (result: GetResult) => void): void {
    const finish = this.#observed({ kind: 'get', key, ...options }, done)
    const text = problemOfKey(key)
    if (text !== null) return finish({ ok: false, code: 'invalid', text })
    const { tree } = this.#options.replica
    this.#read<GetResult>(options.consistency, finish, () => ({
      ok: true,
      revision: tree.revision,
      entry: tree.get(key),
    }))
  }

  /** All at `prefix` and below it, in the order of their keys, as it is at one revision. */
  list(prefix: string, options: { consistency: Consistency }, done: (result: ListResult) => void): void {
    const finish = this.#observed({ kind: 'list', prefix, ...options }, done)
    const problem = problemOfPrefix(prefix)
    if (problem !== null) return finish(problem)
    const { tree } = this.#options.replica
    this.#read<ListResult>(options.consistency, finish, () => ({
      ok: true,
      revision: tree.revision,
      entries: tree.list(prefix),
    }))
  }

  set(key: string, value: unknown, done: (result: TransactResult) => void): void {
    this.transact({ conditions: [], changes: [{ key, value }] }, done)
  }

  delete(key: string, done: (result: TransactResult) => void): void {
    this.set(key, null, done)
  }

  /** `index`: the revision that the key must have; 0: it must not be there. `conflict` otherwise. */
  compareAndSet(
    { key, index, value }: { key: string; index: number; value: unknown },
    done: (result: TransactResult) => void,
  ): void {
    this.transact({ conditions: [{ key, index }], changes: [{ key, value }] }, done)
  }

  /** All changes, if all conditions hold when it is applied; else none. */
  transact(transaction: Transaction, done: (result: TransactResult) => void): void {
    const finish = this.#observed({ kind: 'transact', ...transaction }, done)
    const refusal = refusalOf(transaction)
    if (refusal !== null) return finish({ ok: false, ...refusal })
    const { conditions, changes } = transaction
    const ask: CcrAsk = { kind: 'transact', conditions: [...conditions], changes: [...changes] }
    this.#errands.run(ask, (result) => finish(result.ok ? { ok: true, revision: result.index } : result))
  }

  /**
   * Follows the changes at `prefix` and below it, as this node applies them: each transaction once, in order, without gaps. With
   * `afterRevision` those after that revision, be they past or to come; `compacted` where they are no longer remembered.
   */
  watch(
    prefix: string,
    { afterRevision }: { afterRevision: number | null },
    callback: (changed: readonly TreeEntry[], revision: number) => void,
  ): CcrWatching {
    const problem = problemOfPrefix(prefix)
    if (problem !== null) return problem
    const { tree } = this.#options.replica
    if (afterRevision === null) return { ok: true, end: tree.watch(prefix, callback) }
    const watching = tree.watchAfter(prefix, afterRevision, callback)
    return watching.isComplete ? { ok: true, end: watching.end } : compacted(afterRevision, watching.oldest)
  }

  /** The changes at `prefix` and below it after that revision, oldest first; `compacted` where they are no longer remembered. */
  changesAfter(prefix: string, afterRevision: number): { ok: true; changes: readonly Changed[] } | CcrFailure {
    const problem = problemOfPrefix(prefix)
    if (problem !== null) return problem
    const since = this.#options.replica.tree.changesAfter(prefix, afterRevision)
    return since.isComplete ? { ok: true, changes: since.changes } : compacted(afterRevision, since.oldest)
  }

  /** The remembered changes at `prefix` and below it, oldest first, and from where on (`oldest`) they are complete. */
  history(prefix: string): { ok: true; revision: number; oldest: number; changes: readonly TreeEntry[] } | CcrFailure {
    const problem = problemOfPrefix(prefix)
    if (problem !== null) return problem
    const { tree } = this.#options.replica
    const { oldest } = tree.changesAfter('', tree.revision)
    const since = tree.changesAfter(prefix, oldest)
    const changes = since.isComplete ? since.changes.flatMap(({ changed }) => changed) : []
    return { ok: true, revision: tree.revision, oldest, changes }
  }

  /** To be called for every entry after it was applied, in order. */
  applied(entry: LogEntry, outcome: Outcome): void {
    this.#master.applied(entry, outcome)
    this.advanced()
  }

  /** To be called after the tree has come further by something else than an entry: a snapshot. */
  advanced(): void {
    const { revision } = this.#options.replica.tree
    const due = this.#waiting.filter(({ index }) => index <= revision)
    if (due.length === 0) return
    this.#waiting = this.#waiting.filter(({ index }) => index > revision)
    for (const { callback } of due) callback()
  }

  /** A message of another node; `to` it goes what is answered. */
  receive(from: NodeName, message: Parameters<CcrErrands['receive']>[1]): void {
    this.#errands.receive(from, message)
  }

  /** What that node was asked, it will not answer any more (SPEC M4). */
  nodeGone(node: NodeName): void {
    this.#errands.nodeGone(node)
  }

  #read<Result>(consistency: Consistency, done: (result: Result | CcrFailure) => void, look: () => Result): void {
    if (consistency === 'stale') return done(look())
    this.#errands.run({ kind: 'read' }, (answer) => {
      if (answer.ok) this.#whenApplied(answer.index, (isInTime) => done(isInTime ? look() : behind))
      else done(answer)
    })
  }

  #whenApplied(index: number, callback: (isInTime: boolean) => void): void {
    const { replica, clock } = this.#options
    if (replica.tree.revision >= index) return callback(true)
    const waiting: Waiting = {
      index,
      callback: () => {
        cancel()
        callback(true)
      },
    }
    const cancel = clock.setTimer(catchUpLimitMs, () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting)
      callback(false)
    })
    this.#waiting.push(waiting)
  }

  #observed<Result extends TransactResult | GetResult | ListResult>(
    operation: Parameters<Observe>[0],
    done: (result: Result) => void,
  ): (result: Result) => void {
    const returned = this.#options.observe?.(operation)
    if (!returned) return done
    return (result) => {
      returned(result)
      done(result)
    }
  }
}

/** The log that the master has committed is on its way here; a node that still lacks it then is cut off. */
const catchUpLimitMs = 5000

const behind: CcrFailure = {
  ok: false,
  code: 'timed-out',
  text: 'this node has not received what is committed; ask another, or read stale',
}

function problemOfPrefix(prefix: string): CcrFailure | null {
  const text = prefix === '' ? null : problemOfKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix)
  return text === null ? null : { ok: false, code: 'invalid', text }
}

function compacted(afterRevision: number, oldest: number): CcrFailure {
  const text = `what changed right after revision ${afterRevision} is forgotten; this node remembers what came after ${oldest}: list anew`
  return { ok: false, code: 'compacted', text, oldest }
}
