/** What the parts of a replica share: its state, its log, what it has said. */
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { MembershipEvent } from '../../machines/membership.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { Applier } from './applier.ts'
import { snapshotOf } from './installs.ts'
import { Log, type Retention, usualRetention } from './log.ts'
import { Outbox } from './outbox.ts'
import type { ReplicaOptions } from './replicaOptions.ts'
import type { SavedState, StoreChange, StoreContent } from './store.ts'

type Told = Parameters<ReplicaOptions['onMastership']>[0]

export class ReplicaCore {
  readonly options: ReplicaOptions
  readonly log: Log
  readonly applier: Applier
  readonly outbox = new Outbox()
  /** For membership, told when the call at hand is done. */
  readonly notices: MembershipEvent[] = []
  /** Own choice while leading, else as the leader says. */
  vice: NodeName | null = null
  /** The leader's silence is confirmed: it is still that of the epoch, but not followed. */
  isForgotten = false
  /** The epoch this life leads or led last: all entries of it are our own. */
  ledEpoch = -1
  /** The last epoch whose leader wrote to this life of ours: what it sends is addressed to a life. */
  metEpoch = -1
  /** The highest that a leader said is committed, to this life of ours. -1: none has. */
  heardCommitIndex = -1
  isClosed = false
  readonly #settle: () => void
  #state: rules.ReplicaState
  #cluster: string | null
  #durableEpoch: number
  #snapshot: rules.Snapshot | null = null
  #toldMembers: rules.Members
  /** That these members are committed is on disk, or on its way there. */
  #keptMembersIndex: number
  #told: Told | null = null
  #isInCall = false

  constructor(options: ReplicaOptions, settle: () => void) {
    const { store, self, retention = usualRetention } = options
    const { disk, durable, commitIndex: knownIndex, state, cluster, entries } = store.initial
    this.options = options
    this.#settle = settle
    this.log = logOf(store.initial, retention)
    this.applier = new Applier(state, this.log, retention.savedEvery)
    const commitIndex = Math.max(knownIndex, this.applier.appliedIndex)
    this.#cluster = cluster
    const base = state ? { index: state.at.index, members: state.members, isForced: false } : rules.noMembership
    const later = entries.filter(({ index }) => index > base.index)
    const memberships = rules.membershipsIn(base, later)
    this.#state = rules.initialState({ ...durable, self, disk, memberships, commitIndex })
    this.#keptMembersIndex = this.#state.memberships[0]!.index
    this.#toldMembers = rules.membersOf(this.#state)
    this.#durableEpoch = durable.epoch
    this.applier.applyUpTo(commitIndex, () => {})
  }

  get state(): rules.ReplicaState {
    return this.#state
  }

  get cluster(): string | null {
    return this.#cluster
  }

  /** It counts from now on, and is durable before anything that is written after it. */
  join(cluster: string): void {
    this.#cluster = cluster
    this.write({ cluster })
  }

