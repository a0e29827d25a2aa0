/**
 * The stream of events for those who watch (`GET /v1/stream`). What all are told is made once for all of them, a few times a second;
 * while nobody watches, nothing is made. A client that does not take what it is told as fast as it comes is cut off with a `reset`:
 * it may come again, and ask anew.
 *
 * Bounds: `clientCountMax` clients, `clientBytesMax` waiting for each; records that come faster than `waitingCountMax` between two
 * turns are not told at all: everybody is reset.
 */
import type { TimelineEntry } from '../../recorder/timeline.ts'
import { keepAliveIntervalMs } from '../controlProtocol.ts'
import type { Backend } from './backend.ts'
import type { StreamEvents } from './contract.ts'
import { recordText } from './recordText.ts'

export interface StreamOptions {
  readonly clientCountMax?: number
  readonly clientBytesMax?: number
  readonly waitingCountMax?: number
  /** Between two turns at least; more when a turn takes long. */
  readonly turnMs?: number
}

export const streamDefaults = {
  clientCountMax: 64,
  clientBytesMax: 1024 * 1024,
  waitingCountMax: 5000,
  turnMs: 100,
} as const

/** A turn takes at most one in so many parts of the time. */
const turnShare = 20
/** Of records in one event. */
const batchCountMax = 500

interface Client {
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  heardMs: number
}

export class StreamHub {
  readonly #backend: Backend
  readonly #options: Required<StreamOptions>
  readonly #clients = new Set<Client>()
  readonly #encoder = new TextEncoder()
  #waiting: TimelineEntry[] = []
  #isViewDirty = false
  #lastView = ''
  #timer: ReturnType<typeof setTimeout> | null = null
  #keepAlive: ReturnType<typeof setInterval> | null = null
  #unsubscribe: (() => void)[] = []
  #cutCount = 0

  constructor(backend: Backend, options: StreamOptions = {}) {
    this.#backend = backend
    this.#options = { ...streamDefaults, ...options }
  }

  get clientCount(): number {
    return this.#clients.size
  }

  /** Clients that were cut off since the start. */
  get cutCount(): number {
    return this.#cutCount
  }

  /** `lastEventId`: what a client heard last, if it has been here before. null: there are as many clients as there may be. */
  open(lastEventId: string | null): ReadableStream<Uint8Array> | null {
    if (this.#clients.size >= this.#options.clientCountMax) return null
    let client: Client
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          // What waits was told to nobody yet: all of it is before the new one's beginning.
          if (this.#clients.size > 0) this.#turn()
          client = { controller, heardMs: performance.now() }
          this.#clients.add(client)
          if (this.#clients.size === 1) this.#wake()
          this.#greet(client, lastEventId)
        },
        cancel: () => this.#remove(client),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: this.#options.clientBytesMax }),
    )
  }

  /** Ends all streams. */
  close(): void {
    for (const client of [...this.#clients]) this.#cut(client, 'the node ends')
  }

  #greet(client: Client, lastEventId: string | null): void {
    const { cluster, node, live, history } = this.#backend
    this.#tell([client], 'hello', { cluster, node: node ?? '', nowUs: this.#backend.nowUs() })
    const missed = lastEventId === null ? [] : this.#missedAfter(lastEventId)
    if (missed === null) this.#tell([client], 'reset', { reason: 'what was missed is no longer kept here' })
    else this.#tellRecords([client], missed, history.position)
    if (live) this.#tell([client], 'view', live.view())
  }

  #missedAfter(lastEventId: string): readonly TimelineEntry[] | null {
    const separator = lastEventId.lastIndexOf('@')
    const position = Number(lastEventId.slice(0, separator))
    if (lastEventId.slice(separator + 1) !== this.#backend.storeId || !Number.isSafeInteger(position)) return null
    const missed = this.#backend.history.after(position)
    return missed !== null && missed.length <= this.#options.waitingCountMax ? missed : null
  }

  #wake(): void {
    const { history, live } = this.#backend
    const onRecords = (records: readonly TimelineEntry[]) => {
      // One more than may be told is enough to know that there were too many.
      const room = this.#options.waitingCountMax + 1 - this.#waiting.length
      for (const record of room < records.length ? records.slice(0, room) : records) this.#waiting.push(record)
      this.#schedule()
    }
    const onReset = (reason: string) => this.#tell([...this.#clients], 'reset', { reason })
    this.#unsubscribe = [history.subscribe({ onRecords, onReset })]
    if (live) {
      this.#unsubscribe.push(
        live.changes(() => {
          this.#isViewDirty = true
          this.#schedule()
        }),
      )
    }
    this.#keepAlive = setInterval(() => this.#sayAlive(), keepAliveIntervalMs)
  }

