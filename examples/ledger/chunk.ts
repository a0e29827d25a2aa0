/** What a primary sends to its secondary: what it lacks, or everything where what it has is something else; then what is new, in order. */
import type { Checkpoint } from '../../src/sdk/index.ts'
import type { Entry } from './book.ts'

export interface Chunk {
  /** `resume`: what follows on what the secondary has; `full`: part of everything there is; `next`: what is new after either. */
  readonly kind: 'resume' | 'full' | 'next'
  /** Names the synchronisation that this belongs to. */
  readonly sync: string
  /** Number of the first entry. */
  readonly first: number
  readonly entries: readonly Entry[]
  /** Of a synchronisation: with this the secondary has everything. */
  readonly isLast: boolean
  /** Of all entries before `first`. */
  readonly digest: string
}

/** Bounds of one chunk, in bytes of JSON and in entries. */
export const chunkLimits = { bytesMax: 256 * 1024, countMax: 4096 }

/** How a secondary refuses to resume: by saying what it has. */
export function haveCode(of: { readonly length: number; readonly digest: string }): string {
  return `have.${of.length}.${of.digest}`
}

/** null: it was refused for another reason. */
export function parseHaveCode(code: string): { length: number; digest: string } | null {
  const [, length, digest] = /^have\.(\d+)\.([0-9a-f]*)$/.exec(code) ?? []
  return length === undefined ? null : { length: Number(length), digest: digest! }
}

/** null for what is no chunk. */
export function parseChunk(data: Checkpoint['data']): Chunk | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null
  const { kind, sync, first, entries, isLast, digest } = data as Record<string, unknown>
  const isChunk =
    (kind === 'resume' || kind === 'full' || kind === 'next') &&
    typeof digest === 'string' &&
    typeof sync === 'string' &&
    Number.isInteger(first) &&
    typeof isLast === 'boolean' &&
    Array.isArray(entries) &&
    entries.every((entry, index) => isEntry(entry, (first as number) + index))
  return isChunk ? (data as unknown as Chunk) : null
}

function isEntry(value: unknown, expectedNumber: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { number, epoch, id, text } = value as Record<string, unknown>
  return (
    number === expectedNumber &&
    Number.isInteger(epoch) &&
    (id === null || typeof id === 'string') &&
    typeof text === 'string'
  )
}
