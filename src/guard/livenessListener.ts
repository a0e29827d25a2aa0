/** The side that is watched: listens on each own link and tells every guard that dials how this node is. */
import { getLogger } from '@logtape/logtape'
import type { Socket, TCPSocketListener } from 'bun'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import { formatState, type Greeting, LineReader, parseGreeting } from './livenessMessages.ts'

const logger = getLogger(['rolecall', 'guard'])

/** One that dials must greet within this time. */
const greetingTimeoutMs = 2000
/** A connection more is dropped: it comes from nobody who belongs here. */
const connectionCountMax = 256

export interface LivenessListenerOptions {
  readonly cluster: string
  readonly node: string
  readonly key: Buffer
  readonly links: readonly LinkAddress[]
  /** A guard greeted: perhaps one that was not there before. */
  readonly onGreeting: (greeting: Greeting) => void
}

interface Caller {
  readonly reader: LineReader
  nonce: string | null
  sequence: number
  timer: Timer | null
}

export class LivenessListener {
  readonly #options: LivenessListenerOptions
  readonly #listeners: TCPSocketListener<Caller>[] = []
  readonly #callers = new Set<Socket<Caller>>()
  #incarnation: number
  #isAlive = true

  /** Throws when one of the links cannot be listened on. */
  constructor(options: LivenessListenerOptions, incarnation: number) {
    this.#options = options
    this.#incarnation = incarnation
    try {
      for (const link of options.links) this.#listeners.push(this.#listen(link))
    } catch (error) {
      this.close()
      throw error
    }
  }

  say({ incarnation, isAlive }: { incarnation: number; isAlive: boolean }): void {
    this.#incarnation = incarnation
    this.#isAlive = isAlive
    for (const socket of this.#callers) this.#sayTo(socket)
  }

  close(): void {
    for (const listener of this.#listeners) listener.stop(true)
    for (const socket of this.#callers) if (socket.data.timer) clearTimeout(socket.data.timer)
    this.#callers.clear()
  }

  #listen({ host, port }: LinkAddress): TCPSocketListener<Caller> {
    return Bun.listen<Caller>({
      hostname: host,
      port,
      socket: {
        open: (socket) => this.#opened(socket),
        data: (socket, piece) => this.#heard(socket, piece),
        close: (socket) => this.#closed(socket),
        error: (_, error) => logger.debug('a liveness connection failed: {error}', { error: error.message }),
      },
    })
  }

  #opened(socket: Socket<Caller>): void {
    socket.data = { reader: new LineReader(), nonce: null, sequence: 0, timer: null }
    if (this.#callers.size >= connectionCountMax) {
      socket.terminate()
      return
    }
    this.#callers.add(socket)
    socket.data.timer = setTimeout(() => socket.terminate(), greetingTimeoutMs)
  }

  #closed(socket: Socket<Caller>): void {
    if (socket.data.timer) clearTimeout(socket.data.timer)
    this.#callers.delete(socket)
  }

  #heard(socket: Socket<Caller>, piece: Uint8Array): void {
    const caller = socket.data
    const lines = caller.reader.take(piece)
    if (lines?.length === 0) return
    const greeting = lines?.length === 1 && caller.nonce === null ? parseGreeting(lines[0]!) : null
    if (greeting?.cluster !== this.#options.cluster) {
      logger.debug('refused a liveness connection from {address}', { address: socket.remoteAddress })
      socket.terminate()
      return
    }
    if (caller.timer) clearTimeout(caller.timer)
    caller.nonce = greeting.nonce
    this.#sayTo(socket)
    this.#options.onGreeting(greeting)
  }

  #sayTo(socket: Socket<Caller>): void {
    const caller = socket.data
    if (caller.nonce === null) return
    const { cluster, node, key } = this.#options
    caller.sequence += 1
    const message = { cluster, node, incarnation: this.#incarnation, isAlive: this.#isAlive, sequence: caller.sequence }
    const line = formatState(message, { key, nonce: caller.nonce })
    // One who does not read what little is said is of no use, and is not waited for.
    if (socket.write(line) < line.length) socket.terminate()
  }
}
