/** Cuts a stream of bytes into lines of UTF-8, whatever pieces it arrives in. Shared by the node and the client. */
import { lineBytesMax } from './protocol.ts'

export type LineError = 'line-too-long' | 'not-utf-8'

const newline = 0x0a

/**
 * Invariant: what is kept of an unfinished line is shorter than `bytesMax`. After an error nothing more is read: the
 * place where the next line begins is no longer known.
 */
export class LineReader {
  readonly #bytesMax: number
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #pieces: Uint8Array[] = []
  #length = 0
  #error: LineError | null = null

  constructor(bytesMax = lineBytesMax) {
    this.#bytesMax = bytesMax
  }

  get error(): LineError | null {
    return this.#error
  }

  /** Takes bytes; calls back with each line they complete, without its newline. Stops where `onLine` returns false. */
  read(bytes: Uint8Array, onLine: (line: string) => boolean): void {
    let start = 0
    while (this.#error === null) {
      const end = bytes.indexOf(newline, start)
      if (end < 0) {
        this.#keep(bytes.subarray(start))
        return
      }
      const line = this.#finish(bytes.subarray(start, end))
      if (line === null || !onLine(line)) return
      start = end + 1
    }
  }

  #keep(rest: Uint8Array): void {
    if (rest.length === 0) return
    this.#length += rest.length
    // A copy: the caller may use its buffer again.
    if (this.#length < this.#bytesMax) this.#pieces.push(rest.slice())
    else this.#fail('line-too-long')
  }

  #finish(last: Uint8Array): string | null {
    if (this.#length + last.length >= this.#bytesMax) {
      this.#fail('line-too-long')
      return null
    }
    const whole = this.#pieces.length === 0 ? last : concatenate([...this.#pieces, last], this.#length + last.length)
    this.#pieces = []
    this.#length = 0
    try {
      return this.#decoder.decode(whole)
    } catch {
      this.#fail('not-utf-8')
      return null
    }
  }

  #fail(error: LineError): void {
    this.#error = error
    this.#pieces = []
    this.#length = 0
  }
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}
