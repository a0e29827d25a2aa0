/**
 * A component that has no process of its own (SPEC C4): what it is told goes to the program of its proxy, on the same node, over that
 * one's SDK connection. To its machine it looks like a process: it is ready once the proxy has said that it speaks for it, and ends
 * when the proxy has said that it is offline.
 *
 * With the proxy gone nobody can be told anything: the component has failed with `proxy.lost`, which is not counted as its own failure.
 * It counts as ended then, so what an exclusive one does without its proxy is that proxy's to see to (docs/sdk-protocol.md): it must do
 * nothing. One that will not be offline has failed to stop, until the proxy says that it has ended.
 */
import type { ComponentId, Incarnation } from '../../machines/model/ids.ts'
import type { Clock } from '../engine/clock.ts'
import type { AgentEvent, ComponentLife, InvokeOrder, Reason, RoleWords, StopOrder } from './agent.ts'

/** The proxy's program, as far as it is connected. */
export interface ProxyProgram {
  readonly isConnected: boolean
  /** It is to speak for the component, and says `ready` when it does. */
  start(words: RoleWords, timeLimitMs: number): void
  invoke(order: InvokeOrder): void
  introduce(words: RoleWords): void
}

export interface ProxiedProcessOptions {
  readonly component: ComponentId
  readonly proxy: ProxyProgram
  readonly startTimeoutMs: () => number
  readonly clock: Clock
  readonly onEvent: (event: AgentEvent) => void
}

/** What the proxy says of the component. */
export type ProxyWord =
  | { readonly state: 'ready'; readonly endpoint: string | null; readonly release: string | null }
  | ({ readonly state: 'failed' } & Reason)
  | { readonly state: 'ended'; readonly detail: string }

/** For `offline`, of what is to stop at once: nobody can kill it. */
export const killTimeoutMs = 2000

const proxyLost: Reason = { code: 'proxy.lost', detail: 'the proxy that speaks for it is gone' }

export class ProxiedProcess {
  readonly #options: ProxiedProcessOptions
  #state: 'absent' | 'starting' | 'running' | 'stopping' = 'absent'
  #incarnation: Incarnation = 0
  /** The proxy speaks for it already. */
  #said: Extract<ProxyWord, { state: 'ready' }> | null = null
  /** The last that was told, or its start. */
  #words: RoleWords | null = null
  #cancelTimer: () => void = () => {}

  constructor(options: ProxiedProcessOptions) {
    this.#options = options
  }

  start(words: RoleWords): void {
    const { proxy, clock, startTimeoutMs } = this.#options
    this.#state = 'starting'
    this.#incarnation = words.incarnation
    this.#words = words
    if (!proxy.isConnected) return this.#later(() => this.proxyLost())
    const timeLimitMs = startTimeoutMs()
    this.#cancelTimer()
    this.#cancelTimer = clock.setTimer(timeLimitMs, () => {
      const detail = `its proxy has not said that it speaks for it within ${timeLimitMs} ms`
      this.#failed({ code: 'start.timedOut', detail })
    })
    proxy.start(words, timeLimitMs)
    const said = this.#said
    if (said) this.#later(() => this.#state === 'starting' && this.heard(said))
  }

  stop({ incarnation, timeoutMs }: StopOrder): void {
    const { proxy } = this.#options
    this.#cancelTimer()
    if (!this.#isThere(incarnation) || !proxy.isConnected) {
      this.#state = 'absent'
      return this.#later(() => this.#exited(incarnation, 'nobody speaks for it'))
    }
    this.#state = 'stopping'
    const words: RoleWords = { ...this.#words!, role: 'offline', peers: [] }
    this.#words = words
    proxy.invoke({ ...words, level: 0, timeLimitMs: timeoutMs > 0 ? timeoutMs : killTimeoutMs })
  }

  invoke(order: InvokeOrder): void {
    const { component, incarnation, role, token } = order
    if (!this.#isThere(incarnation))
      return this.#later(() => this.#emit({ type: 'role.done', component, incarnation, role, token }))
    // Of one that ends the end is the answer.
    if (this.#state !== 'running') return
    this.#words = order
    this.#options.proxy.invoke(order)
  }

  introduce(words: RoleWords): void {
    if (this.#state === 'running' && this.#isThere(words.incarnation)) this.#options.proxy.introduce(words)
  }

  /** The proxy has answered a command for it. */
  answered(event: Extract<AgentEvent, { type: 'role.done' | 'role.failed' }>): void {
    if (event.incarnation !== this.#incarnation) return
    if (this.#state === 'running') this.#emit(event)
    if (this.#state !== 'stopping' || event.role !== 'offline') return
    if (event.type === 'role.done') this.#ended('its proxy has it offline')
    else this.#emit({ type: 'process.stopFailed', ...this.#life(), detail: `${event.code}: ${event.detail}` })
  }

  /** The proxy has said so by itself. */
  heard(word: ProxyWord): void {
    this.#said = word.state === 'ready' ? word : null
    if (this.#state === 'absent') return
    if (word.state === 'ended') return this.#ended(word.detail)
    if (this.#state === 'stopping') return
    if (word.state === 'failed') return this.#failed(word)
    this.#cancelTimer()
    this.#state = 'running'
    const { endpoint, release } = word
    this.#emit({ type: 'process.ready', ...this.#life(), endpoint, ...(release === null ? {} : { release }) })
  }

  proxyLost(): void {
    this.#said = null
    if (this.#state === 'stopping') this.#ended(proxyLost.detail)
    else if (this.#state !== 'absent') this.#failed(proxyLost)
  }

  close(): void {
    this.#cancelTimer()
  }

  #failed({ code, detail }: Reason): void {
    this.#cancelTimer()
    const type = this.#state === 'starting' ? 'process.startFailed' : 'health.failed'
    this.#emit({ type, ...this.#life(), code, detail })
  }

  #ended(detail: string): void {
    this.#cancelTimer()
    this.#state = 'absent'
    this.#exited(this.#incarnation, detail)
  }

  #exited(incarnation: Incarnation, detail: string): void {
    const { component, clock } = this.#options
    this.#emit({ type: 'process.exited', component, incarnation, detail, atMs: clock.nowMs() })
  }

  #isThere(incarnation: Incarnation): boolean {
    return this.#state !== 'absent' && this.#incarnation === incarnation
  }

  #life(): ComponentLife {
    return { component: this.#options.component, incarnation: this.#incarnation }
  }

  #emit(event: AgentEvent): void {
    this.#options.onEvent(event)
  }

  #later(callback: () => void): void {
    queueMicrotask(callback)
  }
}
