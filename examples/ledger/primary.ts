/**
 * The primary's side of the ledger: takes entries and decides when they are acknowledged: when every secondary has them, or
 * when rolecall has said that there is none. A secondary that goes away is waited for until rolecall says that it is gone,
 * for until then it may be the next primary.
 */
import { type ComponentId, type Json, type Peer, RolecallError, type Token } from '../../src/sdk/index.ts'
import type { Book, Entry } from './book.ts'
import { Follower } from './follower.ts'
import type { Trace } from './trace.ts'

export interface PrimaryOptions {
  readonly book: Book
  readonly token: Token
  readonly trace: Trace
  /** Rejects with a `CheckpointError`. */
  readonly send: (to: ComponentId, data: Json) => Promise<void>
  /** Another primary was chosen. */
  readonly onDeposed: () => void
  /** Without the node's lease another may be primary already: nothing is acknowledged. */
  readonly mayAct: () => boolean
}

/** Entries that wait to be acknowledged; one more is refused. */
const outstandingCountMax = 10_000
const entryCountMax = 1_000_000

type Waiter = (error: RolecallError | null) => void

export class Primary {
  readonly #options: PrimaryOptions
  #followers = new Map<string, Follower>()
  #followCount = 0
  #waiters = new Map<number, Waiter[]>()
  #idle: (() => void)[] = []
  #committed = 0
  #isEnded = false

  constructor(options: PrimaryOptions) {
    this.#options = options
  }

  /** Every entry up to this one is acknowledged, or may be. */
  get committed(): number {
    return this.#committed
  }

  get secondaries(): readonly ComponentId[] {
    return [...this.#followers.values()].map(({ peer }) => peer.component)
  }

  /** Rolecall has said who the peers are. One with another token has begun anew, and gets everything. */
  setPeers(peers: readonly Peer[]): void {
    const secondaries = new Map(peers.filter(({ role }) => role === 'secondary').map((peer) => [keyOf(peer), peer]))
    for (const [key, follower] of this.#followers) {
      if (secondaries.has(key)) continue
      follower.stop()
      this.#followers.delete(key)
    }
    for (const [key, peer] of secondaries) if (!this.#followers.has(key)) this.#follow(key, peer)
    this.#decide()
  }

  /** The lease was renewed. */
  resume(): void {
    this.#decide()
  }

  /** Resolves when the entry is acknowledged. With an id that is here already it is that entry, and no other is made. */
  async write({ text, id }: { readonly text: string; readonly id: string | null }): Promise<Entry> {
    const { book, token } = this.#options
    const known = id === null ? undefined : book.find(id)
    if (known && known.text !== text)
      throw new RolecallError('id-reused', `entry ${known.number} has this id and another text`)
    if (this.#waiters.size >= outstandingCountMax)
      throw new RolecallError('overloaded', 'too many entries are under way')
    if (book.length >= entryCountMax) throw new RolecallError('full', `${entryCountMax} entries are all there can be`)
    const entry = known ?? { number: book.length + 1, epoch: token.epoch, id, text }
    if (!known) book.append([entry])
    const acknowledged = this.#acknowledged(entry.number)
    if (!known) for (const follower of this.#followers.values()) follower.wake()
    this.#decide()
    await acknowledged
    return entry
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<void> {
    if (this.#waiters.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** No longer primary: what is under way is neither lost nor acknowledged, as far as anyone here can tell. */
  end(): void {
    this.#isEnded = true
    for (const follower of this.#followers.values()) follower.stop()
    const error = new RolecallError('outcome-unknown', 'no longer primary: ask the next one, with the same id')
    for (const waiters of this.#waiters.values()) for (const finish of waiters) finish(error)
    this.#waiters.clear()
  }

  #follow(key: string, peer: Peer): void {
    const { book, token, send, onDeposed } = this.#options
    this.#followCount += 1
    const follower = new Follower({
      peer,
      book,
      name: `${token.epoch}.${token.index}/${this.#followCount}`,
      send: (data) => send(peer.component, data),
      onProgress: () => this.#decide(),
      onDeposed: () => {
        if (!this.#isEnded) onDeposed()
      },
    })
    this.#followers.set(key, follower)
    follower.wake()
  }

  #acknowledged(number: number): Promise<void> {
    if (number <= this.#committed) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(number) ?? []
      waiters.push((error) => (error ? reject(error) : resolve()))
      this.#waiters.set(number, waiters)
    })
  }

  #decide(): void {
    if (this.#isEnded || !this.#options.mayAct()) return
    const { book, token, trace } = this.#options
    const acknowledged = [...this.#followers.values()].map((follower) => follower.acknowledged)
    const through = Math.min(book.length, ...acknowledged)
    while (this.#committed < through) {
      this.#committed += 1
      const waiters = this.#waiters.get(this.#committed)
      if (!waiters) continue
      this.#waiters.delete(this.#committed)
      trace({ event: 'acknowledged', token, number: this.#committed })
      for (const finish of waiters) finish(null)
    }
    if (this.#waiters.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}

function keyOf({ component, token }: Peer): string {
  return `${component}@${token.epoch}.${token.index}`
}
