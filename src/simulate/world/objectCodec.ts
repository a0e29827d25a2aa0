/**
 * A codec for simulated wires: messages are handed over as they are, which saves most of what a simulation would spend on them.
 * The bytes name the message and are about as many as they would be, so that what is long still travels in pieces. Sharing is
 * safe since nobody writes to a message. Some runs use the real codec instead (simulation.ts).
 */
import type { Codec } from '../../wire/codec.ts'
import { asBuffer } from '../../wire/safeInteger.ts'

/** Of messages that were taken once so many are kept: a channel that is given up tells what was in it. */
const takenCountMax = 4096
const headerBytes = 8

export class ObjectCodecs {
  readonly #messages = new Map<number, unknown>()
  readonly #taken: number[] = new Array(takenCountMax).fill(0)
  #takenCount = 0
  #lastId = 0

  of<Message>(): Codec<Message> {
    return {
      encode: (message) => {
        this.#lastId += 1
        this.#messages.set(this.#lastId, message)
        const bytes = Buffer.alloc(headerBytes + lengthOf(message))
        bytes.writeDoubleBE(this.#lastId, 0)
        return bytes
      },
      decode: (bytes) => {
        const id = asBuffer(bytes).readDoubleBE(0)
        const message = this.#messages.get(id)
        if (message === undefined) return null
        this.#forgetLater(id)
        return message as Message
      },
    }
  }

  #forgetLater(id: number): void {
    const place = this.#takenCount % takenCountMax
    this.#takenCount += 1
    this.#messages.delete(this.#taken[place]!)
    this.#taken[place] = id
  }
}

/** About as long as msgpack would make it. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 1
  if (typeof value !== 'object' || value === null) return 3
  if (value instanceof Uint8Array) return value.length + 3
  let length = 1
  if (Array.isArray(value)) for (const one of value) length += lengthOf(one)
  else for (const key in value) length += key.length + 1 + lengthOf((value as Record<string, unknown>)[key])
  return length
}
