/** What a primary sends to its secondary. A full synchronisation in chunks, then what is new, in order. */
import type { Checkpoint } from '../../src/sdk/index.ts'
import type { Entry } from './book.ts'

export interface Chunk {
  /** `full`: part of everything there is; `next`: what follows on it. */
  readonly kind: 'full' | 'next'
  /** Names the full synchronisation that this belongs to. */
  readonly sync: string
  /** Number of the first entry. */
  readonly first: number
  readonly entries: readonly Entry[]
  /** Of a full synchronisation: with this the secondary has everything. */
  readonly isLast: boolean
}

/** Bounds of one chunk, in bytes of JSON and in entries. */
export const chunkLimits = { bytesMax: 256 * 1024, countMax: 4096 }

/** null for what is no chunk. */
export function parseChunk(data: Checkpoint['data']): Chunk | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null
  const { kind, sync, first, entries, isLast } = data as Record<string, unknown>
  const isChunk =
    (kind === 'full' || kind === 'next') &&
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
