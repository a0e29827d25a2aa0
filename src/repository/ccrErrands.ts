/**
 * Takes what is asked of the repository to the master, wherever it is, and brings the answer back (SPEC D5, M4).
 *
 * Nothing is sent twice unless the first time did nothing: a transaction of which that is not known ends as `indeterminate` when the
 * master is gone, and as `timed-out` when it is silent.
 */
import type { NodeName } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { CcrAnswer, CcrAsk } from '../wire/messages/ccr.ts'
import type { CcrFailure, CcrReplica } from './ccrModel.ts'

type CcrMessage =
  | { readonly type: 'ccr.request'; readonly id: string; readonly ask: CcrAsk }
  | { readonly type: 'ccr.answer'; readonly id: string; readonly answer: CcrAnswer }

export interface CcrErrandsOptions {
  readonly self: NodeName
  /** The node's life: an answer to an earlier one is not taken for one to this. */
  readonly incarnation: number
  readonly clock: Pick<Clock, 'setTimer'>
  readonly replica: CcrReplica
  /** Reliable. False: too much is queued for that node; nothing was sent. */
  readonly post: (to: NodeName, message: CcrMessage) => boolean
  /** What is asked of the master when that is this node, or by others. */
  readonly atHome: (ask: CcrAsk, done: (answer: CcrAnswer) => void) => void
}

export type ErrandResult = { readonly ok: true; readonly index: number } | CcrFailure

interface Errand {
  readonly ask: CcrAsk
  readonly done: (result: ErrandResult) => void
  /** Whom it is with; null: it waits to be sent. */
  with: { readonly node: NodeName; readonly id: string } | null
  isBusy: boolean
  isDone: boolean
  cancelLimit: () => void
  cancelRetry: () => void
}

/** More than this at once are `overloaded`. */
const errandCountMax = 1024
const timeLimitMs = 5000
/** Without a master for so long there is no quorum; an ordinary take-over is over by then. */
const masterlessLimitMs = 2000
const retryMs = 25

export class CcrErrands {
  readonly #options: CcrErrandsOptions
  readonly #errands = new Set<Errand>()
  readonly #sent = new Map<string, Errand>()
  #lastId = 0

  constructor(options: CcrErrandsOptions) {
    this.#options = options
  }

  run(ask: CcrAsk, done: (result: ErrandResult) => void): void {
    if (this.#errands.size >= errandCountMax) return done(overloaded)
    const nothing = () => {}
    const errand: Errand = {
      ask,
      done,
      with: null,
      isBusy: false,
      isDone: false,
      cancelLimit: nothing,
      cancelRetry: nothing,
    }
    errand.cancelLimit = this.#options.clock.setTimer(timeLimitMs, () => this.#finish(errand, lateResultOf(errand)))
    this.#errands.add(errand)
    this.#attempt(errand, 0)
  }

  receive(from: NodeName, message: CcrMessage): void {
    if (message.type === 'ccr.request') {
      const { id, ask } = message
      // One that finds the queue full asks again, or is told that it was in vain when its time is over.
      return this.#options.atHome(ask, (answer) => void this.#options.post(from, { type: 'ccr.answer', id, answer }))
    }
    const errand = this.#sent.get(message.id)
    if (errand?.with?.node === from) this.#answered(errand, message.answer)
  }

  nodeGone(node: NodeName): void {
    for (const errand of [...this.#sent.values()]) {
      if (errand.with?.node !== node) continue
      if (errand.ask.kind === 'read') this.#retry(errand, 0)
      else this.#finish(errand, masterLost)
    }
  }

  #attempt(errand: Errand, masterlessMs: number): void {
    const { leader } = this.#options.replica
    if (leader === null) {
      if (masterlessMs >= masterlessLimitMs) this.#finish(errand, noQuorum)
      else this.#retry(errand, masterlessMs + retryMs)
      return
    }
    this.#lastId += 1
    const id = `${this.#options.self}:${this.#options.incarnation}:${this.#lastId}`
    errand.with = { node: leader, id }
    this.#sent.set(id, errand)
    if (leader === this.#options.self) {
      this.#options.atHome(errand.ask, (answer) => errand.with?.id === id && this.#answered(errand, answer))
    } else if (!this.#options.post(leader, { type: 'ccr.request', id, ask: errand.ask }))
      this.#finish(errand, overloaded)
  }

  #answered(errand: Errand, answer: CcrAnswer): void {
    if (answer.ok) return this.#finish(errand, answer)
    const { code } = answer
    errand.isBusy = code === 'busy'
    if (code === 'not-leader' || code === 'busy') this.#retry(errand, 0)
    else this.#finish(errand, { ...answer, code })
  }

  #retry(errand: Errand, masterlessMs: number): void {
    this.#takeBack(errand)
    errand.cancelRetry = this.#options.clock.setTimer(retryMs, () => this.#attempt(errand, masterlessMs))
  }

  #finish(errand: Errand, result: ErrandResult): void {
    if (errand.isDone) return
    errand.isDone = true
    errand.cancelLimit()
    errand.cancelRetry()
    this.#takeBack(errand)
    this.#errands.delete(errand)
    errand.done(result)
  }

  #takeBack(errand: Errand): void {
    if (errand.with) this.#sent.delete(errand.with.id)
    errand.with = null
  }
}

/** What has not been sent, or was answered with nothing done, has not been done. */
function lateResultOf({ ask, with: asked, isBusy }: Errand): CcrFailure {
  if (asked !== null && ask.kind === 'transact')
    return failure('timed-out', `the master ${asked.node} has not answered; it may have been done, or may still be`)
  if (asked !== null) return failure('timed-out', `the master ${asked.node} has not answered`)
  return isBusy ? failure('busy', 'others kept changing the shared configuration; nothing was done') : noQuorum
}

function failure(code: CcrFailure['code'], text: string): CcrFailure {
  return { ok: false, code, text }
}

const overloaded = failure('overloaded', 'too many requests are under way; nothing was done')
const noQuorum = failure('no-quorum', 'there is no master: too few nodes can hear each other')
const masterLost = failure(
  'indeterminate',
  'the master was lost before it answered; it may have been done, or may still be',
)
