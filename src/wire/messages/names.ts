/** The same few names come again and again in what is read in place: each is made a string once. */

/** More names than a cluster has nodes, by far; at the bound all are forgotten, and made anew as they come. */
const countMax = 1024

export class Names {
  readonly #byHash = new Map<number, string>()

  /** The ASCII string in `length` bytes from `start` on. Other bytes give a string that is no node's name. */
  at(bytes: Uint8Array, start: number, length: number): string {
    let hash = length
    for (let place = start; place < start + length; place++) hash = (Math.imul(hash, 31) + bytes[place]!) | 0
    const known = this.#byHash.get(hash)
    if (known !== undefined && isAt(known, bytes, start, length)) return known
    const name = String.fromCharCode(...bytes.subarray(start, start + length))
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
