/** Keeps an interface served: an address that cannot be had is tried again, and the node goes on without until then. */
import { logger } from '../../log/log.ts'
import type { HttpServer } from './server.ts'

const log = logger('http')

const retryMsDefault = 5000

export class HttpListener {
  readonly #serve: () => HttpServer
  readonly #retryMs: number
  #server: HttpServer | null = null
  #problem: string | null = null
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

  /** Why it is not served; null: it is. */
  get problem(): string | null {
    return this.#problem
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
      this.#problem = null
      log.info('the console is at {url}', { url: this.#server.url })
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      if (text !== this.#problem)
        log.warn('the HTTP interface is not served: {text}; it is tried again now and then', { text })
      this.#problem = text
      this.#timer = setTimeout(() => this.#try(), this.#retryMs)
      this.#timer.unref()
    }
  }
}
