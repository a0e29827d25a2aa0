/**
 * Elections: answers other candidates, and asks for votes until a ballot of our own is decided or given up. Whether a promise
 * stands against a vote is asked of whoever keeps it, and the answer may take its time: everything is decided by what is known
 * when it comes. Votes and requests for them leave when the epoch and the own vote are durable; so does the own vote count.
 */
import type { Bond, Peer, ReplicaState, Transfer, VoteReply, VoteRequest } from '../../machines/logic/replicatedLog.ts'
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { ReplicaCore } from './replicaCore.ts'

/** Requests are repeated so often within a heartbeat interval: a promise that stands against a vote may end at any moment. */
const canvassesPerInterval = 4

/** To find out what would be decided if no promise stood against it. */
const unbound: Bond = { nowMs: 0, promiseUntilMs: 0, isLeaderEnded: false }

export class Elections {
  readonly #core: ReplicaCore
  #isTold = false
  /** Counts candidacies begun and given up: an answer that belongs to an earlier one is of no use. */
  #candidacy = 0
  #cancel = () => {}

  constructor(core: ReplicaCore) {
    this.#core = core
  }

  considerRequest(from: Peer, request: VoteRequest): void {
    const { isPre, epoch, transfer } = request
    const { refusal } = rules.considerVote(this.#core.state, this.#core.log, { from, request, bond: unbound }).reply
    // Refused in any case, and without heeding it: no promise needs to be touched for that.
    if (refusal === 'stranger' || refusal === 'epoch') this.#decide(from, request, unbound)
    else this.#ask({ isPre, epoch, transfer }, (bond) => this.#decide(from, request, bond))
  }

  considerReply(from: Peer, reply: VoteReply): void {
    this.#core.become(rules.considerVoteReply(this.#core.state, from, reply))
    this.#tellStanding()
  }

  campaign(wanted: { isPre: boolean; epoch: number; transfer: Transfer | null }): void {
    this.#candidacy += 1
    const candidacy = this.#candidacy
    this.#ask(wanted, (bond) => {
      if (candidacy === this.#candidacy) this.#stand(wanted, bond)
    })
  }

  abandon(): void {
    this.#candidacy += 1
    this.#cancel()
    this.#core.become({ ...this.#core.state, ballot: null })
  }

  #decide(from: Peer, request: VoteRequest, bond: Bond): void {
    const { log, outbox } = this.#core
    this.#core.heed(() => {
      const { state, reply } = rules.considerVote(this.#core.state, log, { from, request, bond })
      this.#core.become(state)
      outbox.say(() => this.#core.send(from.name, reply))
    })
  }

  #stand(wanted: { isPre: boolean; epoch: number; transfer: Transfer | null }, bond: Bond): void {
    this.#begin(wanted, rules.campaigned(this.#core.state, wanted, bond))
  }

  /**
   * Goes on without the other of two voters, which is fenced. They must have met in this epoch and in this life: as leader it had the
   * other's vote, as follower the other wrote to it. (A leader of a pair knows the life of the other by its vote.)
   */
  goOnAlone({ epoch, other }: { epoch: number; other: NodeName }): void {
    this.#candidacy += 1
    const { state, log, ledEpoch, metEpoch } = this.#core
    const next = rules.forcedAlone(state, log, { other, hasMetThisLife: Math.max(ledEpoch, metEpoch) === state.epoch })
    this.#begin({ epoch }, next)
  }

  #begin(wanted: { epoch: number }, next: ReplicaState | null): void {
    const { epoch } = this.#core.state
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
    const candidacy = this.#candidacy
    this.#core.outbox.say(() => {
      if (candidacy === this.#candidacy) this.#canvass()
    })
  }

  #canvass(): void {
    this.#cancel()
    this.#consent()
    this.#tellStanding()
    const asking = rules.requestsOf(this.#core.state, this.#core.log)
    if (asking === null) return
    const { clock, timing } = this.#core.options
    for (const to of asking.to) this.#core.send(to, asking.request)
    const candidacy = this.#candidacy
    this.#cancel = clock.setTimer(timing().heartbeatIntervalMs / canvassesPerInterval, () => {
      if (candidacy === this.#candidacy) this.#core.call(() => this.#canvass())
    })
  }

  /** Gives the own pre-vote as soon as no promise stands against it. */
  #consent(): void {
    const { ballot, self } = this.#core.state
    if (!ballot?.isPre || ballot.granted.includes(self)) return
    this.#ask({ isPre: true, epoch: ballot.epoch, transfer: null }, (bond) => {
      this.#core.become(rules.consented(this.#core.state, bond))
      this.#tellStanding()
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

  /** A pre-vote is only a question, and leaves every promise as it is. */
  #ask(
    { isPre, epoch, transfer }: { isPre: boolean; epoch: number; transfer: Transfer | null },
    answer: (bond: Bond) => void,
  ): void {
    const { askPromise } = this.#core.options
    askPromise({ epoch: isPre ? 0 : epoch, exempt: transfer?.leader ?? null }, (promise) => {
      if (this.#core.isClosed) return
      this.#core.call(() => answer({ ...promise, isLeaderEnded: false }))
    })
  }
}
