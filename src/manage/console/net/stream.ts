/**
 * The stream of a live node: `fetch` rather than `EventSource`, for the moment of the next try, and to notice a connection
 * that is silent without having ended. The server says something at least every 5 s.
 */
import type { StreamEvents } from '../../http/contract.ts'
import { retryDelayMs } from './backoff.ts'
import { eventReader } from './events.ts'

/** Silence after which a connection counts as lost: three times what the server keeps silent at most. */
const silenceMsMax = 15_000

export interface StreamListener {
  readonly onEvent: <Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]) => void
  readonly onLost: (of: { reason: string; retryAtMs: number; attempt: number }) => void
  readonly onTry: () => void
  /** It answers, and refuses: 401 is for signing in. */
  readonly onRefused: (status: number) => void
}

export class Stream {
  readonly #listener: StreamListener
  #lastId: string | null = null
  #attempt = 0
  #abort: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(listener: StreamListener) {
    this.#listener = listener
  }

  start(): void {
    clearTimeout(this.#timer)
    this.#abort?.abort()
    const abort = new AbortController()
    this.#abort = abort
    this.#listener.onTry()
    this.#read(abort).catch((error: Error) => {
      if (this.#abort === abort) this.#lost(error.message)
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
    this.#abort?.abort()
    this.#abort = null
  }

  async #read(abort: AbortController): Promise<void> {
    this.#listen(abort)
    const headers = { accept: 'text/event-stream' }
    const response = await fetch('/v1/stream', {
      headers: this.#lastId === null ? headers : { ...headers, 'last-event-id': this.#lastId },
      signal: abort.signal,
      cache: 'no-store',
    }).catch(() => {
      // Each browser has words of its own for it.
      throw new Error('nobody answers')
    })
    if (!response.ok || !response.body) {
      this.#listener.onRefused(response.status)
      throw new Error(`answered with ${response.status}`)
    }
    const feed = eventReader(({ id, event, data }) => {
      if (id !== null) this.#lastId = id
      this.#attempt = 0
      this.#listener.onEvent(event as keyof StreamEvents, JSON.parse(data))
    })
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (this.#abort !== abort) return
      if (done) throw new Error('the connection ended')
      this.#listen(abort)
      feed(value)
    }
  }

  #listen(abort: AbortController): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      if (this.#abort !== abort) return
      abort.abort()
      this.#lost('nothing was heard')
    }, silenceMsMax)
  }

  #lost(reason: string): void {
    clearTimeout(this.#silence)
    this.#abort = null
    const delayMs = retryDelayMs(this.#attempt++, Math.random())
    this.#listener.onLost({ reason, retryAtMs: Date.now() + delayMs, attempt: this.#attempt })
    this.#timer = setTimeout(() => this.start(), delayMs)
  }
}