  send(to: NodeName, message: rules.ConsensusMessage): void {
    const { disk } = this.#state
    this.options.send(to, { type: 'consensus', cluster: this.#cluster ?? '', disk, message })
  }

  /** The peer that a name stands for here: that of the members in force, or one that is not known. */
  peerNamed(name: NodeName): rules.Peer {
    return rules.membersOf(this.#state).find((member) => member.name === name) ?? { name, disk: '' }
  }

  /** Begins the log of a new cluster. Its first entry is the same on every founder, hence committed. */
  found({ cluster, members }: { cluster: string; members: rules.Members }): void {
    const entry: rules.LogEntry = { index: 1, epoch: 1, command: { type: 'members', members } }
    const memberships = rules.membershipsIn(rules.noMembership, [entry])
    const { self, disk, votedFor } = this.#state
    const epoch = Math.max(1, this.#state.epoch)
    this.#cluster = cluster
    this.#state = rules.initialState({ self, disk, epoch, votedFor, memberships, commitIndex: 1 })
    // All or nothing: who has a cluster, but no log, would wait for a leader that nobody can elect.
    const put = this.log.put([entry])
    this.write({ cluster, durable: { epoch, votedFor }, put, commitIndex: 1 }, () => {
      this.log.landed()
      this.#landedEpoch(epoch)
    })
  }

  /** The snapshot for whoever needs one: the one that is being sent, as long as the log goes on from there, or a new one. */
  snapshot(): rules.Snapshot | null {
    if (this.#snapshot && this.#snapshot.at.index >= this.log.firstIndex - 1) return this.#snapshot
    this.#snapshot = snapshotOf(this.applier.snapshot())
    return this.#snapshot
  }

  forgetSnapshot(): void {
    this.#snapshot = null
  }

  /** A state from elsewhere takes the place of log and applied state. */
  install(saved: SavedState): void {
    this.log.reset(saved.at)
    this.applier.replace(saved)
    this.write({ state: { ...saved, isWhole: true }, isLogReset: true, commitIndex: saved.at.index }, () =>
      this.log.landed(),
    )
  }

  /** Keeps and tells who belongs to the log, if that is news. Of a change of its own a leader speaks when it is committed. */
  tellMembers(): void {
    const { memberships, commitIndex, leadership } = this.#state
    // Not to be forgotten: a change of two voters to three is committed only by both of them, and one may be gone for ever after.
    if (memberships[0]!.index > this.#keptMembersIndex) {
      this.#keptMembersIndex = memberships[0]!.index
      this.write({ commitIndex })
    }
    const members = rules.membersOf(this.#state)
    if (members === this.#toldMembers || (leadership !== null && memberships.at(-1)!.index > commitIndex)) return
    this.#toldMembers = members
    this.options.onMembers(members)
    const voters = rules.quorumMembers(members).map(({ name }) => name)
    const isEligible = rules.isEligible(members, rules.selfOf(this.#state))
    this.notices.push({ type: 'members.changed', voters, isEligible })
  }

  get leader(): NodeName | null {
    return this.isForgotten ? null : this.#state.leader
  }

  /** What comes from outside is done in a call, and every call ends by settling. Nested ones are part of the outermost. */
  call<Result>(act: () => Result): Result {
    if (this.#isInCall) return act()
    this.#isInCall = true
    let result: Result
    try {
      result = act()
    } finally {
      this.#isInCall = false
    }
    this.#settle()
    return result
  }

  /** Takes something that another node said; membership learns what it changed. */
  heed(act: () => void): void {
    const before = this.#state
    act()
    this.#note(before)
  }

  /** Queues a change for the disk. `onDurable` is part of a call. */
  write(change: StoreChange, onDurable = () => {}): void {
    const landed = this.outbox.begun()
    this.options.store.write(change, () => {
      if (this.isClosed) return
      this.call(() => {
        onDurable()
        landed()
      })
    })
  }

  /** Puts entries into the log, from where they can be sent at once. `onDurable` may be late: the state may have moved on. */
  put(entries: readonly rules.LogEntry[], onDurable = () => {}): void {
    if (entries.length === 0) return
    this.write({ put: this.log.put(entries), commitIndex: this.#state.commitIndex }, () => {
      this.log.landed()
      onDurable()
    })
  }

  /** Takes a new state over. Epoch and vote are on their way to the disk: what rests on them goes through the outbox. */
  become(next: rules.ReplicaState): void {
    const last = this.#state
    this.#state = next
    if (next.epoch !== last.epoch || next.votedFor !== last.votedFor) {
      const { epoch, votedFor } = next
      this.write({ durable: { epoch, votedFor } }, () => this.#landedEpoch(epoch))
    }
    if (next.epoch !== last.epoch || next.leader !== last.leader) {
      this.isForgotten = false
      this.vice = null
    }
    this.tell()
  }

  #landedEpoch(epoch: number): void {
    this.#durableEpoch = epoch
    this.tell()
  }

  /**
   * Heartbeats go on saying what they did until the epoch is durable. How far is committed waits for `isTick`: under load it is another
   * with each message, and a heartbeat says it only once.
   */
  tell({ isTick = false } = {}): void {
    const { leader, vice } = this
    const { epoch, commitIndex } = this.#state
    if (epoch > this.#durableEpoch) return
    const told = this.#told
    const isSame = told?.epoch === epoch && told.leader === leader && told.vice === vice
    if (isSame && (!isTick || told.commitIndex === commitIndex)) return
    this.#told = { epoch, leader, vice, commitIndex }
    this.options.onMastership(this.#told)
  }

  get hasMoreToApply(): boolean {
    return this.applier.appliedIndex < this.#state.commitIndex
  }

  apply(): void {
    if (!this.hasMoreToApply) return
    this.applier.applyUpTo(this.#state.commitIndex, (entry, outcome) =>
      this.options.onApplied(entry, entry.epoch === this.ledEpoch, outcome),
    )
    this.#save({ isLast: false })
  }

  async close(): Promise<void> {
    if (!this.isClosed) this.#save({ isLast: true })
    this.isClosed = true
    this.outbox.close()
    await this.options.store.close()
  }

  #save(which: { isLast: boolean }): void {
    const unsaved = this.applier.takeUnsaved(which)
    if (unsaved) this.write({ state: { ...unsaved, isWhole: false } }, () => this.#compact(unsaved.at.index))
  }

  /** The saved state stands for what was applied: the log goes, but for a tail. A snapshot that is being sent holds it up. */
  #compact(savedIndex: number): void {
    const from = this.log.keepFrom(savedIndex)
    if (from === null || (this.#snapshot && !this.log.isOverfull)) return
    // On disk one more is kept, which tells what the first follows.
    this.write({ dropBefore: from - 1 })
    this.log.dropBefore(from)
  }

  #note(before: rules.ReplicaState): void {
    const { epoch, leader, self } = this.#state
    const isNewLeader = leader !== null && leader !== self && (leader !== before.leader || epoch !== before.epoch)
    if (isNewLeader) this.notices.push({ type: 'leader.heard', leader, epoch, vice: this.vice })
    else if (epoch > before.epoch) this.notices.push({ type: 'epoch.raised', epoch })
  }
}

/**
 * The log in memory. Of a log that begins earlier than where the state is, the first entry only tells what the second follows:
 * the epoch of what came before it is not kept.
 */
function logOf({ state, entries }: StoreContent, retention: Retention): Log {
  const first = entries[0]
  const start = state?.at ?? { index: 0, epoch: 0 }
  if (!first || first.index === start.index + 1) return new Log({ before: start, entries }, retention)
  if (first.index === 1) return new Log({ before: { index: 0, epoch: 0 }, entries }, retention)
  return new Log({ before: first, entries: entries.slice(1) }, retention)
}
