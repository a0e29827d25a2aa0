/**
 * The side that watches, for one link of one peer: keeps a connection to the peer's guard, and when it breaks, asks at
 * once what that means. It only tells what it saw; livenessPeer.ts judges.
 */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'bun'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { formatGreeting, LineReader, type NodeState, parseState } from './livenessMessages.ts'
import { knock } from './refusal.ts'

/** A connection that has broken is looked into at these intervals, since the peer's kernel may be closing its listener just now. */
const lookDelaysMs = [0, 1, 2, 4, 8, 16]
/** Between two dials of a peer that is not there; doubled up to the maximum. */
const backoffMinMs = 50
const backoffMaxMs = 1000
/** For a connection and for the first word on it. */
const dialTimeoutMs = 1000

export interface LivenessLinkOptions {
  readonly cluster: string
  readonly node: string
  readonly peer: string
  readonly key: Buffer
  readonly address: LinkAddress
  readonly incarnation: () => number
  /** `lost`: how the connection before this one ended, if it did so by the peer's doing. */
  readonly onState: (state: NodeState, lost: 'closed' | 'reset' | null) => void
  /** The peer's kernel says that nobody listens. `lost`: how the connection that was there ended; null: there was none. */
  readonly onRefused: (lost: 'closed' | 'reset' | null) => void
}

interface Call {
  readonly nonce: string
  readonly reader: LineReader
  sequence: number
}

export class LivenessLink {
  readonly #options: LivenessLinkOptions
  #socket: Socket<Call> | null = null
  #isDialling = false
  #isClosed = false
  #timer: Timer | null = null
  #dialCount = lookDelaysMs.length
  /** How the last connection with a word from the peer was ended by the peer, until that has been explained. */
  #lost: 'closed' | 'reset' | null = null
  #heardState = false
  isRefused = false

  constructor(options: LivenessLinkOptions) {
    this.#options = options
    void this.#dial()
  }

  get isUp(): boolean {
    return this.#heardState
  }

  /** Dials now instead of later; anew, if the peer seems to have forgotten the connection (it lost its power meanwhile). */
  renew(): void {
    if (this.#isDialling || this.#isClosed || (this.#socket && !this.#heardState)) return
    this.#drop()
    void this.#dial()
  }

  close(): void {
    this.#isClosed = true
    this.#drop()
  }

  async #dial(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#isDialling = true
    const { address, onRefused } = this.#options
    const answer = await knock(address, { timeoutMs: dialTimeoutMs })
    if (this.#isClosed) return
    this.isRefused = answer === 'refused'
    if (answer === 'refused') {
      const lost = this.#lost
      this.#lost = null
      // A listener that was open an instant ago needs no more looks.
      this.#dialCount = Math.max(this.#dialCount, lookDelaysMs.length)
      onRefused(lost)
    }
    const socket = answer === 'accepted' ? await this.#connect() : null
    this.#isDialling = false
    if (this.#isClosed || socket === null || socket.readyState !== 1) {
      socket?.terminate()
      this.#later()
      return
    }
    this.#socket = socket
    this.#greet(socket)
  }

  async #connect(): Promise<Socket<Call> | null> {
    const { host, port } = this.#options.address
    const call: Call = { nonce: randomBytes(16).toString('hex'), reader: new LineReader(), sequence: 0 }
    const connecting = Bun.connect<Call>({
      hostname: host,
      port,
      data: call,
      socket: {
        data: (socket, piece) => this.#heard(socket, piece),
        close: (socket, error) => this.#closed(socket, error),
        error: () => {},
        connectError: () => {},
      },
    }).catch(() => null)
    const socket = await Promise.race([connecting, Bun.sleep(dialTimeoutMs).then(() => null)])
    if (socket === null) void connecting.then((late) => late?.terminate())
    return socket
  }

  #greet(socket: Socket<Call>): void {
    const { cluster, node, incarnation } = this.#options
    socket.write(formatGreeting({ cluster, node, incarnation: incarnation(), nonce: socket.data.nonce }))
    this.#timer = setTimeout(() => this.#giveUp(), dialTimeoutMs)
  }

  #heard(socket: Socket<Call>, piece: Uint8Array): void {
    const { cluster, peer, key, onState } = this.#options
    for (const line of socket.data.reader.take(piece) ?? ['']) {
      const state = parseState(line, { key, nonce: socket.data.nonce })
      const isForUs = state?.cluster === cluster && state.node === peer && state.sequence === socket.data.sequence + 1
      if (!isForUs) {
        this.#giveUp()
        return
      }
      socket.data.sequence = state.sequence
      if (this.#timer) clearTimeout(this.#timer)
      this.#heardState = true
      this.#dialCount = 0
      const lost = this.#lost
      this.#lost = null
      onState(state, lost)
    }
  }

  /** What answers there is not the peer's guard, or not in time. */
  #giveUp(): void {
    this.#drop()
    this.#dialCount = Math.max(this.#dialCount, lookDelaysMs.length)
    this.#later()
  }

  /** Ended by this side: its close is no news of the peer. */
  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    this.#heardState = false
    if (this.#timer) clearTimeout(this.#timer)
    socket?.terminate()
  }

  #closed(socket: Socket<Call>, error: Error | undefined): void {
    if (this.#socket !== socket) return
    this.#socket = null
    if (this.#heardState)
      this.#lost = (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET' ? 'reset' : 'closed'
    this.#heardState = false
    this.#later()
  }

  #later(): void {
    if (this.#isClosed) return
    const excess = this.#dialCount - lookDelaysMs.length
    const delayMs = lookDelaysMs[this.#dialCount] ?? Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(excess, 10))
    this.#dialCount += 1
    if (this.#timer) clearTimeout(this.#timer)
    if (delayMs === 0) void this.#dial()
    else this.#timer = setTimeout(() => void this.#dial(), delayMs)
  }
}
