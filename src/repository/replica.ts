/**
 * The shell of the replicated log: carries out what its rules decide (`machines/logic/replicatedLog.ts`) and what membership asks
 * for, against a store, a clock and a network that loses datagrams.
 *
 * What is decided holds in memory at once, and is on its way to the disk (`store.ts`). What is durable before what is said:
 * epoch and vote before a request or reply of an election, and before the own vote counts; entries before the answer that says
 * they are there; the epoch before heartbeats speak of it. These wait in an outbox, in order, so that the replica looks from
 * outside like one that waits for its disk. A leader's new entries leave at once, but it counts itself only when it has them on
 * disk; and entries that others made durable may be applied before they are on the own one.
 *
 * Every call ends by settling: committed entries are applied, then membership is told what changed. Both may call back in.
 */
import type { MembershipEvent } from '../../machines/membership.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { ConsensusMessage } from '../wire/messages/consensus.ts'
import { Elections } from './elections.ts'
import { Following } from './following.ts'
import { Leading } from './leading.ts'
import { ReplicaCore } from './replicaCore.ts'
import type { Proposal, ProposalResult, ReplicaEffect, ReplicaOptions } from './replicaOptions.ts'
import type { TreeReader } from './tree.ts'

export type {
  PromiseAnswer,
  PromiseQuestion,
  ProposalCode,
  ProposalResult,
  ReplicaEffect,
  ReplicaOptions,
} from './replicaOptions.ts'

/** Takes over what the store holds, and applies what it says is committed; `onApplied` is not called for that. */
export function createReplica(options: ReplicaOptions): Replica {
  return new Replica(options)
}

export class Replica {
  readonly #core: ReplicaCore
  readonly #elections: Elections
  readonly #leading: Leading
  readonly #following: Following
  #isSettling = false

  constructor(options: ReplicaOptions) {
    this.#core = new ReplicaCore(options, () => this.#settle())
    this.#elections = new Elections(this.#core)
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
   * Asks for changes, all or none. They hold once `onApplied` brings the entry with this index *and* this epoch; an entry of a later
   * epoch at this index means that they never will.
   */
  propose(changes: Proposal): ProposalResult {
    return this.#core.call(() => this.#leading.propose(changes))
  }

  receive(from: NodeName, message: ConsensusMessage): void {
    this.#core.call(() => this.#take(from, message))
  }

  perform(effect: ReplicaEffect): void {
    this.#core.call(() => this.#perform(effect))
  }

  /** To be called every heartbeat interval: sends again what may be lost, and notices what nobody else would. */
  tick(): void {
    this.#core.call(() => (this.isLeader ? this.#leading.tick() : this.#following.tick()))
  }

  /** The leader's lease was gained: a claim that only waits for it is told now instead of at the next tick. */
  leaseGained(): void {
    this.#settle()
  }

  /** Our lease is given up: a successor that only waits for that is told now instead of at the next tick. */
  leaseDropped(): void {
    this.#core.call(() => this.#leading.leaseDropped())
  }

  /** Nothing is said any more; resolves when everything is written and the store closed. */
  close(): Promise<void> {
    this.#elections.abandon()
    return this.#core.close()
  }

  #perform(effect: ReplicaEffect): void {
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
  }

  #take(from: NodeName, message: ConsensusMessage): void {
    switch (message.type) {
      case 'vote.request':
        this.#elections.considerRequest(from, message)
        break
      case 'vote.reply':
        this.#core.heed(() => this.#elections.considerReply(from, message))
        break
      case 'append.request':
        this.#core.heed(() => this.#following.considerAppend(from, message))
        break
      case 'append.reply':
        this.#core.heed(() => this.#leading.considerReply(from, message))
        break
      case 'transfer.timeoutNow':
        this.#following.considerOffer(from, message)
    }
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
