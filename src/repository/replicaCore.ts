/** What the parts of a replica share: its state, its log, what it has said. */
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { MembershipEvent } from '../../machines/membership.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { Applier } from './applier.ts'
import { Log } from './log.ts'
import { Outbox } from './outbox.ts'
import type { ReplicaOptions } from './replicaOptions.ts'
import type { StoreChange, StoreContent } from './store.ts'

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
  isClosed = false
  readonly #settle: () => void
  #state: rules.ReplicaState
  #durableEpoch: number
  #told = ''
  #isInCall = false

  constructor(options: ReplicaOptions, settle: () => void) {
    const { store, self, voters } = options
    const { durable, commitIndex: knownIndex, state } = store.initial
    this.options = options
    this.#settle = settle
    this.log = logOf(store.initial)
    this.applier = new Applier(state, this.log)
    const commitIndex = Math.max(knownIndex, this.applier.appliedIndex)
    this.#state = rules.initialState({ ...durable, self, voters, commitIndex })
    this.#durableEpoch = durable.epoch
    this.applier.applyUpTo(commitIndex, () => {})
  }

  get state(): rules.ReplicaState {
    return this.#state
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
      this.write({ durable: { epoch, votedFor } }, () => {
        this.#durableEpoch = epoch
        this.tell()
      })
    }
    if (next.epoch !== last.epoch || next.leader !== last.leader) {
      this.isForgotten = false
      this.vice = null
    }
    this.tell()
  }

  /** Heartbeats go on saying what they did until the epoch is durable. */
  tell(): void {
    const { leader, vice } = this
    const { epoch, commitIndex } = this.#state
    const told = `${epoch} ${leader} ${vice} ${commitIndex}`
    if (told === this.#told || epoch > this.#durableEpoch) return
    this.#told = told
    this.options.onMastership({ epoch, leader, vice, commitIndex })
  }

  get hasMoreToApply(): boolean {
    return this.applier.appliedIndex < this.#state.commitIndex
  }

  apply(): void {
    this.applier.applyUpTo(this.#state.commitIndex, (entry) =>
      this.options.onApplied(entry, entry.epoch === this.ledEpoch),
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
    if (unsaved) this.write({ state: { ...unsaved, members: [], isWhole: false } })
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
function logOf({ state, entries }: StoreContent): Log {
  const first = entries[0]
  const start = state?.at ?? { index: 0, epoch: 0 }
  if (!first || first.index === start.index + 1) return new Log({ before: start, entries })
  if (first.index === 1) return new Log({ before: { index: 0, epoch: 0 }, entries })
  return new Log({ before: first, entries: entries.slice(1) })
}
