/** The ledger in its role, whatever that is: what rolecall says on one side, what clients ask on the other. */
import {
  type Checkpoint,
  type ComponentId,
  type Handlers,
  type Json,
  type Peer,
  type Role,
  type RoleCommand,
  RolecallError,
  type Token,
} from '../../src/sdk/index.ts'
import type { Book, Entry } from './book.ts'
import { parseChunk } from './chunk.ts'
import { Primary } from './primary.ts'
import { Standby } from './standby.ts'
import type { Trace } from './trace.ts'

export interface ServiceOptions {
  readonly book: Book
  readonly trace: Trace
  readonly send: (to: ComponentId, data: Json) => Promise<void>
  /** For the node's black box. */
  readonly record: (name: string, data: Json) => void
  /** The node is gone: nothing may be done any more. */
  readonly onDisconnected: () => void
  readonly onStop: () => void
  /** Whether the node's lease holds at this moment. */
  readonly mayAct: () => boolean
}

export class Service implements Handlers {
  readonly #options: ServiceOptions
  readonly #standby: Standby
  #primary: Primary | null = null
  #role: Role | 'deposed' = 'offline'
  #token: Token | null = null
  #peers: readonly Peer[] = []

  constructor(options: ServiceOptions) {
    this.#options = options
    this.#standby = new Standby(options.book)
  }

  get role(): Role | 'deposed' {
    return this.#role
  }

  get token(): Token | null {
    return this.#token
  }

  get secondaries(): readonly ComponentId[] {
    return this.#primary?.secondaries ?? []
  }

  get isInStep(): boolean {
    return this.#standby.isInStep
  }

  /** Where the present primary is, as far as this one was told. */
  get primaryEndpoint(): string | null {
    return this.#peers.find(({ role }) => role === 'primary')?.endpoint ?? null
  }

  /** Entries that may be shown: on the primary those that were, or may have been, acknowledged; elsewhere what is here. */
  get visibleCount(): number {
    return this.#primary?.committed ?? this.#options.book.length
  }

  async write(entry: { readonly text: string; readonly id: string | null }): Promise<Entry> {
    if (this.#role !== 'primary' || !this.#primary) throw new RolecallError('not-primary', `this is ${this.#role}`)
    return await this.#primary.write(entry)
  }

  async onRole({ role, token, peers, signal }: RoleCommand): Promise<void> {
    const previous = { role: this.#role, token: this.#token }
    this.#role = role
    this.#peers = peers
    if (role === 'primary') return this.#lead(token, peers)
    if (role === 'quiescing') return await this.#handOver(peers, signal)
    this.#yield()
    this.#token = token
    if (role !== 'secondary') return this.#standby.reset()
    const isRepeated = previous.role === 'secondary' && previous.token?.index === token.index
    if (!isRepeated || previous.token?.epoch !== token.epoch) this.#standby.reset()
    await this.#standby.inStep(signal)
    this.#options.record('state.followed', { entries: this.#options.book.length })
  }

  onPeers({ peers }: { readonly peers: readonly Peer[] }): void {
    this.#peers = peers
    this.#primary?.setPeers(peers)
  }

  onCheckpoint({ data }: Checkpoint): void {
    if (this.#role !== 'secondary') throw new RolecallError('not-secondary', `this is ${this.#role}`)
    const chunk = parseChunk(data)
    if (!chunk) throw new RolecallError('not-a-chunk', 'this is not what a primary of this release sends')
    this.#standby.take(chunk)
  }

  onLease(): void {
    this.#primary?.resume()
  }

  onStop(): void {
    this.#yield()
    this.#options.onStop()
  }

  onDisconnected(): void {
    this.#yield()
    this.#options.onDisconnected()
  }

  #lead(token: Token, peers: readonly Peer[]): void {
    this.#standby.reset()
    this.#token = token
    const { book, trace, record, send, mayAct } = this.#options
    if (this.#primary === null) {
      trace({ event: 'active', token })
      record('serving.began', { entries: book.length })
    }
    this.#primary ??= new Primary({ book, token, trace, send, mayAct, onDeposed: () => this.#deposed() })
    this.#primary.setPeers(peers)
  }

  /** Takes nothing new, finishes what is under way. */
  async #handOver(peers: readonly Peer[], signal: AbortSignal): Promise<void> {
    this.#primary?.setPeers(peers)
    await this.#primary?.idle()
    if (!signal.aborted && this.#role === 'quiescing') this.#yield()
  }

  /** Somebody has a later token: this one must not act, whatever it was told last. */
  #deposed(): void {
    this.#options.record('deposed', { entries: this.#options.book.length })
    this.#yield()
    this.#role = 'deposed'
  }

  #yield(): void {
    if (this.#primary === null) return
    this.#primary.end()
    this.#primary = null
    this.#options.trace({ event: 'inactive', token: this.#token })
  }
}
