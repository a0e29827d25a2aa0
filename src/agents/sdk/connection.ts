/**
 * One program's connection as lines: cut from whatever pieces arrive, and written with a bounded backlog. A program that
 * does not read is disconnected when the backlog is full: it would miss a role command sooner or later anyway.
 */
import type { Socket } from 'bun'
import { LineReader } from '../../sdk/lines.ts'
import type { NodeMessage, ProtocolErrorCode } from '../../sdk/protocol.ts'

export interface ConnectionOptions {
  readonly backlogBytesMax: number
  readonly onLine: (line: string) => void
  /** Called once, in a turn of its own. */
  readonly onClose: () => void
}

export class Connection {
  readonly #socket: Socket<unknown>
  readonly #options: ConnectionOptions
  readonly #reader = new LineReader()
  #backlog: Uint8Array[] = []
  #backlogBytes = 0
  #isClosed = false
  #isEnding = false

  constructor(socket: Socket<unknown>, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  send(message: NodeMessage): void {
    this.sendText(JSON.stringify(message))
  }

  /** A message that is JSON text already, without a newline in it. */
  sendText(text: string): void {
    if (this.#isClosed || this.#isEnding) return
    const bytes = Buffer.from(`${text}\n`)
    if (this.#backlogBytes + bytes.length > this.#options.backlogBytesMax) {
      this.close()
      return
    }
    this.#backlog.push(bytes)
    this.#backlogBytes += bytes.length
    if (this.#backlog.length === 1) this.drained()
  }

  /** Says what is wrong and ends the connection. */
  fail(code: ProtocolErrorCode, detail: string): void {
    this.send({ type: 'protocol.error', code, detail })
    this.end()
  }

  /** Closes after what was sent has left, as far as the program reads it; nothing more is read or sent. */
  end(): void {
    this.#isEnding = true
    if (this.#backlog.length === 0) this.close()
  }

  close(): void {
    if (this.#isClosed) return
    this.closed()
    this.#socket.terminate()
  }

  /** Bytes came. */
  received(bytes: Uint8Array): void {
    if (this.#isClosed || this.#isEnding) return
    this.#reader.read(bytes, (line) => {
      if (line.trim() !== '') this.#options.onLine(line)
      return !this.#isClosed && !this.#isEnding
    })
    if (this.#reader.error === 'line-too-long') this.fail('line-too-long', 'a line is at most 1 MiB')
    if (this.#reader.error === 'not-utf-8') this.fail('not-json', 'a line is UTF-8')
  }

  /** The socket takes more. */
  drained(): void {
    while (!this.#isClosed) {
      const first = this.#backlog[0]
      if (first === undefined) break
      const writtenCount = this.#socket.write(first)
      if (writtenCount < 0) {
        this.close()
        return
      }
      this.#backlogBytes -= writtenCount
      if (writtenCount < first.length) {
        this.#backlog[0] = first.subarray(writtenCount)
        return
      }
      this.#backlog.shift()
    }
    if (this.#isEnding) this.close()
  }

  /** The socket is gone. */
  closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#backlog = []
    setImmediate(this.#options.onClose)
  }
}
