/**
 * How the life before ended, from what it left (SPEC P7: collection after a crash): its last segment is looked through once, without
 * reading its records but the last.
 */
import { readFileSync } from 'node:fs'
import { isNote } from '../engine/record.ts'
import { decodeRecord, type StoredRecord } from './codec.ts'
import { decodeHeader, frameBytes, frameHeadBytes, headChecksumOf, readFrameHead, viewOf } from './format.ts'
import type { SegmentFile } from './names.ts'
import { readSegmentBytes, release, usedBytesOf } from './segmentReader.ts'

export interface LastLife {
  readonly incarnation: number
  /**
   * `ended`: by itself, as it noted; `killed`: without a word, while the machine went on; `machineRestarted`: the machine is another
   * run than the one it was recorded in (loss of power, reset, reboot).
   */
  readonly end: 'ended' | 'killed' | 'machineRestarted'
  /** With `ended`. */
  readonly exitCode: number | null
  /** Records in its life: the number of the last one. */
  readonly recordCount: number
  /** Of the last record; null: none is left. */
  readonly lastUs: number | null
  /** `torn`: what was being written when it ended was not finished; `damaged`: otherwise than an end of the process does it. */
  readonly tail: 'whole' | 'torn' | 'damaged'
  readonly segmentCount: number
}

/** Type of the note with which a life ends that ends by itself. */
export const lifeEndedType = 'life.ended'

/** Of this run of the kernel; null: it does not say. */
export function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null // no such file, or no access: nothing is known then
  }
}

/** null: there was none. `segments`: all of the node, oldest first. */
export function readLastLife(segments: readonly SegmentFile[], bootId: string | null): LastLife | null {
  const incarnation = segments.at(-1)?.incarnation
  if (incarnation === undefined) return null
  const own = segments.filter((segment) => segment.incarnation === incarnation)
  let tail: LastLife['tail'] | null = null
  let recordedIn: string | null = null
  let last: StoredRecord | null = null
  // The newest may not have a record yet.
  for (const { path } of own.toReversed()) {
    const end = readEnd(path)
    tail ??= end.tail
    recordedIn ??= end.bootId
    last = end.last
    if (last !== null) break
  }
  const ended = last !== null && isNote(last) && last.event.type === lifeEndedType ? last.event : null
  const isRestarted = bootId !== null && recordedIn !== null && recordedIn !== bootId
  return {
    incarnation,
    end: ended ? 'ended' : isRestarted ? 'machineRestarted' : 'killed',
    exitCode: typeof ended?.exitCode === 'number' ? ended.exitCode : null,
    recordCount: last?.sequence ?? 0,
    lastUs: last?.time.us ?? null,
    tail: tail ?? 'whole',
    segmentCount: own.length,
  }
}

interface SegmentEnd {
  readonly last: StoredRecord | null
  readonly tail: LastLife['tail']
  readonly bootId: string | null
}

function readEnd(path: string): SegmentEnd {
  const bytes = bytesOf(path)
  if (bytes === null) return { last: null, tail: 'damaged', bootId: null }
  try {
    return endIn(path, bytes)
  } finally {
    release(bytes)
  }
}

function endIn(path: string, bytes: Uint8Array): SegmentEnd {
  const reading = decodeHeader(bytes)
  const found = reading.ok ? walk(bytes, reading.headerBytes) : null
  const bootId = reading.ok ? (reading.header.bootId ?? null) : null
  if (found) return { ...found, tail: 'whole', bootId }
  const { frames, damages } = readSegmentBytes(path, bytes)
  const isTorn = damages.every((damage) => damage.isTornTail)
  return {
    last: frames.at(-1)?.record ?? null,
    tail: damages.length === 0 ? 'whole' : isTorn ? 'torn' : 'damaged',
    bootId,
  }
}

/** null: the disk does not give it. That is told, and is no reason for a node not to begin. */
function bytesOf(path: string): Uint8Array | null {
  try {
    return readFileSync(path)
  } catch {
    return null
  }
}

/** From head to head. null: something is not as it should be, and is to be looked at closely. */
function walk(bytes: Uint8Array, firstOffset: number): { readonly last: StoredRecord | null } | null {
  const view = viewOf(bytes)
  let lastAt: number | null = null
  let offset = firstOffset
  for (; offset + frameHeadBytes <= bytes.length; ) {
    const { length, payloadChecksum, headChecksum } = readFrameHead(view, offset)
    if (length === 0) break
    if (headChecksum !== headChecksumOf(length, payloadChecksum)) return null
    lastAt = offset
    offset += frameBytes(length)
  }
  if (usedBytesOf(bytes) > offset) return null
  if (lastAt === null) return { last: null }
  const { length, payloadChecksum } = readFrameHead(view, lastAt)
  const payload = bytes.subarray(lastAt + frameHeadBytes, lastAt + frameHeadBytes + length)
  if (Bun.hash.crc32(payload) !== payloadChecksum) return null
  try {
    return { last: decodeRecord(payload) }
  } catch {
    return null // what stands there is not for this program: the closer look says so, and the node begins all the same
  }
}
