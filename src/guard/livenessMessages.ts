/**
 * What two guards say on a liveness connection: lines of JSON. Whoever dialled greets with a nonce; the other side answers
 * with its node's state and says each change of it, every line authenticated over that nonce, so that nobody without the
 * cluster's secret can declare a node dead, nor repeat what was once true.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** A longer line ends the connection. */
export const lineLengthMax = 1024

/** Plain: the dialler is believed nothing, it only shows that it may be worth a call back. */
const greeting = z.strictObject({
  cluster: z.string(),
  node: z.string(),
  incarnation: z.number().int().nonnegative(),
  nonce: z.string().min(16).max(64),
})

/** `isAlive: false`: of this life of the node no process is left; the guard itself may well live on. */
const state = z.strictObject({
  cluster: z.string(),
  node: z.string(),
  incarnation: z.number().int().nonnegative(),
  isAlive: z.boolean(),
  /** Counts the lines of a connection, from 1. */
  sequence: z.number().int().positive(),
})

export type Greeting = z.infer<typeof greeting>
export type NodeState = z.infer<typeof state>

const sealed = z.strictObject({ body: z.string(), mac: z.string().length(64) })

/** `secret` null: derived from the cluster's name, which keeps clusters apart and nobody out. */
export function livenessKey({ cluster, secret }: { cluster: string; secret: string | null }): Buffer {
  return createHmac('sha256', 'rolecall liveness 1')
    .update(JSON.stringify([cluster, secret]))
    .digest()
}

export function formatGreeting(message: Greeting): string {
  return `${JSON.stringify(message)}\n`
}

/** null: not a greeting. */
export function parseGreeting(line: string): Greeting | null {
  return greeting.safeParse(parseJson(line)).data ?? null
}

export function formatState(message: NodeState, at: { key: Buffer; nonce: string }): string {
  const body = JSON.stringify(message)
  return `${JSON.stringify({ body, mac: macOf(body, at).toString('hex') })}\n`
}

/** null: not a state, or not from one who has the key. */
export function parseState(line: string, at: { key: Buffer; nonce: string }): NodeState | null {
  const envelope = sealed.safeParse(parseJson(line)).data
  if (!envelope) return null
  const mac = Buffer.from(envelope.mac, 'hex')
  const expected = macOf(envelope.body, at)
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return null
  return state.safeParse(parseJson(envelope.body)).data ?? null
}

function macOf(body: string, { key, nonce }: { key: Buffer; nonce: string }): Buffer {
  return createHmac('sha256', key).update(`${nonce} ${body}`).digest()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is not JSON is refused by the schema like all else that is not a message.
    return undefined
  }
}

/** Cuts a stream into lines; null when one is too long. */
export class LineReader {
  #rest = ''

  take(piece: Uint8Array): string[] | null {
    const lines = (this.#rest + Buffer.from(piece).toString('latin1')).split('\n')
    this.#rest = lines.pop()!
    const isBounded = this.#rest.length <= lineLengthMax && lines.every((line) => line.length <= lineLengthMax)
    return isBounded ? lines.map((line) => Buffer.from(line, 'latin1').toString()) : null
  }
}
