/** The client end of the SDK protocol. See `index.ts` for how it is used. */
import { createConnection, type Socket } from 'node:net'
import type { AssignmentName, ComponentId, Incarnation } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { Peer } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'
import { CheckpointError, codeOf, detailOf, RegisterError, RolecallError } from './errors.ts'
import type { Handlers } from './handlers.ts'
import { Held, type HeldRole } from './held.ts'
import { LineReader } from './lines.ts'
import {
  type CheckpointMessage,
  checkpointBytesMax,
  type ErrandMessage,
  type Json,
  type NodeMessage,
  openCheckpointCountMax,
  type PeersMessage,
  type ProgramMessage,
  type ProxiedMessage,
  protocolVersion,
  type RoleMessage,
  recordsVersion,
} from './protocol.ts'
import { uptimeGrainMs, uptimeMs } from './uptime.ts'

export interface ConnectOptions {
  /** Path of the node's socket. Default: ROLECALL_SOCKET. */
  readonly socket?: string
  /** Default: ROLECALL_COMPONENT. */
  readonly component?: ComponentId
  /** Default: ROLECALL_INCARNATION. */
  readonly incarnation?: Incarnation
  /** Where clients reach this program; the peers are told too. */
  readonly endpoint?: string
  /** Of this software; told to its peers. Default: its node's. */
  readonly release?: string
  readonly properties?: Readonly<Record<string, string>>
}

export interface Rolecall {
  /** The role of the last command; `offline` before the first. Of a program that serves several assignments see `held`. */
  readonly role: Role
  readonly token: Token | null
  readonly peers: readonly Peer[]
  /** What it holds for each assignment that it was told of in this life; of a proxy also by the components that it speaks for. */
  readonly held: ReadonlyMap<AssignmentName | ComponentId, HeldRole>
  readonly isConnected: boolean
  /**
   * Whether the node's lease holds at this moment. A primary whose effects nobody checks asks before each of them: one that was
   * frozen finds here that its time is over, before its guard gets round to ending it. True where no lease was ever told.
   */
  readonly mayAct: boolean
  /**
   * Sends data to one peer, or to every secondary, under the token of the present primary role. Resolves when they have
   * accepted it (with no secondaries: at once); rejects with a `CheckpointError`. A program that serves several assignments
   * says for which it is.
   */
  checkpoint(checkpoint: {
    readonly assignment?: AssignmentName
    readonly to?: ComponentId
    readonly data: Json
  }): Promise<void>
  /** Reports an error that this program can't repair, with one assignment or with all: rolecall recovers it, by restart or fail-over. */
  reportError(report: { readonly code: string; readonly detail: string; readonly assignment?: AssignmentName }): void
  health(
    state: 'healthy' | 'failing',
    why?: { readonly code?: string; readonly detail?: string; readonly assignment?: AssignmentName },
  ): void
  /** How much it bears of what it should, 100 being all: with one assignment, or all together. Say it as often as you like. */
  reportLoad(load: { readonly percent: number; readonly assignment?: AssignmentName }): void
  /** Of a self-determining component: the role it has picked. Say it at each change, and after `connect`. */
  announceRole(announced: { readonly assignment: AssignmentName; readonly role: Role }): void
  /**
   * Writes into the node's black box, beside the steps that led to it: what this program did that somebody will want to know when
   * they ask why something happened. Not for every request: data is 4 KiB of JSON at most, and 50 a second are taken. False: this
   * node does not take records, or is gone.
   */
  record(record: { readonly name: string; readonly data?: Json; readonly assignment?: AssignmentName }): boolean
  /**
   * Wants to be tested: this program is ended, started to test itself (`onSelfTest`), and has its role again. It does not happen where
   * that would take away what is required, so not to a primary that nobody can do without. False: this node does not take the wish.
   */
  requestSelfTest(): boolean
  /** Of a proxy: how a component is that it speaks for. Once more after each connection. */
  proxied(said: Omit<ProxiedMessage, 'type'>): void
  close(): void
}

interface OpenCheckpoint {
  readonly resolve: () => void
  readonly reject: (error: CheckpointError) => void
}

export class Client implements Rolecall {
  readonly #socket: Socket
  readonly #handlers: Handlers
  readonly #reader = new LineReader()
  readonly #open = new Map<number, OpenCheckpoint>()
  readonly #held = new Map<AssignmentName | ComponentId, Held>()
  /** What it was told last. */
  #latest: Held | null = null
  #lastCheckpointId = 0
  /** null: never told, or for ever. */
  #lease: { readonly untilUnixMs: number; readonly untilUptimeMs: number | null } | null = null
  /** That both speak. */
  #protocol = 0
  #state: 'registering' | 'registered' | 'closed' = 'registering'
  readonly #registration: { resolve: () => void; reject: (error: RegisterError) => void }
  /** What came with the answer to `register`: kept until whoever waits for `connect` has had its turn. */
  #early: string[] | null = []

  private constructor(socket: Socket, handlers: Handlers, settle: (client: Client | RegisterError) => void) {
    this.#socket = socket
    this.#handlers = handlers
    this.#registration = { resolve: () => settle(this), reject: settle }
  }

