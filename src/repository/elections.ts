/** Elections: answers other candidates, and asks for votes until a ballot of our own is decided or given up. */
import type { Bond, Transfer, VoteReply, VoteRequest } from '../../machines/logic/replicatedLog.ts'
import * as rules from '../../machines/logic/replicatedLog.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { peerOf, type ReplicaCore } from './replicaCore.ts'

/** Requests are repeated so often within a heartbeat interval: a promise that stands against a vote may end at any moment. */
const canvassesPerInterval = 4

type Act = (work: () => void, how: { isNoted: boolean }) => void

interface Wanted {
  readonly isPre: boolean
  readonly epoch: number
  readonly transfer: Transfer | null
}

export class Elections {
  readonly #core: ReplicaCore
  /** Does what changes the replica's state, and what follows from that. Noted: membership hears of a change of epoch or leader. */
  readonly #act: Act
  /** Counts candidacies: an answer to one that is over comes too late. */
  #candidacy = 0
  #isTold = false
  #cancel = () => {}

  constructor(core: ReplicaCore, act: Act) {
    this.#core = core
    this.#act = act
  }

  considerRequest(from: NodeName, request: VoteRequest): void {
    const { isPre, epoch, transfer } = request
    this.#ask({ isPre, epoch, transfer }, { isNoted: true }, (bond) => {
      const { state, log, options } = this.#core
      const decided = rules.considerVote(state, log, { from: peerOf(from), request, bond })
      this.#core.become(decided.state)
      options.send(from, decided.reply)
    })
  }

  considerReply(from: NodeName, reply: VoteReply): void {
    this.#core.become(rules.considerVoteReply(this.#core.state, peerOf(from), reply))
    this.#tellStanding()
  }

  campaign(wanted: Wanted): void {
    this.#candidacy += 1
    const candidacy = this.#candidacy
    this.#ask(wanted, { isNoted: false }, (bond) => {
      if (candidacy === this.#candidacy) this.#open(wanted, bond)
    })
  }

  #open(wanted: Wanted, bond: Bond): void {
    const { epoch } = this.#core.state
    const next = rules.campaigned(this.#core.state, wanted, bond)
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
    this.#candidacy += 1
    this.#core.become({ ...this.#core.state, ballot: null })
  }

  #canvass(): void {
    this.#cancel()
    this.#consent()
    this.#tellStanding()
    const asking = rules.requestsOf(this.#core.state, this.#core.log)
    if (asking === null) return
    const { clock, timing, send } = this.#core.options
    for (const to of asking.to) send(to, asking.request)
    this.#cancel = clock.setTimer(timing.heartbeatIntervalMs / canvassesPerInterval, () => {
      this.#act(() => this.#canvass(), { isNoted: false })
    })
  }

  /** The own pre-vote, which waits for nobody but ourselves. */
  #consent(): void {
    const { ballot, self, epoch } = this.#core.state
    if (!ballot?.isPre || ballot.granted.includes(self)) return
    const candidacy = this.#candidacy
    this.#ask({ isPre: true, epoch, transfer: null }, { isNoted: false }, (bond) => {
      if (candidacy !== this.#candidacy) return
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

  /**
   * A vote asks for the epoch that it is given in; a pre-vote binds nobody, so it is only a question (epoch 0). A leader that hands
   * nothing over votes for nobody, whatever the answer: it is not put, or it would cost the leader its lease.
   */
  #ask({ isPre, epoch, transfer }: Wanted, how: { isNoted: boolean }, then: (bond: Bond) => void): void {
    const { options, state } = this.#core
    if (state.leadership !== null && transfer === null) {
      then({ nowMs: 0, promiseUntilMs: Number.POSITIVE_INFINITY, isLeaderEnded: false })
      return
    }
    options.askPromise({ epoch: isPre ? 0 : epoch, exempt: transfer?.leader ?? null }, (bond) =>
      this.#act(() => then({ ...bond, isLeaderEnded: false }), how),
    )
  }
}
