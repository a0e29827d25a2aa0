/** A replica as follower: takes entries, and keeps an eye on whom it follows. */
import type { AppendRequest, TimeoutNow } from '../../machines/logic/replicatedLog.ts'
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { Patience } from './patience.ts'
import { peerOf, type ReplicaCore } from './replicaCore.ts'

export class Following {
  readonly #core: ReplicaCore
  readonly #patience: Patience

  constructor(core: ReplicaCore) {
    const { electionTimeoutMs, heartbeatIntervalMs } = core.options.timing
    this.#core = core
    this.#patience = new Patience({ forMs: electionTimeoutMs, tickMs: heartbeatIntervalMs })
  }

  considerAppend(from: NodeName, request: AppendRequest): void {
    const { log, options } = this.#core
    const { state, write, reply } = rules.considerAppend(this.#core.state, log, { from: peerOf(from), request })
    this.#core.become(state)
    log.put(write)
    log.save(state.commitIndex)
    if (reply) options.send(from, reply)
  }

  /** The leader resigns and wants us to succeed it. */
  considerOffer(from: NodeName, { epoch }: TimeoutNow): void {
    const { state, notices } = this.#core
    if (from === state.leader && epoch === state.epoch)
      notices.push({ type: 'mastership.offered', leader: from, epoch })
  }

  follow(claim: { leader: NodeName; epoch: number; vice: NodeName | null }): void {
    this.#core.become(rules.followed(this.#core.state, { ...claim, leader: peerOf(claim.leader) }))
    const { leader, epoch } = this.#core.state
    if (leader !== claim.leader || epoch !== claim.epoch) return
    this.#core.isForgotten = false
    this.#core.vice = claim.vice
    this.#core.tell()
  }

  forget(): void {
    if (this.#core.state.leadership !== null) return
    this.#core.isForgotten = true
    this.#core.vice = null
    this.#core.tell()
  }

  /**
   * A leader that claims to lead renews our promise all the time. If that has run out and stays so, the leader has given up without
   * a word, or was followed on the strength of its last one, when its silence had been judged already.
   */
  tick(): void {
    const { leader, notices } = this.#core
    const isUnclaimed = leader !== null && !this.#core.options.isPromised()
    if (this.#patience.isEndedBy(isUnclaimed)) notices.push({ type: 'leader.suspected', leader: leader! })
  }
}
