/** A replica as follower: takes entries, and keeps an eye on whom it follows. */
import type { AppendRequest, InstallRequest, Peer, TimeoutNow } from '../../machines/logic/replicatedLog.ts'
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { Staging, snapshotBytesMax } from './installs.ts'
import { Patience } from './patience.ts'
import type { ReplicaCore } from './replicaCore.ts'

export class Following {
  readonly #core: ReplicaCore
  readonly #patience: Patience
  readonly #staging = new Staging()

  constructor(core: ReplicaCore) {
    this.#core = core
    this.#patience = new Patience(() => {
      const { electionTimeoutMs, heartbeatIntervalMs } = core.options.timing()
      return { forMs: electionTimeoutMs, tickMs: heartbeatIntervalMs }
    })
  }

  considerAppend(from: Peer, request: AppendRequest): void {
    const { log, options } = this.#core
    // As if it had been lost on its way: it will be sent again.
    if (request.entries.length > 0 && options.store.isCongested) return
    const { state, write, reply } = rules.considerAppend(this.#core.state, log, { from, request })
    if (reply !== null && request.epoch === state.epoch)
      this.#core.heardCommitIndex = Math.max(this.#core.heardCommitIndex, request.commitIndex)
    this.#core.become(state)
    this.#core.put(write)
    if (reply?.hint === null) this.#core.metEpoch = reply.epoch
    // Even if nothing was written now: what the reply vouches for may have been put a moment ago.
    if (reply) this.#core.outbox.say(() => this.#core.send(from.name, reply))
  }

  /** A part of a snapshot. What is incomplete is in memory only: the last part is answered when all of it is on disk. */
  considerInstall(from: Peer, request: InstallRequest): void {
    if (request.totalBytes > snapshotBytesMax || this.#core.options.store.isCongested) return
    const { state, store, install, reply } = rules.considerInstall(this.#core.state, this.#core.log, { from, request })
    if (store) this.#staging.take(store)
    const saved = install && this.#staging.finish(install)
    if (saved) this.#core.install(saved)
    this.#core.become(state)
    if (reply) this.#core.outbox.say(() => this.#core.send(from.name, reply))
  }

  /** The leader resigns and wants us to succeed it. */
  considerOffer({ name }: Peer, { epoch }: TimeoutNow): void {
    const { state, notices } = this.#core
    if (name === state.leader && epoch === state.epoch)
      notices.push({ type: 'mastership.offered', leader: name, epoch })
  }

  follow(claim: { leader: NodeName; epoch: number; vice: NodeName | null }): void {
    this.#core.become(rules.followed(this.#core.state, { ...claim, leader: this.#core.peerNamed(claim.leader) }))
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
   * A leader that claims to lead renews our promise all the time. If it has not for a while, the leader has given up without
   * a word, or was followed on the strength of its last one, when its silence had been judged already.
   */
  tick(): void {
    const { leader, notices } = this.#core
    const isUnclaimed = leader !== null && !this.#core.options.isLeaderClaiming()
    if (this.#patience.isEndedBy(isUnclaimed)) notices.push({ type: 'leader.suspected', leader: leader! })
  }
}
