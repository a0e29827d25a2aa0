/** A replica as leader: claims, proposes, sends, chooses its vice, hands over, and gives up when it has no lease. */
import type {
  AppendReply,
  Condition,
  InstallReply,
  LogCommand,
  LogEntry,
  Members,
  Peer,
  WantedMember,
} from '../../machines/logic/replicatedLog.ts'
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { logCommand } from '../wire/messages/consensus.ts'
import { canonical, commandBytesMax, type KeptEntry } from './entry.ts'
import { Patience } from './patience.ts'
import type { ReplicaCore } from './replicaCore.ts'
import type { MembersCode, Proposal, ProposalResult } from './replicaOptions.ts'

/** A leader with nothing to say says so every so many ticks: a voter that was started again learns what is committed. */
const idleTickCount = 10

export class Leading {
  readonly #core: ReplicaCore
  readonly #patience: Patience
  #isClaimTold = false
  #tickCount = 0
  /** Committed a tick ago: who has this is caught up. */
  #caughtUpIndex = 0

  constructor(core: ReplicaCore) {
    this.#core = core
    this.#patience = new Patience(() => {
      const { electionTimeoutMs, heartbeatIntervalMs } = core.options.timing()
      return { forMs: electionTimeoutMs, tickMs: heartbeatIntervalMs }
    })
  }

  claim(epoch: number): void {
    const claim = rules.claimed(this.#core.state, this.#core.log, epoch)
    if (claim === null) return
    this.#core.ledEpoch = epoch
    this.#isClaimTold = false
    this.#patience.reset()
    this.#caughtUpIndex = this.#core.state.commitIndex
    this.#core.become(claim.state)
    this.#core.put([claim.entry], () => this.#countOwn())
    for (const to of this.#others()) this.#send(to, false)
  }

  /** Mastership begins when the no-op of its epoch is applied, and with it all that went before, and the lease is held. */
  tellClaim(): void {
    const { state, applier, options, notices } = this.#core
    if (state.leadership === null || this.#isClaimTold || applier.appliedIndex < state.leadership.claimIndex) return
    if (!options.isLeaderLeaseValid()) return
    this.#isClaimTold = true
    notices.push({ type: 'noop.committed', epoch: state.epoch })
  }

  propose(changes: Proposal, conditions: readonly Condition[]): ProposalResult {
    const { state, log } = this.#core
    const bar = rules.proposalBar(state, log) ?? (this.#core.options.store.isCongested ? 'backlog' : null)
    if (bar !== null) return { ok: false, code: bar }
    const { command, bytes } = canonical({ type: 'set', entries: changes, conditions })
    if (!logCommand.safeParse(command).success) return { ok: false, code: 'invalid' }
    if (bytes.length > commandBytesMax) return { ok: false, code: 'too-large' }
    const entry: KeptEntry = {
      ...rules.proposed(state, log, command as Extract<LogCommand, { type: 'set' }>),
      bytes,
    }
    this.#extend(entry)
    return { ok: true, index: entry.index, epoch: entry.epoch }
  }

  considerReply(from: Peer, reply: AppendReply): void {
    const { state, isRejected } = rules.considerAppendReply(this.#core.state, this.#core.log, {
      from,
      reply,
    })
    this.#core.become(state)
    if (isRejected) this.#send(from.name, false)
    this.#sendNews()
    this.#offer()
  }

  considerInstallReply(from: Peer, reply: InstallReply): void {
    const { state, isDue } = rules.considerInstallReply(this.#core.state, this.#core.log, { from, reply })
    this.#core.become(state)
    if (isDue) this.#send(from.name, false)
    this.#sendNews()
    this.#offer()
  }

  /** Takes one step to other members, in force at once. */
  changeMembers(members: Members): ProposalResult<MembersCode> {
    const { state, log } = this.#core
    const bar = rules.changeBar(state, log)
    if (bar !== null) return { ok: false, code: bar }
    if (!logCommand.safeParse({ type: 'members', members }).success) return { ok: false, code: 'invalid' }
    if (!rules.isLegalChange(rules.membersOf(state), members)) return { ok: false, code: 'illegal' }
    const change = rules.changed(state, log, members)
    this.#core.become(change.state)
    this.#extend(change.entry)
    return { ok: true, index: change.entry.index, epoch: change.entry.epoch }
  }

  /** The next step to the members that are wanted, if there is one that can be taken now. */
  reconcileMembers(wanted: readonly WantedMember[], disks: Readonly<Record<NodeName, string>>): void {
    const { state, log } = this.#core
    if (rules.changeBar(state, log) !== null) return
    const caughtUp = rules.caughtUpNames(state, this.#caughtUpIndex)
    const next = rules.nextMembers(rules.membersOf(state), { self: state.self, wanted, disks, caughtUp })
    if (next) this.changeMembers(next)
  }

  /** Nothing more is proposed; the successor campaigns as soon as it has the whole log and our lease is given up. */
  transfer(to: NodeName): void {
    this.#core.become(rules.resigning(this.#core.state, to) ?? this.#core.state)
    this.#offer()
  }

  leaseDropped(): void {
    this.#offer()
  }

  resign(): void {
    this.#core.become(rules.steppedDown(this.#core.state))
  }

  tick(): void {
    const { state, due } = rules.ticked(this.#core.state, this.#core.log)
    this.#core.become(state)
    for (const { to, isEmpty } of due) this.#send(to, isEmpty)
    this.#tickCount += 1
    const isIdle = this.#tickCount % idleTickCount === 0
    if (isIdle) for (const to of this.#others()) if (!due.some((sent) => sent.to === to)) this.#send(to, true)
    this.#offer()
    const progress = Object.values(this.#core.state.leadership?.progress ?? {})
    if (!progress.some(({ mode }) => mode === 'installing')) this.#core.forgetSnapshot()
    this.#chooseVice()
    this.#caughtUpIndex = this.#core.state.commitIndex
    if (this.#patience.isEndedBy(!this.#core.options.isLeaderLeaseValid())) {
      this.#core.notices.push({ type: 'lease.lost' })
    }
  }

  /** A new entry of our own: on its way to the others while it is written here. */
  #extend(entry: LogEntry): void {
    this.#core.put([entry], () => this.#countOwn())
    this.#sendNews()
  }

  /** More of our own log is durable, and so may be committed. */
  #countOwn(): void {
    const { state, log } = this.#core
    this.#core.become(rules.ownDurable(state, log, log.durableIndex))
    if (this.#core.state.commitIndex > state.commitIndex) this.#sendNews()
  }

  #others(): NodeName[] {
    return Object.keys(this.#core.state.leadership?.progress ?? {})
  }

  #send(to: NodeName, isEmpty: boolean): void {
    // Telling the news of a mastership can end it.
    if (!this.#core.state.leadership?.progress[to]) return
    // Who counts no more acts no more before it says so.
    if (rules.isDeposed(this.#core.state) && !this.#core.options.isLeaseDropped()) return
    const snapshot = () => this.#core.snapshot()
    const { state, request } = rules.requestFor(this.#core.state, this.#core.log, { to, isEmpty, snapshot })
    this.#core.become(state)
    if (request) this.#core.send(to, request)
  }

  /** Entries and commits that the others have not been sent yet. */
  #sendNews(): void {
    const { log } = this.#core
    for (const to of this.#others()) if (rules.isSendable(this.#core.state, log, to)) this.#send(to, false)
  }

  #offer(): void {
    const { state, log, options } = this.#core
    if (!options.isLeaseDropped() || !rules.isSuccessorReady(state, log)) return
    this.#core.send(state.leadership!.successor!, { type: 'transfer.timeoutNow', epoch: state.epoch })
  }

  /** The vice is the first in rank of those that are alive and have what was committed a tick ago. */
  #chooseVice(): void {
    const alive = this.#core.options.aliveVoters()
    const vice = rules.viceOf(this.#core.state, { alive, index: this.#caughtUpIndex })
    if (vice === this.#core.vice) return
    this.#core.vice = vice
    this.#core.notices.push({ type: 'vice.chosen', vice })
    this.#core.tell()
  }
}
