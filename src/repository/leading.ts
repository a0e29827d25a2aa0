/** A replica as leader: claims, proposes, sends, chooses its vice, hands over, and gives up when it has no lease. */
import type { AppendReply, Condition, LogCommand, LogEntry } from '../../machines/logic/replicatedLog.ts'
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { logCommand } from '../wire/messages/consensus.ts'
import { canonical, commandBytesMax, kept } from './entry.ts'
import { Patience } from './patience.ts'
import { peerOf, type ReplicaCore } from './replicaCore.ts'
import type { Proposal, ProposalResult } from './replicaOptions.ts'

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
    const { electionTimeoutMs, heartbeatIntervalMs } = core.options.timing
    this.#core = core
    this.#patience = new Patience({ forMs: electionTimeoutMs, tickMs: heartbeatIntervalMs })
  }

  claim(epoch: number): void {
    const claim = rules.claimed(this.#core.state, this.#core.log, epoch)
    if (claim === null) return
    this.#core.ledEpoch = epoch
    this.#isClaimTold = false
    this.#patience.reset()
    this.#caughtUpIndex = this.#core.state.commitIndex
    this.#core.become(claim.state)
    this.#core.log.put([claim.entry])
    for (const to of this.#others()) this.#send(to, false)
    this.#makeDurable()
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
    const bar = rules.proposalBar(state, log)
    if (bar !== null) return { ok: false, code: bar }
    const command = canonical({ type: 'set', entries: changes, conditions }) as Extract<LogCommand, { type: 'set' }>
    if (!logCommand.safeParse(command).success) return { ok: false, code: 'invalid' }
    const entry = rules.proposed(state, log, command)
    if (kept(entry).bytes.length > commandBytesMax) return { ok: false, code: 'too-large' }
    this.#extend(entry)
    return { ok: true, index: entry.index, epoch: entry.epoch }
  }

  considerReply(from: NodeName, reply: AppendReply): void {
    const { state, isRejected } = rules.considerAppendReply(this.#core.state, this.#core.log, {
      from: peerOf(from),
      reply,
    })
    this.#core.become(state)
    if (isRejected) this.#send(from, false)
    this.#sendNews()
    this.offer()
  }

  /** Nothing more is proposed; the successor campaigns as soon as it has the whole log. */
  transfer(to: NodeName): void {
    this.#core.become(rules.resigning(this.#core.state, to) ?? this.#core.state)
    this.offer()
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
    for (const to of this.#others()) if (isIdle && !due.some((sent) => sent.to === to)) this.#send(to, true)
    this.offer()
    this.#chooseVice()
    this.#caughtUpIndex = this.#core.state.commitIndex
    if (this.#patience.isEndedBy(!this.#core.options.isLeaderLeaseValid())) {
      this.#core.notices.push({ type: 'lease.lost' })
    }
  }

  /** A new entry of our own: on its way to the others while it is written here. */
  #extend(entry: LogEntry): void {
    this.#core.log.put([entry])
    this.#sendNews()
    this.#makeDurable()
  }

  #makeDurable(): void {
    const { log } = this.#core
    log.save(this.#core.state.commitIndex)
    this.#core.become(rules.ownDurable(this.#core.state, log, log.durableIndex))
  }

  #others(): NodeName[] {
    return Object.keys(this.#core.state.leadership?.progress ?? {})
  }

  #send(to: NodeName, isEmpty: boolean): void {
    // Telling the news of a mastership can end it.
    if (!this.#core.state.leadership?.progress[to]) return
    const { state, request } = rules.requestFor(this.#core.state, this.#core.log, {
      to,
      isEmpty,
      snapshot: () => null,
    })
    this.#core.become(state)
    if (request) this.#core.options.send(to, request)
  }

  /** Entries and commits that the others have not been sent yet. */
  #sendNews(): void {
    const { log } = this.#core
    for (const to of this.#others()) if (rules.isSendable(this.#core.state, log, to)) this.#send(to, false)
  }

  /** Not before the own lease is given up for certain: two masters would act. */
  offer(): void {
    const { state, log, options } = this.#core
    if (!options.isLeaseDropped()) return
    if (!rules.isSuccessorReady(state, log)) return
    options.send(state.leadership!.successor!, { type: 'transfer.timeoutNow', epoch: state.epoch })
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
