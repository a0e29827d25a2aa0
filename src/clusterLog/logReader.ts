/** What others ask of the log of this node: spans, arrivals, and to be told of arrivals. */
import { logger } from '../log/log.ts'
import { trustedLogRecord } from './codec.ts'
import type { ArrivalPosition, LogArrivals, LogPage, LogQuery, LogRecord } from './index.ts'
import type { SpoolClient } from './spoolClient.ts'

type Listener = (records: readonly LogRecord[], position: ArrivalPosition) => void

const log = logger('log')

/** Told, or decoded, at once; what is more is in the next turn: the node has other work, and 5000 took it up to 150 ms. */
const tellCount = 200

async function decoded(records: readonly Uint8Array[]): Promise<LogRecord[]> {
  const known: LogRecord[] = []
  for (let from = 0; from < records.length; from += tellCount) {
    if (from > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    known.push(...records.slice(from, from + tellCount).map(trustedLogRecord))
  }
  return known
}

export class LogReader {
  readonly #spool: () => SpoolClient | null
  /** With whether `completeUs` matters to them. */
  readonly #listeners = new Map<Listener, boolean>()
  /** Of the store; '': it is not open. */
  #name = ''
  /** What listeners were told of; null: they are told of what arrives once the store is open. */
  #toldArrival: number | null = null
  #isTelling = false
  /** Whoever asks before the store was tried waits for that. */
  #onTried = () => {}
  readonly #tried = new Promise<void>((resolve) => {
    this.#onTried = resolve
  })

  constructor(spool: () => SpoolClient | null) {
    this.#spool = spool
  }

  /** The store is open: it has this name, and so much has arrived. */
  begin(name: string, arrival: number): void {
    this.#name = name
    this.#toldArrival ??= arrival
    this.#onTried()
  }

  /** The store cannot be opened: nothing is there for now. */
  fail(): void {
    this.#onTried()
  }

  async query(query: LogQuery): Promise<LogPage> {
    const found = await this.#ask((spool) => spool.ask('query', query))
    if (!found) return { records: [], isTruncated: false, position: this.#position(0) }
    const { records, isTruncated, arrival } = found
    return { records: await decoded(records), isTruncated, position: this.#position(arrival) }
  }

  async after(position: ArrivalPosition | null, limit?: number): Promise<LogArrivals> {
    const place = position === null ? null : this.#placeOf(position)
    const found = await this.#ask((spool) => spool.ask('arrivals', { after: place, limit }))
    if (!found) return { records: [], position: position ?? this.#position(0), isMore: false, isReset: false }
    const { records, arrival, isMore, isReset } = found
    return { records: await decoded(records), position: this.#position(arrival), isMore, isReset }
  }

  get isFollowed(): boolean {
    return this.#listeners.values().some((isOrdered) => isOrdered)
  }

  subscribe(listener: Listener, { isOrdered = false } = {}): () => void {
    if (this.#listeners.size === 0) this.#toldArrival = this.#spool()?.summary?.arrival ?? null
    this.#listeners.set(listener, isOrdered)
    return () => void this.#listeners.delete(listener)
  }

  /** Something was put into the spool. */
  arrived(): void {
    if (this.#listeners.size > 0 && !this.#isTelling) void this.#tell()
  }

  async #tell(): Promise<void> {
    this.#isTelling = true
    while (this.#toldArrival !== null) {
      const after = this.#toldArrival
      const found = await this.#ask((spool) => spool.ask('arrivals', { after, limit: tellCount }))
      if (!found || found.records.length === 0 || this.#listeners.size === 0) break
      this.#toldArrival = found.arrival
      const records = found.records.map(trustedLogRecord)
      for (const listener of [...this.#listeners.keys()]) listener(records, this.#position(found.arrival))
    }
    this.#isTelling = false
  }

  async #ask<T>(question: (spool: SpoolClient) => Promise<T>): Promise<T | null> {
    await this.#tried
    const spool = this.#spool()
    if (!spool) return null
    try {
      return await question(spool)
    } catch (error) {
      log.warn('the spool does not answer: {detail}', { detail: (error as Error).message })
      return null
    }
  }

  #position(arrival: number): ArrivalPosition {
    return `${this.#name}.${arrival}`
  }

  /** Of another store: a place that this one does not know. */
  #placeOf(position: ArrivalPosition): number {
    const [, name, arrival] = /^([^.]*)\.(\d{1,15})$/.exec(position) ?? []
    return name === this.#name && arrival !== undefined ? Number(arrival) : Number.MAX_SAFE_INTEGER
  }
}