  #sleep(): void {
    for (const end of this.#unsubscribe) end()
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#keepAlive) clearInterval(this.#keepAlive)
    this.#unsubscribe = []
    this.#timer = null
    this.#keepAlive = null
    this.#waiting = []
    this.#isViewDirty = false
    this.#lastView = ''
  }

  #schedule(afterMs = this.#options.turnMs): void {
    this.#timer ??= setTimeout(() => this.#turn(), afterMs)
  }

  #turn(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const startMs = performance.now()
    const { history, live } = this.#backend
    const waiting = this.#waiting
    this.#waiting = []
    const all = [...this.#clients]
    if (waiting.length > this.#options.waitingCountMax)
      this.#tell(all, 'reset', { reason: 'more records came at once than are told' })
    else this.#tellRecords(all, waiting, history.position)
    if (this.#isViewDirty && live) {
      this.#isViewDirty = false
      const text = JSON.stringify(live.view())
      if (text !== this.#lastView) this.#send(all, 'view', text)
      this.#lastView = text
    }
    const tookMs = performance.now() - startMs
    // What came meanwhile waits the longer, the longer this took.
    if (tookMs * turnShare > this.#options.turnMs && this.#clients.size > 0) this.#schedule(tookMs * turnShare)
  }

  /** `position`: of the last of them. */
  #tellRecords(clients: readonly Client[], entries: readonly TimelineEntry[], position: number): void {
    for (let from = 0; from < entries.length; from += batchCountMax) {
      const batch = entries.slice(from, from + batchCountMax)
      const text = `[${batch.map(recordText).join(',')}]`
      this.#send(clients, 'records', text, position - entries.length + from + batch.length)
    }
  }

  #sayAlive(): void {
    const sinceMs = performance.now() - keepAliveIntervalMs * 0.9
    const quiet = [...this.#clients].filter(({ heardMs }) => heardMs < sinceMs)
    this.#tell(quiet, 'alive', { nowUs: this.#backend.nowUs() })
  }

  #tell<Event extends keyof StreamEvents>(clients: readonly Client[], event: Event, data: StreamEvents[Event]): void {
    this.#send(clients, event, JSON.stringify(data))
  }

  #send(
    clients: readonly Client[],
    event: keyof StreamEvents,
    text: string,
    position = this.#backend.history.position - this.#waiting.length,
  ): void {
    if (clients.length === 0) return
    const chunk = this.#encoder.encode(`event: ${event}\nid: ${position}@${this.#backend.storeId}\ndata: ${text}\n\n`)
    const nowMs = performance.now()
    for (const client of clients) {
      if (!this.#clients.has(client)) continue
      client.heardMs = nowMs
      client.controller.enqueue(chunk)
      if ((client.controller.desiredSize ?? 0) <= 0)
        this.#cut(client, 'too slow: more waits than is kept for one client')
    }
  }

  #cut(client: Client, reason: string): void {
    this.#cutCount += 1
    const text = `event: reset\ndata: ${JSON.stringify({ reason })}\n\n`
    client.controller.enqueue(this.#encoder.encode(text))
    client.controller.close()
    this.#remove(client)
  }

  #remove(client: Client): void {
    if (this.#clients.delete(client) && this.#clients.size === 0) this.#sleep()
  }
}
