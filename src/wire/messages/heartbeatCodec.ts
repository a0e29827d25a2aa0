/**
 * Heartbeats as bytes, written and read in place: at 50 a second to and from each peer on each link it is the hottest message
 * there is (0.5 µs both ways; as msgpack: 4 µs).
 *
 *     format 1 | newest format the sender reads 1 | epoch 8 | sentAtMs 8 | commitIndex 8 | leader | vice
 *     | count 1, echoes: name, sentAtMs 8, incarnation 8, epoch 8, leader, granting 1
 *     | count 1, heard: name, agoMs 8 | progress 8 (from format 2 on)
 *
 * Numbers are IEEE 754 doubles, big-endian; names are a length of one byte and that much ASCII, length 0 stands for null.
 *
 * Formats are negotiated for each peer: what it is sent is the newest that both read, the oldest until it has been heard. So
 * nodes of neighbouring releases hear each other, and a release can add a field once.
 */
import type { NodeName } from '../../../machines/model/ids.ts'
import { Names } from '../names.ts'
import { type Echo, type Heartbeat, heartbeatNodeCountMax, nodeNameLengthMax } from './heartbeat.ts'

export interface HeartbeatFormats {
  readonly oldest: number
  readonly newest: number
}

/** What this release reads and writes. */
export const heartbeatFormats: HeartbeatFormats = { oldest: 1, newest: 2 }

export interface HeartbeatCodec {
  /** The bytes are only lent: the next call overwrites them. */
  encode(heartbeat: Heartbeat, to: NodeName): Uint8Array
  /** The heartbeat, or null if the bytes are anything else. Never throws. */
  decode(bytes: Uint8Array, from: NodeName): Heartbeat | null
  /** The newest format that this peer said it reads; null: not heard yet. */
  newestOf(peer: NodeName): number | null
}

/** Header, two names, and the most there can be of both records. */
const bytesMax = 64 + 2 * (1 + nodeNameLengthMax) + heartbeatNodeCountMax * (4 * (1 + nodeNameLengthMax) + 40)

export function createHeartbeatCodec(formats: HeartbeatFormats = heartbeatFormats): HeartbeatCodec {
  const newest = new Map<NodeName, number>()
  const writer = new Writer(bytesMax)
  const reader = new Reader()

  return {
    encode(heartbeat, to) {
      const format = Math.min(formats.newest, newest.get(to) ?? formats.oldest)
      return writer.write(heartbeat, format, formats.newest)
    },
    decode(bytes, from) {
      const read = reader.read(bytes, formats)
      if (read === null) return null
      newest.set(from, read.newest)
      return read.heartbeat
    },
    newestOf: (peer) => newest.get(peer) ?? null,
  }
}

class Writer {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #end = 0

  constructor(lengthBytes: number) {
    this.#bytes = new Uint8Array(lengthBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  write(heartbeat: Heartbeat, format: number, newest: number): Uint8Array {
    const { epoch, leader, vice, sentAtMs, echoes, hears, commitIndex, progress } = heartbeat
    this.#end = 0
    this.#byte(format)
    this.#byte(newest)
    this.#number(epoch)
    this.#number(sentAtMs)
    this.#number(commitIndex)
    this.#name(leader)
    this.#name(vice)
    this.#record(echoes, (echo) => this.#echo(echo))
    this.#record(hears, (agoMs) => this.#number(agoMs))
    if (format >= 2) this.#number(progress)
    return this.#bytes.subarray(0, this.#end)
  }

  #record<Value>(record: Readonly<Record<NodeName, Value>>, write: (value: Value) => void): void {
    const countAt = this.#end
    let count = 0
    this.#byte(0)
    for (const name in record) {
      count += 1
      this.#name(name)
      write(record[name]!)
    }
    if (count > heartbeatNodeCountMax) throw new RangeError(`${count} nodes in a heartbeat`)
    this.#bytes[countAt] = count
  }

  #echo({ sentAtMs, incarnation, epoch, leader, granting }: Echo): void {
    this.#number(sentAtMs)
    this.#number(incarnation)
    this.#number(epoch)
    this.#name(leader)
    this.#byte(granting ? 1 : 0)
  }

  #byte(value: number): void {
    this.#bytes[this.#end] = value
    this.#end += 1
  }

  #number(value: number): void {
    this.#view.setFloat64(this.#end, value)
    this.#end += 8
  }

  #name(name: NodeName | null): void {
    const length = name?.length ?? 0
    if (length > nodeNameLengthMax) throw new RangeError(`'${name}' is too long a name of a node`)
    this.#byte(length)
    for (let place = 0; place < length; place++) this.#byte(name!.charCodeAt(place))
  }
}

class Reader {
  readonly #names = new Names()
  /** What is read is copied here first: a view of its own for each heartbeat costs as much as reading it. */
  readonly #bytes = new Uint8Array(bytesMax)
  readonly #view = new DataView(this.#bytes.buffer)
  #length = 0
  #end = 0
  #isSound = true

  read(bytes: Uint8Array, { oldest, newest }: HeartbeatFormats): { heartbeat: Heartbeat; newest: number } | null {
    if (bytes.length > bytesMax) return null
    this.#bytes.set(bytes)
    this.#length = bytes.length
    this.#end = 0
    this.#isSound = true
    const format = this.#byte()
    const newestThere = this.#byte()
    if (format < oldest || format > newest || newestThere < format) return null
    const heartbeat: Heartbeat = {
      type: 'heartbeat',
      epoch: this.#count(),
      sentAtMs: this.#duration(),
      commitIndex: this.#count(),
      leader: this.#name(),
      vice: this.#name(),
      echoes: this.#record(() => this.#echo()),
      hears: this.#record(() => this.#duration()),
      progress: format >= 2 ? this.#count() : 0,
    }
    return this.#isSound && this.#end === bytes.length ? { heartbeat, newest: newestThere } : null
  }

  #record<Value>(read: () => Value): Record<NodeName, Value> {
    const record: Record<NodeName, Value> = {}
    const count = this.#byte()
    if (count > heartbeatNodeCountMax) this.#isSound = false
    for (let place = 0; place < count && this.#isSound; place++) {
      const name = this.#name()
      if (name === null || name === '__proto__' || Object.hasOwn(record, name)) this.#isSound = false
      else record[name] = read()
    }
    return record
  }

  #echo(): Echo {
    return {
      sentAtMs: this.#duration(),
      incarnation: this.#count(),
      epoch: this.#count(),
      leader: this.#name(),
      granting: this.#flag(),
    }
  }

  #byte(): number {
    const at = this.#end
    this.#end += 1
    if (at < this.#length) return this.#bytes[at]!
    this.#isSound = false
    return 0
  }

  #flag(): boolean {
    const value = this.#byte()
    if (value > 1) this.#isSound = false
    return value === 1
  }

  #number(): number {
    const at = this.#end
    this.#end += 8
    if (this.#end > this.#length) {
      this.#isSound = false
      return 0
    }
    return this.#view.getFloat64(at)
  }

  #count(): number {
    const value = this.#number()
    if (!Number.isSafeInteger(value) || value < 0) this.#isSound = false
    return value
  }

  #duration(): number {
    const value = this.#number()
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) this.#isSound = false
    return value
  }

  #name(): NodeName | null {
    const length = this.#byte()
    if (length === 0) return null
    const start = this.#end
    this.#end += length
    if (length > nodeNameLengthMax || this.#end > this.#length) {
      this.#isSound = false
      return null
    }
    return this.#names.at(this.#bytes, start, length)
  }
}
