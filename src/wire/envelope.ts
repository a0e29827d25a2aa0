/**
 * The plain text of a datagram: who speaks to whom, in which lives of both, and the number of the datagram.
 *
 *     version 1 | kind 1 | sender's incarnation 8 | recipient's incarnation 8 | sequence 8 | sender's mark 4
 *     | length 1, sender | length 1, recipient | body
 *
 * The recipient is in it, so that a datagram caught on the way and played to another node, or to a later life of the
 * same one, is known for what it is.
 */
import type { Incarnation, NodeName } from '../../machines/model/ids.ts'
import { Names } from './names.ts'
import { asBuffer, readSafeInteger, writeSafeInteger } from './safeInteger.ts'

/**
 * message: unreliable, its body msgpack; data, ack: of the reliable channel (`frame.ts`); hello: asks who the recipient
 * is; here: answers with the sender's incarnation, as every datagram does; ended: the life that the recipient calls its own is known
 * to have ended; other: a life of the number that the recipient counts has been heard, and it was another. Those four have no body.
 */
export const envelopeKinds = ['message', 'data', 'ack', 'hello', 'here', 'ended', 'other'] as const

const bodilessKinds: readonly EnvelopeKind[] = ['hello', 'here', 'ended', 'other']

export type EnvelopeKind = (typeof envelopeKinds)[number]

export interface Envelope {
  readonly kind: EnvelopeKind
  readonly sender: NodeName
  /** At least 1. */
  readonly senderIncarnation: Incarnation
  readonly recipient: NodeName
  /** The life of the recipient that the sender means; 0: it does not know one. */
  readonly recipientIncarnation: Incarnation
  /** Counts the datagrams from this sender to this recipient, from 1; the copies on all links have the same. */
  readonly sequence: number
  /** Drawn by chance for each life, below 2^32: tells two lives of one number apart. 0: none. */
  readonly senderMark: number
  readonly body: Uint8Array
}

const version = 2
const fixedBytes = 30
const nameBytesMax = 255

/** Length of an envelope without its body. */
export function envelopeOverheadBytes({ sender, recipient }: { sender: NodeName; recipient: NodeName }): number {
  return fixedBytes + 2 + Buffer.byteLength(sender) + Buffer.byteLength(recipient)
}

/** Throws a RangeError for names over 255 bytes: a programming error, the configuration allows none. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { sender, recipient, body } = envelope
  const bytes = Buffer.allocUnsafe(envelopeOverheadBytes(envelope) + body.length)
  bytes[0] = version
  bytes[1] = envelopeKinds.indexOf(envelope.kind)
  writeSafeInteger(bytes, envelope.senderIncarnation, 2)
  writeSafeInteger(bytes, envelope.recipientIncarnation, 10)
  writeSafeInteger(bytes, envelope.sequence, 18)
  bytes.writeUInt32BE(envelope.senderMark, 26)
  const recipientOffset = writeName(bytes, sender, fixedBytes)
  const bodyOffset = writeName(bytes, recipient, recipientOffset)
  bytes.set(body, bodyOffset)
  return bytes
}

/** The envelope, its body a view of `plain`; null when anything is off. Never throws. */
export function parseEnvelope(plain: Uint8Array): Envelope | null {
  const bytes = asBuffer(plain)
  if (bytes.length < fixedBytes || bytes[0] !== version) return null
  const kind = envelopeKinds[bytes[1]!]
  const senderIncarnation = readSafeInteger(bytes, 2)
  const recipientIncarnation = readSafeInteger(bytes, 10)
  const sequence = readSafeInteger(bytes, 18)
  if (kind === undefined || !senderIncarnation || recipientIncarnation === null || !sequence) return null
  const sender = readName(bytes, fixedBytes)
  if (sender === null) return null
  const recipient = readName(bytes, sender.end)
  if (recipient === null) return null
  const body = bytes.subarray(recipient.end)
  if (body.length > 0 && bodilessKinds.includes(kind)) return null
  return {
    kind,
    sender: sender.name,
    senderIncarnation,
    recipient: recipient.name,
    recipientIncarnation,
    sequence,
    senderMark: bytes.readUInt32BE(26),
    body,
  }
}

function writeName(bytes: Buffer, name: NodeName, offset: number): number {
  const length = Buffer.byteLength(name)
  if (length === 0 || length > nameBytesMax) throw new RangeError(`'${name}' is no name of a node: 1 to 255 bytes`)
  bytes[offset] = length
  return offset + 1 + bytes.write(name, offset + 1)
}

const names = new Names()

/** Bytes that are not UTF-8 give a name that no node has, so they need no check of their own. */
function readName(bytes: Buffer, offset: number): { name: NodeName; end: number } | null {
  const length = bytes[offset]
  if (!length) return null
  const end = offset + 1 + length
  return end > bytes.length ? null : { name: names.at(bytes, offset + 1, length), end }
}
