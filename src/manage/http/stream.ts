/**
 * The stream of events for those who watch (`GET /v1/stream`). What all are told is made once for all of them, a few times a second;
 * while nobody watches, nothing is made. A client that does not take what it is told as fast as it comes is cut off with a `reset`:
 * it may come again, and ask anew.
 *
 * Bounds: `clientCountMax` clients, `clientBytesMax` waiting for each; records that come faster than `waitingCountMax` between two
 * turns are not told at all: everybody is reset.
 */
import { keepAliveIntervalMs } from '../controlProtocol.ts'
import type { Backend } from './backend.ts'
import type { StreamEvents } from './contract.ts'
import type { HistoryRecord } from './history.ts'
import { recordText } from './recordText.ts'

export interface StreamOptions {
  readonly clientCountMax?: number
  readonly clientBytesMax?: number
  readonly waitingCountMax?: number
  /** Between two turns at least; more when a turn takes long. */
  readonly turnMs?: number
  readonly keepAliveMs?: number
}

export const streamDefaults = {
  clientCountMax: 64,
  clientBytesMax: 1024 * 1024,
  waitingCountMax: 5000,
  turnMs: 100,
  keepAliveMs: keepAliveIntervalMs,
} as const

/** A turn takes at most one in so many parts of the time. */
const turnShare = 20
/** Chunks that wait for one client while it is looked up what it missed. */
const heldCountMax = 256
/** Of records in one event, and of their letters but for the last one's. */
const batchCountMax = 500
const batchLengthMax = 131_072
/** Telling one client what it missed takes at most one in so many parts of the time. */
const missedShare = 5

interface Client {
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  /** What waits until it has been told what it missed; null: it has. */
  held: Uint8Array[] | null
  /** It took something, or is gone. */
  onTaken: () => void
  heardMs: number
  /** Looked at every few seconds: who has signed out is told no more. */
  readonly mayStay: () => boolean
}

