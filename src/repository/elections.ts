/** Elections: answers other candidates, and asks for votes until a ballot of our own is decided or given up. */
import type { Bond, Transfer, VoteReply, VoteRequest } from '../../machines/logic/replicatedLog.ts'
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { peerOf, type ReplicaCore } from './replicaCore.ts'

/** Requests are repeated so often within a heartbeat interval: a promise that stands against a vote may end at any moment. */
const canvassesPerInterval = 4

export class Elections {
  readonly #core: ReplicaCore
  readonly #settle: () => void
  #isTold = false
  #cancel = () => {}

  constructor(core: ReplicaCore, settle: () => void) {
    this.#core = core
    this.#settle = settle
  }

  considerRequest(from: NodeName, request: VoteRequest): void {
    const { state, log, options } = this.#core
    const decided = rules.considerVote(state, log, { from: peerOf(from), request, bond: this.#bond() })
    this.#core.become(decided.state)
    options.send(from, decided.reply)
  }

  considerReply(from: NodeName, reply: VoteReply): void {
    this.#core.become(rules.considerVoteReply(this.#core.state, peerOf(from), reply))
    this.#tellStanding()
  }

  campaign(wanted: { isPre: boolean; epoch: number; transfer: Transfer | null }): void {
    const { epoch } = this.#core.state
    const next = rules.campaigned(this.#core.state, wanted, this.#bond())
    if (next === null) {
      // Membership lags behind, and learns the epoch; or it has to wait.
      const isLate = epoch >= wanted.epoch
      this.#core.notices.push(
        isLate ? { type: 'epoch.raised', epoch } : { type: 'candidacy.refused', epoch: wanted.epoch },
      )
      return
    }
    this.#isTold = false
    this.#core.become(next)
    this.#canvass()
  }

  abandon(): void {
    this.#cancel()
    this.#core.become({ ...this.#core.state, ballot: null })
  }

  #canvass(): void {
    this.#cancel()
    this.#core.become(rules.consented(this.#core.state, this.#bond()))
    this.#tellStanding()
    const asking = rules.requestsOf(this.#core.state, this.#core.log)
    if (asking === null) return
    const { clock, timing, send } = this.#core.options
    for (const to of asking.to) send(to, asking.request)
    this.#cancel = clock.setTimer(timing.heartbeatIntervalMs / canvassesPerInterval, () => {
      this.#canvass()
      this.#settle()
    })
  }

  #tellStanding(): void {
    const { ballot } = this.#core.state
    const standing = rules.standingOf(this.#core.state)
    if (ballot === null || standing === 'pending' || this.#isTold) return
    this.#isTold = true
    this.#cancel()
    const { isPre, epoch } = ballot
    const won = isPre ? 'preVote.won' : 'vote.won'
    this.#core.notices.push({ type: standing === 'won' ? won : 'candidacy.refused', epoch })
  }

  #bond(): Bond {
    const { clock, promiseUntilMs, isKnownEnded } = this.#core.options
    const { leader } = this.#core.state
    return {
      nowMs: clock.nowMs(),
      promiseUntilMs: promiseUntilMs(),
      isLeaderEnded: leader !== null && isKnownEnded(leader),
    }
  }
}
