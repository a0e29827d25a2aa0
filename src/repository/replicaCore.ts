/** What the parts of a replica share: its state, its log, what it has said. */
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { MembershipEvent } from '../../machines/membership.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { Applier } from './applier.ts'
import { Log } from './log.ts'
import type { ReplicaOptions } from './replicaOptions.ts'

/** Stores have no ids: a name stands for its disk. */
export function peerOf(name: NodeName): rules.Peer {
  return { name, disk: name }
}

export class ReplicaCore {
  readonly options: ReplicaOptions
  readonly log: Log
  readonly applier: Applier
  /** For membership, told when the call at hand is done. */
  readonly notices: MembershipEvent[] = []
  /** Own choice while leading, else as the leader says. */
  vice: NodeName | null = null
  /** The leader's silence is confirmed: it is still that of the epoch, but not followed. */
  isForgotten = false
  /** The epoch this life leads or led last: all entries of it are our own. */
  ledEpoch = -1
  #state: rules.ReplicaState
  #told = ''

  constructor(options: ReplicaOptions) {
    const { store, self, voters } = options
    this.options = options
    this.log = new Log(store)
    this.applier = new Applier(store, this.log)
    const commitIndex = Math.max(store.commitIndex, this.applier.appliedIndex)
    const members = voters.map((name) => ({ ...peerOf(name), kind: 'voter' as const }))
    const memberships = [{ ...rules.noMembership, members }]
    this.#state = rules.initialState({ ...store.durable, self, disk: peerOf(self).disk, memberships, commitIndex })
    this.applier.applyUpTo(commitIndex, () => {})
  }

  get state(): rules.ReplicaState {
    return this.#state
  }

  get leader(): NodeName | null {
    return this.isForgotten ? null : this.#state.leader
  }

  /** Takes a new state over: durable first, then told. Whoever sends on the strength of it does so after this. */
  become(next: rules.ReplicaState): void {
    const last = this.#state
    this.#state = next
    if (next.epoch !== last.epoch || next.votedFor !== last.votedFor) {
      this.options.store.saveVote({ epoch: next.epoch, votedFor: next.votedFor })
    }
    if (next.epoch !== last.epoch || next.leader !== last.leader) {
      this.isForgotten = false
      this.vice = null
    }
    this.tell()
  }

  tell(): void {
    const { leader, vice } = this
    const { epoch, commitIndex } = this.#state
    const told = `${epoch} ${leader} ${vice} ${commitIndex}`
    if (told === this.#told) return
    this.#told = told
    this.options.onMastership({ epoch, leader, vice, commitIndex })
  }

  /** Notes for membership what a message changed. */
  note(before: rules.ReplicaState): void {
    const { epoch, leader, self } = this.#state
    const isNewLeader = leader !== null && leader !== self && (leader !== before.leader || epoch !== before.epoch)
    if (isNewLeader) this.notices.push({ type: 'leader.heard', leader, epoch, vice: this.vice })
    else if (epoch > before.epoch) this.notices.push({ type: 'epoch.raised', epoch })
  }

  get hasMoreToApply(): boolean {
    return this.applier.appliedIndex < this.#state.commitIndex
  }

  apply(): void {
    this.applier.applyUpTo(this.#state.commitIndex, (entry, outcome) =>
      this.options.onApplied(entry, entry.epoch === this.ledEpoch, outcome),
    )
  }

  close(): void {
    this.applier.save()
    this.options.store.close()
  }
}
