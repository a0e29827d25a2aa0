/**
 * Replay (DESIGN §7): every actor of every node is run again through the same pure steps, and each effect, timer, state
 * and snapshot hash is compared with what was recorded. A mismatch is a bug: of a machine that is not a pure function of
 * its events, or that changed without its version being raised.
 */
import type { CatalogueEntry } from '../engine/engine.ts'
import { findBoxes, type NodeBox, type ReadProgress, readLife, segmentCounter } from './boxes.ts'
import { LifeReplay } from './lifeReplay.ts'
import type { Damage } from './segmentReader.ts'

export type Catalogue = Readonly<Record<string, CatalogueEntry>>

/** One thing that came out otherwise than recorded; both sides as JSON, cut at 1000 characters. */
export interface Difference {
  readonly what: 'effects' | 'timers' | 'state' | 'hash' | 'exception'
  readonly recorded: string
  readonly replayed: string
}

export interface Mismatch {
  /** `node:incarnation:sequence` */
  readonly id: string
  readonly actor: string
  readonly machine: string
  /** The event's type; `start`, or `snapshot` for a segment's head that does not fit what led to it. */
  readonly event: string
  readonly file: string
  readonly offset: number
  readonly differences: readonly Difference[]
}

/** Steps that are not there. The actors they belonged to cannot be verified until their next snapshot. */
export interface Gap {
  readonly node: string
  readonly incarnation: number
  readonly fromSequence: number
  readonly toSequence: number
  /** `missing`: damaged, lost or removed; `omitted`: too large, a marker stands for it. */
  readonly reason: 'missing' | 'omitted'
  /** Those of which it is known that they missed a step. */
  readonly actors: readonly string[]
}

/** Steps of a machine, or of a version of it, that the catalogue does not have. */
export interface Unverifiable {
  readonly node: string
  readonly machine: string
  readonly version: number
  readonly catalogueVersion: number | null
  readonly stepCount: number
}

export interface ReplayResult {
  readonly nodeCount: number
  readonly segmentCount: number
  /** Starts and steps. */
  readonly eventCount: number
  readonly verifiedCount: number
  /** `eventCount` less those verified and those with a mismatch. */
  readonly unverifiedCount: number
  readonly mismatchCount: number
  /** Notes and records of applications: nothing to verify. */
  readonly noteCount: number
  /** Quiet steps that the recorder left out and counted: they changed nothing. Not among the events. */
  readonly leftOutCount: number
  /** The first of them. */
  readonly mismatches: readonly Mismatch[]
  readonly damages: readonly Damage[]
  readonly gaps: readonly Gap[]
  readonly unverifiable: readonly Unverifiable[]
  /** No mismatch, no damage but torn tails, no gap, nothing the catalogue does not know. */
  readonly isExact: boolean
}

export interface ReplayOptions {
  /** So many mismatches are kept in full. Default 20. */
  readonly mismatchCountMax?: number
  /** Called before each segment is read. */
  readonly onProgress?: (progress: ReadProgress) => void
}

/** Replays every black box in and below the directories. Throws `BlackBoxNotFoundError`. */
export function replayDirectories(
  directories: readonly string[],
  catalogue: Catalogue,
  options: ReplayOptions = {},
): ReplayResult {
  return replayBoxes(findBoxes(directories), catalogue, options)
}

export function replayBoxes(
  boxes: readonly NodeBox[],
  catalogue: Catalogue,
  options: ReplayOptions = {},
): ReplayResult {
  const lives = boxes.flatMap((box) => box.lives)
  const segmentCount = lives.reduce((sum, life) => sum + life.segments.length, 0)
  const onSegment = segmentCounter(lives, options.onProgress)
  const damages: Damage[] = []
  const results = lives.map((life) => {
    const replay = new LifeReplay(life, catalogue)
    for (const frame of readLife(life, { onDamage: (damage) => damages.push(damage), onSegment })) replay.take(frame)
    return replay
  })
  const sum = (of: (replay: LifeReplay) => number) => results.reduce((total, replay) => total + of(replay), 0)
  const mismatchCount = sum((replay) => replay.mismatchCount)
  const mismatches = results.flatMap((replay) => replay.mismatches).slice(0, options.mismatchCountMax ?? 20)
  const gaps = results.flatMap((replay) => replay.gaps)
  const unverifiable = results.flatMap((replay) => [...replay.unverifiable.values()])
  return {
    nodeCount: boxes.length,
    segmentCount,
    eventCount: sum((replay) => replay.eventCount),
    verifiedCount: sum((replay) => replay.verifiedCount),
    unverifiedCount: sum((replay) => replay.unverifiedCount),
    mismatchCount,
    noteCount: sum((replay) => replay.noteCount),
    leftOutCount: sum((replay) => replay.leftOutCount),
    mismatches,
    damages,
    gaps,
    unverifiable,
    isExact:
      mismatchCount === 0 &&
      gaps.length === 0 &&
      unverifiable.length === 0 &&
      damages.every((damage) => damage.isTornTail),
  }
}
