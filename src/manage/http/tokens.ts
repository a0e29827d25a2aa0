/** Tokens, of which only the SHA-256 is ever kept, and who has shown one: bearers, sessions of the page, and those who guess. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Takes as long for a wrong token as for a right one, whichever of them it is. */
export function isKnown(token: string, digests: readonly Uint8Array[]): boolean {
  const digest = digestOf(token)
  return digests.reduce((isFound, each) => timingSafeEqual(digest, each) || isFound, false)
}

/** 192 bits, in letters that need no quoting. */
export function newToken(): string {
  return randomBytes(24).toString('base64url')
}

const sessionCountMax = 256
const sessionMs = 12 * 60 * 60 * 1000

/** Sign-ins of the page. They end with the node's process, after twelve hours, or, being too many, with the oldest. */
export class Sessions {
  /** The time they end at, by the digest of their secret in hex. */
  readonly #ends = new Map<string, number>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Its secret. */
  begin(): string {
    const secret = newToken()
    if (this.#ends.size >= sessionCountMax) this.#ends.delete(this.#ends.keys().next().value!)
    this.#ends.set(keyOf(secret), this.#nowMs() + sessionMs)
    return secret
  }

  has(secret: string): boolean {
    const endMs = this.#ends.get(keyOf(secret))
    if (endMs === undefined) return false
    if (endMs > this.#nowMs()) return true
    this.end(secret)
    return false
  }

  end(secret: string): void {
    this.#ends.delete(keyOf(secret))
  }
}

/** Looked up by digest: how long the look takes tells nothing of the secret. */
function keyOf(secret: string): string {
  return digestOf(secret).toString('hex')
}

const failureCountMax = 10
const windowMs = 60_000
const addressCountMax = 1024

/**
 * Of each address, so many wrong tokens a minute; then none of it is looked at, right or wrong, until the minute is over. The 2^64
 * addresses of version 6 that one machine may take are one.
 */
export class FailedSignIns {
  readonly #failures = new Map<string, { count: number; sinceMs: number }>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  failed(address: string): void {
    const known = this.#of(address)
    if (known) known.count += 1
    else {
      if (this.#failures.size >= addressCountMax) this.#failures.delete(this.#failures.keys().next().value!)
      this.#failures.set(networkOf(address), { count: 1, sinceMs: this.#nowMs() })
    }
  }

  /** Seconds until it may try again; null: it may. */
  waitSeconds(address: string): number | null {
    const known = this.#of(address)
    if (!known || known.count < failureCountMax) return null
    return Math.ceil((known.sinceMs + windowMs - this.#nowMs()) / 1000)
  }

  #of(address: string): { count: number; sinceMs: number } | null {
    const network = networkOf(address)
    const known = this.#failures.get(network)
    if (known && known.sinceMs + windowMs > this.#nowMs()) return known
    this.#failures.delete(network)
    return null
  }
}

/** The first four groups of an address of version 6; of version 4, also as `::ffff:10.0.0.1`, all of it. */
function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)
  if (mapped) return mapped[1]!
  if (!address.includes(':')) return address
  const [front = '', back] = address.split('::')
  const given = front === '' ? [] : front.split(':')
  const groups = back === undefined ? given : [...given, '0', '0', '0', '0']
  return groups.slice(0, 4).join(':')
}
