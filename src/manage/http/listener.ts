/** Keeps an interface served: an address that cannot be had is tried again, and the node goes on without until then. */
import { logger } from '../../log/log.ts'
import type { HttpServer } from './server.ts'

const log = logger('http')

const retryMsDefault = 5000

export class HttpListener {
  readonly #serve: () => HttpServer
  readonly #retryMs: number
  #server: HttpServer | null = null
  #failure: Error | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #isEnded = false

  /** `serve` throws what the address, or a file, lacks. */
  constructor(serve: () => HttpServer, { retryMs = retryMsDefault }: { readonly retryMs?: number } = {}) {
    this.#serve = serve
    this.#retryMs = retryMs
    this.#try()
  }

  get server(): HttpServer | null {
    return this.#server
  }

  /** What `serve` threw last; null: it is served. */
  get failure(): Error | null {
    return this.#failure
  }

  async stop(): Promise<void> {
    this.#isEnded = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#server?.stop()
  }

  #try(): void {
    this.#timer = null
    if (this.#isEnded) return
    try {
      this.#server = this.#serve()
      this.#failure = null
      const { url, isInClear } = this.#server
      log.info('the console is at {url}', { url })
      if (isInClear)
        log.warn('tokens go to {url} in the clear: configure certificate and key, or listen on loopback', { url })
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      if (failure.message !== this.#failure?.message)
        log.warn('the HTTP interface is not served: {text}; it is tried again now and then', { text: failure.message })
      this.#failure = failure
      this.#timer = setTimeout(() => this.#try(), this.#retryMs)
      this.#timer.unref()
    }
  }
}