  static connect(options: ConnectOptions, handlers: Handlers): Promise<Rolecall> {
    const { ROLECALL_SOCKET, ROLECALL_COMPONENT, ROLECALL_INCARNATION } = process.env
    const path = options.socket ?? ROLECALL_SOCKET
    const component = options.component ?? (ROLECALL_COMPONENT as ComponentId | undefined)
    const incarnation = options.incarnation ?? Number(ROLECALL_INCARNATION)
    if (!path || !component || !Number.isInteger(incarnation)) {
      const message = 'ROLECALL_SOCKET, ROLECALL_COMPONENT and ROLECALL_INCARNATION are set in what rolecall starts'
      return Promise.reject(new RegisterError('no-environment', message))
    }
    const { endpoint, release, properties } = options
    const register = { protocol: protocolVersion, component, incarnation, endpoint, release, properties }
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path })
      const client = new Client(socket, handlers, (result) =>
        result instanceof Client ? resolve(result) : reject(result),
      )
      socket.on('connect', () => client.#send({ type: 'register', ...register }))
      socket.on('data', (bytes: Uint8Array) => client.#received(bytes))
      socket.on('error', (error) => client.#closed(error.message))
      socket.on('close', () => client.#closed('the connection ended'))
    })
  }

  get role(): Role {
    return this.#latest?.role ?? 'offline'
  }

  get token(): Token | null {
    return this.#latest?.token ?? null
  }

  get peers(): readonly Peer[] {
    return this.#latest?.peers ?? []
  }

  get held(): ReadonlyMap<AssignmentName | ComponentId, HeldRole> {
    return this.#held
  }

  get mayAct(): boolean {
    if (this.#lease === null) return true
    const { untilUnixMs, untilUptimeMs } = this.#lease
    const upMs = untilUptimeMs === null ? null : uptimeMs()
    if (upMs === null || untilUptimeMs === null) return Date.now() < untilUnixMs
    return upMs + uptimeGrainMs < untilUptimeMs
  }

  get isConnected(): boolean {
    return this.#state === 'registered'
  }

  checkpoint(of: {
    readonly assignment?: AssignmentName
    readonly to?: ComponentId
    readonly data: Json
  }): Promise<void> {
    const { to } = of
    const text = JSON.stringify(of.data)
    const held = of.assignment === undefined ? this.#only() : this.#held.get(of.assignment)
    const refusal = held === 'several' ? 'no-assignment' : this.#refusalOf(held?.primaryToken ?? null, text)
    if (refusal) return Promise.reject(new CheckpointError(refusal, { to: to ?? null }))
    this.#lastCheckpointId += 1
    const id = this.#lastCheckpointId
    const { assignment, primaryToken: token } = held as Held
    const head = JSON.stringify({ type: 'checkpoint', id, assignment, to, token })
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject })
      this.#sendText(`${head.slice(0, -1)},"data":${text}}`)
    })
  }

  reportError({ code, detail, assignment }: Parameters<Rolecall['reportError']>[0]): void {
    this.#send({ type: 'error', code, detail, assignment })
  }

  health(state: 'healthy' | 'failing', why: Parameters<Rolecall['health']>[1] = {}): void {
    this.#send({ type: 'health', state, ...why })
  }

  reportLoad({ percent, assignment }: Parameters<Rolecall['reportLoad']>[0]): void {
    this.#send({ type: 'load', percent: Math.max(0, Math.round(percent)), assignment })
  }

  announceRole({ assignment, role }: Parameters<Rolecall['announceRole']>[0]): void {
    this.#send({ type: 'role.announce', assignment, role })
  }

  record({ name, data, assignment }: Parameters<Rolecall['record']>[0]): boolean {
    if (this.#state !== 'registered' || this.#protocol < recordsVersion) return false
    this.#send({ type: 'record', name, data, assignment })
    return true
  }

  requestSelfTest(): boolean {
    if (this.#state !== 'registered' || this.#protocol < recordsVersion) return false
    this.#send({ type: 'selfTest.request' })
    return true
  }

  proxied(said: Omit<ProxiedMessage, 'type'>): void {
    this.#send({ ...said, type: 'proxied' })
  }

  close(): void {
    this.#end(new CheckpointError('disconnected', { to: null }))
    this.#socket.end()
  }

  /** Of one that serves a single assignment there is no question which is meant. */
  #only(): Held | undefined | 'several' {
    const own = [...this.#held].filter(([name, { assignment }]) => name === assignment)
    return own.length > 1 ? 'several' : (this.#latest ?? undefined)
  }

  #refusalOf(primaryToken: Token | null, text: string): CheckpointError['code'] | null {
    if (this.#state === 'closed') return 'disconnected'
    if (primaryToken === null) return 'not-primary'
    if (this.#open.size >= openCheckpointCountMax) return 'overloaded'
    return Buffer.byteLength(text) > checkpointBytesMax ? 'too-large' : null
  }

  #send(message: ProgramMessage): void {
    this.#sendText(JSON.stringify(message))
  }

  #sendText(text: string): void {
    if (this.#state !== 'closed' && this.#socket.writable) this.#socket.write(`${text}\n`)
  }

  #received(bytes: Uint8Array): void {
    this.#reader.read(bytes, (line) => {
      if (this.#state === 'registered' && this.#early) this.#early.push(line)
      else this.#said(JSON.parse(line) as NodeMessage)
      return this.#state !== 'closed'
    })
    if (this.#reader.error) this.#socket.destroy(new Error(`from the node: ${this.#reader.error}`))
  }

  #said(message: NodeMessage): void {
    switch (message.type) {
      case 'registered':
        this.#state = 'registered'
        this.#protocol = message.protocol
        this.#registration.resolve()
        setImmediate(() => this.#begin())
        break
      case 'register.refused':
        this.#state = 'closed'
        this.#registration.reject(new RegisterError(message.code, message.detail))
        break
      case 'role':
        void this.#take(message)
        break
      case 'peers':
        this.#introduced(message)
        break
      case 'checkpoint':
        void this.#checkpointed(message)
        break
      case 'checkpoint.done':
        this.#answered(message.id)?.resolve()
        break
      case 'checkpoint.failed':
        this.#answered(message.id)?.reject(new CheckpointError(message.code, message))
        break
      case 'lease':
        this.#lease = message.untilUnixMs === null ? null : { ...message, untilUnixMs: message.untilUnixMs }
        this.#handlers.onLease?.()
        break
      case 'reset':
      case 'selfTest':
        void this.#run(message)
        break
      case 'proxied.start': {
        const { type: _, ...start } = message
        this.#handlers.onProxiedStart?.(start)
        break
      }
      case 'record.refused': {
        const { type: _, ...refused } = message
        this.#handlers.onRecordRefused?.(refused)
        break
      }
      case 'stop':
        this.#handlers.onStop?.({ timeLimitMs: message.timeLimitMs })
        break
      case 'protocol.error':
        // A fault of this client, not of the program: say so loudly rather than go on half-heard.
        this.#socket.destroy(new Error(`${message.code}: ${message.detail}`))
        break
    }
  }

  #begin(): void {
    const early = this.#early ?? []
    this.#early = null
    for (const line of early) if (this.#state === 'registered') this.#said(JSON.parse(line) as NodeMessage)
  }

  async #take({ id, type: _, ...command }: RoleMessage): Promise<void> {
    const held = this.#heldFor(command)
    if (command.component === undefined) this.#latest = held
    const signal = held.told(command)
    try {
      await this.#handlers.onRole({ ...command, signal })
      if (!signal.aborted) this.#send({ type: 'ready', id })
    } catch (error) {
      const [code, detail] = [codeOf(error, 'role.failed'), detailOf(error)]
      if (!signal.aborted) this.#send({ type: 'failed', id, code, detail })
    }
  }

  async #run({ type, id, timeLimitMs }: ErrandMessage): Promise<void> {
    const handler = (type === 'reset' ? this.#handlers.onReset : this.#handlers.onSelfTest)?.bind(this.#handlers)
    try {
      if (!handler) throw new RolecallError('unsupported', `this program knows no ${type}`)
      await handler({ timeLimitMs })
      this.#send({ type: 'ready', id })
    } catch (error) {
      this.#send({ type: 'failed', id, code: codeOf(error, `${type}.failed`), detail: detailOf(error) })
    }
  }

  #introduced({ type: _, ...change }: PeersMessage): void {
    this.#heldFor({ role: 'offline', ...change }).peers = change.peers
    this.#handlers.onPeers?.(change)
  }

  #heldFor({ component, ...said }: HeldRole & { readonly component?: ComponentId }): Held {
    const name = component ?? said.assignment
    const held = this.#held.get(name) ?? new Held(said)
    this.#held.set(name, held)
    if (component === undefined) this.#latest ??= held
    return held
  }

  async #checkpointed({ id, type: _, ...checkpoint }: CheckpointMessage): Promise<void> {
    try {
      if (!this.#handlers.onCheckpoint) throw new RolecallError('no-checkpoints', 'this program takes none')
      await this.#handlers.onCheckpoint(checkpoint)
      this.#send({ type: 'accepted', id })
    } catch (error) {
      this.#send({ type: 'refused', id, code: codeOf(error, 'failed') })
    }
  }

  #answered(id: number): OpenCheckpoint | undefined {
    const open = this.#open.get(id)
    this.#open.delete(id)
    return open
  }

  /** The socket is gone, and nobody here wanted that. */
  #closed(why: string): void {
    this.#socket.destroy()
    if (this.#state === 'closed') return
    const wasRegistered = this.#state === 'registered'
    this.#end(new CheckpointError('disconnected', { to: null }))
    if (wasRegistered) this.#handlers.onDisconnected?.()
    else this.#registration.reject(new RegisterError('unreachable', why))
  }

  #end(error: CheckpointError): void {
    this.#state = 'closed'
    for (const held of this.#held.values()) held.abort()
    for (const { reject } of this.#open.values()) reject(error)
    this.#open.clear()
  }
}
