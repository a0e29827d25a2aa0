/**
 * Plain data as msgpack into one buffer that grows and is used again. What comes out is what `@msgpack/msgpack` with
 * `ignoreUndefined` writes, which is what reads it; a record takes half the time of that (`bench/recorder.ts`), and the recorder
 * is paid by every step of every machine.
 */
const depthMax = 100
const keyCountMax = 4096
const cachedLengthMax = 64

const utf8 = new TextEncoder()

export class Packer {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  #offset = 0
  /** Texts come again and again: names of fields, of events, of states. Forgotten all at once when there are too many. */
  readonly #texts = new Map<string, Uint8Array>()

  begin(): void {
    this.#offset = 0
  }

  /** What was packed since `begin`: valid until the next. */
  end(): Uint8Array {
    return this.#bytes.subarray(0, this.#offset)
  }

  arrayHead(length: number): void {
    this.#need(5)
    if (length < 16) this.#bytes[this.#offset++] = 0x90 | length
    else this.#head(0xdc, length)
  }

  nil(): void {
    this.#need(1)
    this.#bytes[this.#offset++] = 0xc0
  }

  /** Throws for what is not plain data (a function, a symbol, a bigint) and for nesting beyond 100. */
  value(value: unknown, depth = 0): void {
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') this.number(value)
    else if (value === null || value === undefined) this.nil()
    else if (typeof value === 'boolean') {
      this.#need(1)
      this.#bytes[this.#offset++] = value ? 0xc3 : 0xc2
    } else if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot be recorded`)
    else if (depth >= depthMax) throw new RangeError(`data nested deeper than ${depthMax} cannot be recorded`)
    else if (Array.isArray(value)) {
      this.arrayHead(value.length)
      for (let index = 0; index < value.length; index += 1) this.value(value[index], depth + 1)
    } else this.#map(value as Record<string, unknown>, depth)
  }

  number(value: number): void {
    this.#need(9)
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#bytes[this.#offset] = 0xcb
      this.#view.setFloat64(this.#offset + 1, value)
      this.#offset += 9
    } else if (value >= 0) this.#positive(value)
    else this.#negative(value)
  }

  #positive(value: number): void {
    if (value < 0x80) this.#bytes[this.#offset++] = value
    else if (value < 0x100) {
      this.#bytes[this.#offset++] = 0xcc
      this.#bytes[this.#offset++] = value
    } else if (value < 0x10000) {
      this.#bytes[this.#offset] = 0xcd
      this.#view.setUint16(this.#offset + 1, value)
      this.#offset += 3
    } else if (value < 0x1_0000_0000) {
      this.#bytes[this.#offset] = 0xce
      this.#view.setUint32(this.#offset + 1, value)
      this.#offset += 5
    } else {
      this.#bytes[this.#offset] = 0xcf
      this.#view.setUint32(this.#offset + 1, Math.floor(value / 0x1_0000_0000))
      this.#view.setUint32(this.#offset + 5, value >>> 0)
      this.#offset += 9
    }
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#bytes[this.#offset++] = value & 0xff
    else if (value >= -0x8000_0000) {
      this.#bytes[this.#offset] = 0xd2
      this.#view.setInt32(this.#offset + 1, value)
      this.#offset += 5
    } else {
      this.#bytes[this.#offset] = 0xd3
      this.#view.setBigInt64(this.#offset + 1, BigInt(value))
      this.#offset += 9
    }
  }

  text(text: string): void {
    if (text.length > cachedLengthMax) return this.#writeText(text)
    const known = this.#texts.get(text)
    if (known === undefined) {
      const start = this.#offset
      this.#writeText(text)
      if (this.#texts.size >= keyCountMax) this.#texts.clear()
      this.#texts.set(text, this.#bytes.slice(start, this.#offset))
      return
    }
    const { length } = known
    this.#need(length)
    // Most are so short that a loop is faster than a call.
    if (length > 24) this.#bytes.set(known, this.#offset)
    else for (let index = 0; index < length; index += 1) this.#bytes[this.#offset + index] = known[index]!
    this.#offset += length
  }

  #writeText(text: string): void {
    this.#need(5 + text.length * 3)
    // The head's size follows from the length in bytes, which is known for certain only where no character takes more than one.
    const length = Buffer.byteLength(text)
    if (length < 32) this.#bytes[this.#offset++] = 0xa0 | length
    else if (length < 0x100) {
      this.#bytes[this.#offset++] = 0xd9
      this.#bytes[this.#offset++] = length
    } else this.#head(0xda, length)
    utf8.encodeInto(text, this.#bytes.subarray(this.#offset))
    this.#offset += length
  }

  #map(map: Record<string, unknown>, depth: number): void {
    let count = 0
    for (const key in map) if (map[key] !== undefined) count += 1
    this.#need(5)
    if (count < 16) this.#bytes[this.#offset++] = 0x80 | count
    else this.#head(0xde, count)
    for (const key in map) {
      const value = map[key]
      if (value === undefined) continue
      this.text(key)
      this.value(value, depth + 1)
    }
  }

  /** With a length of 16 bits, or of 32 under the next number. */
  #head(kind: number, length: number): void {
    if (length < 0x10000) {
      this.#bytes[this.#offset] = kind
      this.#view.setUint16(this.#offset + 1, length)
      this.#offset += 3
    } else {
      this.#bytes[this.#offset] = kind + 1
      this.#view.setUint32(this.#offset + 1, length)
      this.#offset += 5
    }
  }

  #need(byteCount: number): void {
    const needed = this.#offset + byteCount
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#offset))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