export class StreamHub {
  readonly #backend: Backend
  readonly #options: Required<StreamOptions>
  readonly #clients = new Set<Client>()
  readonly #encoder = new TextEncoder()
  #waiting: HistoryRecord[] = []
  /** Of the last record that was told. */
  #position = ''
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
  open(lastEventId: string | null, mayStay: () => boolean = () => true): ReadableStream<Uint8Array> | null {
    if (this.#clients.size >= this.#options.clientCountMax) return null
    let client: Client
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          client = { controller, held: [], onTaken() {}, heardMs: performance.now(), mayStay }
          this.#enter(client)
          void this.#greet(client, lastEventId)
        },
        pull: () => client.onTaken(),
        cancel: () => void this.#remove(client),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: this.#options.clientBytesMax }),
    )
  }

  /** Ends all streams. */
  close(): void {
    for (const client of [...this.#clients]) this.#cut(client, 'the node ends')
  }

  /** What waits was told to nobody yet, and is before the new one's beginning. */
  #enter(client: Client): void {
    if (this.#clients.size > 0) this.#turn()
    this.#clients.add(client)
    if (this.#clients.size === 1) this.#wake()
  }

  /** The place of the beginning is told with the last of what is before it: who is lost on the way asks for all of that again. */
  async #greet(client: Client, lastEventId: string | null): Promise<void> {
    const { cluster, node, live, history } = this.#backend
    const position = this.#position
    const hello = JSON.stringify({ cluster, node: node ?? '', nowUs: this.#backend.nowUs() })
    this.#put(client, this.#chunk('hello', hello, lastEventId === null ? position : null))
    const missed = lastEventId === null ? [] : await this.#missedAfter(history, lastEventId)
    if (missed === null) {
      const reason = 'what was missed is no longer kept here'
      this.#put(client, this.#chunk('reset', JSON.stringify({ reason }), position))
    } else await this.#tellMissed(client, missed, position)
    const held = client.held!
    client.held = null
    for (const chunk of held) this.#put(client, chunk)
    if (live && this.#clients.has(client)) this.#put(client, this.#chunk('view', JSON.stringify(live.view())))
  }

  /** As fast as the client takes it, and the node has time for it. */
  async #tellMissed(client: Client, missed: readonly HistoryRecord[], position: string): Promise<void> {
    let startMs = performance.now()
    for (const { text, isLast } of batchesOf(missed, this.#backend.redact)) {
      this.#put(client, this.#chunk('records', text, isLast ? position : null))
      await Bun.sleep((performance.now() - startMs) * (missedShare - 1))
      await this.#taken(client)
      if (!this.#clients.has(client)) return
      startMs = performance.now()
    }
  }

  /** When less than half of what may wait for it does, or it is gone. */
  async #taken(client: Client): Promise<void> {
    const halfBytes = this.#options.clientBytesMax / 2
    while (this.#clients.has(client) && (client.controller.desiredSize ?? 0) < halfBytes)
      await new Promise<void>((resolve) => {
        client.onTaken = resolve
      })
  }

  async #missedAfter({ after }: Backend['history'], lastEventId: string): Promise<readonly HistoryRecord[] | null> {
    try {
      return await after.call(this.#backend.history, lastEventId)
    } catch {
      // The store cannot be read: as if it had nothing.
      return null
    }
  }

  #wake(): void {
    const { history, live } = this.#backend
    this.#position = history.position
    const onRecords = (records: readonly HistoryRecord[]) => {
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
    this.#keepAlive = setInterval(() => this.#sayAlive(), this.#options.keepAliveMs)
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
    this.#tellRecords()
    this.#tellView()
    const tookMs = performance.now() - startMs
    // What comes now waits the longer, the longer this took.
    if (tookMs * turnShare > this.#options.turnMs && this.#clients.size > 0) this.#schedule(tookMs * turnShare)
  }

  #tellRecords(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#position = this.#backend.history.position
    const all = [...this.#clients]
    if (waiting.length > this.#options.waitingCountMax) {
      this.#tell(all, 'reset', { reason: 'more records came at once than are told' })
      return
    }
    // Who loses the connection half-way is told all of them again.
    for (const { text, isLast } of batchesOf(waiting, this.#backend.redact))
      this.#send(all, this.#chunk('records', text, isLast ? this.#position : null))
  }

  #tellView(): void {
    const { live } = this.#backend
    if (!this.#isViewDirty || !live) return
    this.#isViewDirty = false
    const text = JSON.stringify(live.view())
    if (text !== this.#lastView) this.#send([...this.#clients], this.#chunk('view', text))
    this.#lastView = text
  }

  #sayAlive(): void {
    for (const client of [...this.#clients]) if (!client.mayStay()) this.#cut(client, 'signed out')
    const sinceMs = performance.now() - this.#options.keepAliveMs * 0.9
    const quiet = [...this.#clients].filter(({ heardMs }) => heardMs < sinceMs)
    this.#tell(quiet, 'alive', { nowUs: this.#backend.nowUs() })
  }

  #tell<Event extends keyof StreamEvents>(clients: readonly Client[], event: Event, data: StreamEvents[Event]): void {
    this.#send(clients, this.#chunk(event, JSON.stringify(data)))
  }

  /** Without a position the client's last one stays. */
  #chunk(event: keyof StreamEvents, text: string, position: string | null = null): Uint8Array {
    const id = position === null ? '' : `id: ${position}\n`
    return this.#encoder.encode(`event: ${event}\n${id}data: ${text}\n\n`)
  }

  #send(clients: readonly Client[], chunk: Uint8Array): void {
    for (const client of clients) {
      if (client.held === null) this.#put(client, chunk)
      else if (client.held.length < heldCountMax) client.held.push(chunk)
      else this.#cut(client, 'what was missed takes too long to find')
    }
  }

  #put(client: Client, chunk: Uint8Array): void {
    if (!this.#clients.has(client)) return
    client.heardMs = performance.now()
    client.controller.enqueue(chunk)
    if ((client.controller.desiredSize ?? 0) <= 0) this.#cut(client, 'too slow: more waits than is kept for one client')
  }

  /** It gets what waits for it, should it read on, and then the reset; the server ends the connection should it not. */
  #cut(client: Client, reason: string): void {
    if (!this.#remove(client)) return
    this.#cutCount += 1
    client.controller.enqueue(this.#chunk('reset', JSON.stringify({ reason })))
    client.controller.close()
  }

  /** False: it was gone already. */
  #remove(client: Client): boolean {
    const isRemoved = this.#clients.delete(client)
    if (isRemoved && this.#clients.size === 0) this.#sleep()
    client.onTaken()
    return isRemoved
  }
}

function* batchesOf(
  records: readonly HistoryRecord[],
  redact: Backend['redact'],
): Generator<{ readonly text: string; readonly isLast: boolean }> {
  let texts: string[] = []
  let length = 0
  for (const [index, record] of records.entries()) {
    const text = recordText(record, redact)
    texts.push(text)
    length += text.length
    const isLast = index === records.length - 1
    if (!isLast && texts.length < batchCountMax && length < batchLengthMax) continue
    yield { text: `[${texts.join(',')}]`, isLast }
    texts = []
    length = 0
  }
}
