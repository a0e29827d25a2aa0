/**
 * Snapshots as bytes: the whole applied state as one msgpack value, sent and received in parts (`machines/logic/replicatedLog`). Both
 * ends hold it in memory while it lasts; what was received in part is lost with the process, and asked for again.
 */
import type { Receiving, Snapshot } from '../../machines/logic/replicatedLog.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import type { SavedState } from './store.ts'
import type { TreeEntry } from './tree.ts'

/** A larger state can't be sent, and is not taken. */
export const snapshotBytesMax = 64 * 1024 * 1024

/** null: too large. */
export function snapshotOf({ at, members, entries }: SavedState): Snapshot | null {
  const rows = entries.map(({ key, value, epoch, index }) => [key, value, epoch, index])
  const bytes = encodeBody(rows).slice()
  if (bytes.length > snapshotBytesMax) return null
  return {
    at,
    members,
    totalBytes: bytes.length,
    read: (offset, countMax) => bytes.slice(offset, offset + countMax),
  }
}

/** Puts the parts of one snapshot together. */
export class Staging {
  #parts: Uint8Array[] = []

  take({ offset, bytes }: { offset: number; bytes: Uint8Array }): void {
    if (offset === 0) this.#parts = []
    this.#parts.push(bytes)
  }

  /** What was put together, which is then forgotten. Throws when it is no state: the leader is broken. */
  finish({ at, members, totalBytes }: Receiving): SavedState {
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    // An arbiter keeps positions only.
    if (totalBytes === 0) return { at, members, entries: [] }
    const rows = decodeBody(bytes) as [string, unknown, number, number][] | undefined
    if (bytes.length !== totalBytes || !Array.isArray(rows)) throw new Error(`the state at ${at.index} can't be read`)
    const entries = rows.map(([key, value, epoch, index]): TreeEntry => ({ key, value, epoch, index }))
    return { at, members, entries }
  }
}
