/** The same few names come again and again in what is read in place: each is made a string once. */
import { asBuffer } from './safeInteger.ts'

/** More names than a cluster has nodes, by far; at the bound all are forgotten, and made anew as they come. */
const countMax = 1024

export class Names {
  readonly #byHash = new Map<number, string>()

  /** The UTF-8 string in `length` bytes from `start` on; one that is not all ASCII is made anew each time. */
  at(bytes: Uint8Array, start: number, length: number): string {
    let hash = length
    for (let place = start; place < start + length; place++) hash = (Math.imul(hash, 31) + bytes[place]!) | 0
    const known = this.#byHash.get(hash)
    if (known !== undefined && isAt(known, bytes, start, length)) return known
    const name = asBuffer(bytes).toString('utf8', start, start + length)
    if (this.#byHash.size >= countMax) this.#byHash.clear()
    this.#byHash.set(hash, name)
    return name
  }
}

function isAt(name: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (name.length !== length) return false
  for (let place = 0; place < length; place++) if (name.charCodeAt(place) !== bytes[start + place]) return false
  return true
}
