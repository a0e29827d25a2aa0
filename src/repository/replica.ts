/**
 * The shell of the replicated log: carries out what its rules decide (`machines/logic/replicatedLog.ts`) and what membership asks
 * for, against a store, a clock and a network that loses datagrams.
 *
 * What is durable before what is said: epoch and vote before a request or reply of an election; entries before the answer that
 * says they are there. A leader sends new entries first and writes them then, but counts itself only after. Writing is synchronous.
 *
 * Every call ends by settling: committed entries are applied, then membership is told what changed. Both may call back in.
 */
import type { Condition } from '../../machines/logic/replicatedLog.ts'
import type { MembershipEvent } from '../../machines/membership.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { ConsensusMessage } from '../wire/messages/consensus.ts'
import { Elections } from './elections.ts'
import { Following } from './following.ts'
import { Leading } from './leading.ts'
import { ReplicaCore } from './replicaCore.ts'
import type { Proposal, ProposalResult, ReplicaEffect, ReplicaOptions } from './replicaOptions.ts'
import type { TreeReader } from './tree.ts'

export type { ProposalCode, ProposalResult, ReplicaEffect, ReplicaOptions } from './replicaOptions.ts'

/** Reads the store, and applies what it says is committed; `onApplied` is not called for that. Throws a `StoreError`. */
export function createReplica(options: ReplicaOptions): Replica {
  return new Replica(options)
}

export class Replica {
  readonly #core: ReplicaCore
  readonly #elections: Elections
  readonly #leading: Leading
  readonly #following: Following
  #isSettling = false
  #isActing = false

  constructor(options: ReplicaOptions) {
    this.#core = new ReplicaCore(options)
    this.#elections = new Elections(this.#core, (work, how) => this.#act(work, how))
    this.#leading = new Leading(this.#core)
    this.#following = new Following(this.#core)
    this.#core.tell()
  }

  /** The applied state. */
  get tree(): TreeReader {
    return this.#core.applier.tree
  }

  get epoch(): number {
    return this.#core.state.epoch
  }

  /** Whom this node follows; itself while it leads. */
  get leader(): NodeName | null {
    return this.#core.leader
  }

  get vice(): NodeName | null {
    return this.#core.vice
  }

  get commitIndex(): number {
    return this.#core.state.commitIndex
  }

  /** Elected, though perhaps not yet, or no longer, acting as master. */
  get isLeader(): boolean {
    return this.#core.state.leadership !== null
  }

  /**
   * Asks for changes, all or none, and none unless the conditions hold when they are applied. They are decided once `onApplied` brings
   * the entry with this index *and* this epoch, with its outcome; an entry of a later epoch at this index means that they never will be.
   */
  propose(changes: Proposal, conditions: readonly Condition[] = []): ProposalResult {
    const result = this.#leading.propose(changes, conditions)
    this.#settle()
    return result
  }

  receive(from: NodeName, message: ConsensusMessage): void {
    this.#act(() => this.#take(from, message), { isNoted: true })
  }

  perform(effect: ReplicaEffect): void {
    switch (effect.type) {
      case 'election.preVote':
        this.#elections.campaign({ isPre: true, epoch: effect.epoch, transfer: null })
        break
      case 'election.vote':
        this.#elections.campaign({ isPre: false, epoch: effect.epoch, transfer: effect.transfer })
        break
      case 'election.abandon':
        this.#elections.abandon()
        break
      case 'log.claim':
        this.#leading.claim(effect.epoch)
        break
      case 'log.resign':
        this.#leading.resign()
        break
      case 'mastership.transfer':
        this.#leading.transfer(effect.to)
        break
      case 'leader.follow':
        this.#following.follow(effect)
        break
      case 'leader.forget':
        this.#following.forget()
    }
    this.#settle()
  }

  /** To be called every heartbeat interval: sends again what may be lost, and notices what nobody else would. */
  tick(): void {
    if (this.isLeader) this.#leading.tick()
    else this.#following.tick()
    this.#settle()
  }

  /** The leader's lease was gained: a claim that only waits for it is told now instead of at the next tick. */
  leaseGained(): void {
    this.#settle()
  }

  /** The leader's lease is given up for certain: a successor that waits for it is told now. */
  leaseDropped(): void {
    this.#leading.offer()
  }

  /** Nothing is sent or written afterwards; the store is closed. */
  close(): void {
    this.#elections.abandon()
    this.#core.close()
  }

  #take(from: NodeName, message: ConsensusMessage): void {
    switch (message.type) {
      case 'vote.request':
        this.#elections.considerRequest(from, message)
        break
      case 'vote.reply':
        this.#elections.considerReply(from, message)
        break
      case 'append.request':
        this.#following.considerAppend(from, message)
        break
      case 'append.reply':
        this.#leading.considerReply(from, message)
        break
      // Logs are kept whole: nobody sends or needs a snapshot.
      case 'install.request':
      case 'install.reply':
        break
      case 'transfer.timeoutNow':
        this.#following.considerOffer(from, message)
    }
  }

  /** Work within work is noted and settled by the outermost. */
  #act(work: () => void, { isNoted }: { isNoted: boolean }): void {
    if (this.#isActing) {
      work()
      return
    }
    const before = this.#core.state
    this.#isActing = true
    try {
      work()
    } finally {
      this.#isActing = false
    }
    if (isNoted) this.#core.note(before)
    this.#settle()
  }

  #settle(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    try {
      let notice: MembershipEvent | undefined
      do {
        this.#core.apply()
        this.#leading.tellClaim()
        notice = this.#core.notices.shift()
        if (notice) this.#core.options.membership.send(notice)
      } while (notice || this.#core.hasMoreToApply)
    } finally {
      this.#isSettling = false
    }
  }
}
