/**
 * What the repository takes (SPEC D5: it is light), and what each refusal says. Everything is held in memory on every node and written to
 * every disk, so it is for configuration and coordination, not for data.
 */
import type { Change, Condition } from '../../machines/logic/replicatedLog.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import { changeCountMax } from '../wire/messages/consensus.ts'
import { commandBytesMax } from './entry.ts'

export const keyBytesMax = 512
/** Of one value, as msgpack. */
export const valueBytesMax = 24 * 1024
/** Of one transaction with its conditions, as msgpack: it travels in one datagram. */
export const transactionBytesMax = commandBytesMax
export { changeCountMax }
/** Of all keys and values together. The master refuses what would go beyond; what the cluster itself keeps is not refused. */
export const treeBytesMax = 64 * 1024 * 1024
export const treeKeyCountMax = 100_000

/** Names that only the cluster itself writes. */
export const reservedNames: readonly string[] = ['cluster', 'intent', 'lock', 'state']

export interface Transaction {
  readonly conditions: readonly Condition[]
  /** A value of null deletes its key. */
  readonly changes: readonly Change[]
}

/** `invalid`: can never be taken. `too-large`: as it is. `reserved`: not from users. `quota`: not now. */
export interface LimitRefusal {
  readonly code: 'invalid' | 'too-large' | 'reserved' | 'quota'
  readonly text: string
}

const sizes = new WeakMap<Change, number>()

/** What a key with its value takes, measured once. */
export function entrySizeBytes(entry: Change): number {
  const known = sizes.get(entry)
  if (known !== undefined) return known
  const sizeBytes = Buffer.byteLength(entry.key) + encodeBody(entry.value).length
  sizes.set(entry, sizeBytes)
  return sizeBytes
}

/** Why the key cannot be one, or null. */
export function problemOfKey(key: string): string | null {
  if (key === '') return 'a key must not be empty'
  const shown = JSON.stringify(key.length > 64 ? `${key.slice(0, 61)}...` : key)
  if (!key.isWellFormed() || hasControlCharacter(key)) return `key ${shown} has a character that is no text`
  const bytes = Buffer.byteLength(key)
  if (bytes > keyBytesMax) return `key ${shown} has ${bytes} bytes, ${keyBytesMax} is the most`
  if (key.split('/').includes('')) return `key ${shown} has an empty name between, before or after its slashes`
  return null
}

/** Why a user's transaction is not taken, whatever the repository holds; or null. The first problem found. */
export function refusalOf({ conditions, changes }: Transaction): LimitRefusal | null {
  if (changes.length === 0) return { code: 'invalid', text: 'a transaction needs at least one change' }
  for (const [what, { length }] of [['changes', changes] as const, ['conditions', conditions] as const])
    if (length > changeCountMax) return { code: 'too-large', text: `${length} ${what}, ${changeCountMax} is the most` }
  for (const { key } of [...changes, ...conditions]) {
    const text = problemOfKey(key)
    if (text !== null) return { code: 'invalid', text }
  }
  for (const { key } of changes) {
    const [name] = key.split('/')
    if (reservedNames.includes(name!)) return { code: 'reserved', text: `${key}: '${name}' is the cluster's own` }
  }
  for (const change of changes) {
    const refusal = refusalOfValue(change)
    if (refusal !== null) return refusal
  }
  const bytes = transactionSizeBytes({ conditions, changes })
  return bytes > transactionBytesMax
    ? { code: 'too-large', text: `the transaction has ${bytes} bytes, ${transactionBytesMax} is the most` }
    : null
}

export function transactionSizeBytes({ conditions, changes }: Transaction): number {
  return encodeBody({ type: 'set', entries: changes, conditions }).length
}

/** Whether there is room for it; null: there is. What only deletes always has. */
export function quotaRefusalOf(of: { keyCount: number; sizeBytes: number }): LimitRefusal | null {
  const why =
    of.keyCount > treeKeyCountMax
      ? `${treeKeyCountMax} keys`
      : of.sizeBytes > treeBytesMax
        ? `${treeBytesMax / 1024 / 1024} MiB`
        : null
  return why === null
    ? null
    : { code: 'quota', text: `the repository is full: it holds at most ${why}; delete something` }
}

function refusalOfValue({ key, value }: Change): LimitRefusal | null {
  const what = problemOfValue(value)
  if (what !== null) return { code: 'invalid', text: `${key}: ${what} cannot be kept` }
  const bytes = sizeOf(value)
  if (bytes === null)
    return { code: 'invalid', text: `${key}: the value is nested too deep, or has a name that cannot be kept` }
  return bytes > valueBytesMax
    ? { code: 'too-large', text: `${key}: the value has ${bytes} bytes, ${valueBytesMax} is the most` }
    : null
}

/** null: it would not be read back as it was written. */
function sizeOf(value: unknown): number | null {
  try {
    const bytes = encodeBody(value)
    return decodeBody(bytes) === undefined ? null : bytes.length
  } catch {
    // The encoder throws for what is nested too deep.
    return null
  }
}

/** Numbers, texts, bytes, truth values, lists and maps of them go in; nothing that another language would read as something else. */
function problemOfValue(value: unknown, depth = 0): string | null {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return null
  if (typeof value === 'string') return value.isWellFormed() ? null : 'half of a character'
  if (typeof value !== 'object') return `a value of type ${typeof value}`
  if (value instanceof Uint8Array || depth > 64) return null
  if (Array.isArray(value)) return firstProblem(value, depth)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return `a value of class ${value.constructor.name}`
  return firstProblem(Object.values(value), depth)
}

function firstProblem(values: readonly unknown[], depth: number): string | null {
  for (const value of values) {
    const problem = problemOfValue(value, depth + 1)
    if (problem !== null) return problem
  }
  return null
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text)
}
