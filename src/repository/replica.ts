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
import {
  type Condition,
  isInQuorum,
  type Members,
  membersOf,
  type Peer,
  selfOf,
  type WantedMember,
} from '../../machines/logic/replicatedLog.ts'
import type { MembershipEvent } from '../../machines/membership.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { ConsensusEnvelope, ConsensusMessage } from '../wire/messages/consensus.ts'
import { Elections } from './elections.ts'
import { Following } from './following.ts'
import { isUnder } from './keys.ts'
import { Leading } from './leading.ts'
import { ReplicaCore } from './replicaCore.ts'
import type { MembersCode, Proposal, ProposalResult, ReplicaEffect, ReplicaOptions } from './replicaOptions.ts'
import type { TreeReader } from './tree.ts'

export type {
  MembersCode,
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

  /** All that is committed is applied, as far as leaders have told this life of ours; false before one has. */
  get isUpToDate(): boolean {
    const { heardCommitIndex, applier } = this.#core
    return this.isLeader || (heardCommitIndex >= 0 && applier.appliedIndex >= heardCommitIndex)
  }

  /**
   * Others need nothing that is on the disk here to decide anything: another leader knows it to be committed that this node does not
   * count. That we know so ourselves is not enough: of two voters, one waits for the other until it knows, too.
   */
  get isReleased(): boolean {
    const { state, heardCommitIndex } = this.#core
    const isCounted = state.memberships.some(({ members }) => isInQuorum(members, selfOf(state)))
    return !this.isLeader && !isCounted && heardCommitIndex >= state.memberships.at(-1)!.index
  }

  /** Id of the store here: with another one, this node is another member. */
  get disk(): string {
    return this.#core.state.disk
  }

  /** Id of the cluster; null: the disk is empty. */
  get cluster(): string | null {
    return this.#core.cluster
  }

  /** In force, committed or not. */
  get members(): Members {
    return membersOf(this.#core.state)
  }

  /** The members of the first entry; null: it is not there, or not any more. */
  get founders(): Members | null {
    const [entry] = this.#core.log.firstIndex === 1 ? this.#core.log.read(1, { bytesMax: 0, countMax: 1 }) : []
    return entry?.command.type === 'members' ? entry.command.members : null
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
    return this.#core.call(() => this.#leading.propose(changes, conditions))
  }

  receive(from: NodeName, { cluster, disk, message }: ConsensusEnvelope): void {
    const own = this.#core.cluster
    if (own !== null && cluster !== '' && cluster !== own) return this.#core.options.onForeign(from, cluster)
    this.#core.call(() => {
      // Who brings a log brings its cluster with it.
      const isBringing = message.type === 'install.request' || message.type === 'append.request'
      if (own === null && isBringing && cluster !== '') this.#core.join(cluster)
      this.#take({ name: from, disk }, message)
    })
  }

  /** Begins the log of a new cluster. Every founder does the same by itself. Nothing happens where there is a cluster already. */
  found(of: { readonly cluster: string; readonly members: Members }): void {
    if (this.#core.cluster === null) this.#core.call(() => this.#core.found(of))
  }

  /** Takes one legal step to other members, as the leader. */
  changeMembers(members: Members): ProposalResult<MembersCode> {
    return this.#core.call(() => this.#leading.changeMembers(members))
  }

  /** To be called now and then: a leader takes the next safe step to what is wanted. `disks`: of those that are heard now. */
  reconcileMembers(wanted: readonly WantedMember[], disks: Readonly<Record<NodeName, string>>): void {
    if (this.isLeader) this.#core.call(() => this.#leading.reconcileMembers(wanted, disks))
  }

  perform(effect: ReplicaEffect): void {
    this.#core.call(() => this.#perform(effect))
  }

  /** Whether an entry that is not applied yet changes something at `prefix` or below it. */
  isChanging(prefix: string): boolean {
    const { log, applier } = this.#core
    const unlimited = { bytesMax: Number.POSITIVE_INFINITY, countMax: Number.POSITIVE_INFINITY }
    if (log.lastIndex <= applier.appliedIndex) return false
    return log
      .read(applier.appliedIndex + 1, unlimited)
      .some(({ command }) => command.type === 'set' && command.entries.some(({ key }) => isUnder(key, prefix)))
  }

  /** Calls back when it is on disk that what is applied now is committed: a later life begins with no less. */
  keepApplied(onKept: () => void): void {
    this.#core.write({ commitIndex: this.#core.state.commitIndex }, onKept)
  }

  /** To be called every heartbeat interval: sends again what may be lost, and notices what nobody else would. */
  tick(): void {
    this.#core.call(() => {
      if (this.isLeader) this.#leading.tick()
      else this.#following.tick()
      this.#core.tell({ isTick: true })
    })
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
      case 'election.force':
        this.#elections.goOnAlone(effect)
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

  #take(from: Peer, message: ConsensusMessage): void {
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
      case 'install.request':
        this.#core.heed(() => this.#following.considerInstall(from, message))
        break
      case 'install.reply':
        this.#core.heed(() => this.#leading.considerInstallReply(from, message))
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
        this.#core.tellMembers()
        this.#leading.tellClaim()
        notice = this.#core.notices.shift()
        if (notice) this.#core.options.membership.send(notice)
      } while (notice || this.#core.hasMoreToApply)
    } finally {
      this.#isSettling = false
    }
  }
}
