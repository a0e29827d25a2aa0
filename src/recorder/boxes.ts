/** Finds black boxes in directories and reads a node's lives from them, one segment in memory at a time. */
import { closeSync, type Dirent, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { decodeHeader, formatVersion, newerVersionIn } from './format.ts'
import { compareSegments, parseSegmentFileName, type SegmentFile, segmentSuffix } from './names.ts'
import { type Damage, readSegment, type StoredFrame } from './segmentReader.ts'

/** One start of a node's process, with what the ring still has of it. */
export interface Life {
  readonly node: string
  readonly incarnation: number
  /** Oldest first. */
  readonly segments: readonly SegmentFile[]
}

export interface NodeBox {
  readonly node: string
  /** Oldest first. */
  readonly lives: readonly Life[]
}

/** There is nothing to read where the caller said. */
export class BlackBoxNotFoundError extends Error {
  readonly code = 'blackBox.notFound'
}

/** Directories below a given one are searched so deep. */
const depthMax = 6

/** A segment that a later release has written: nothing in it can be relied on here. */
export class NewerRecordingError extends Error {
  readonly code = 'recording.newerFormat'
}

/**
 * The boxes in and below the directories, by node; a path may be that of a segment, too. A segment that is found twice (in a copy,
 * through a link) counts once. Throws `BlackBoxNotFoundError` for what is not there, or has no segment below it, and
 * `NewerRecordingError`.
 */
export function findBoxes(paths: readonly string[]): NodeBox[] {
  const byIdentity = new Map<string, SegmentFile>()
  for (const path of paths) {
    for (const file of segmentFilesAt(path)) {
      const key = `${file.node}:${file.incarnation}:${file.segment}`
      if (!byIdentity.has(key)) byIdentity.set(key, file)
    }
  }
  const byNode = Map.groupBy(byIdentity.values(), (file) => file.node)
  return [...byNode]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([node, files]) => ({ node, lives: livesOf(node, files.sort(compareSegments)) }))
}

function livesOf(node: string, files: readonly SegmentFile[]): Life[] {
  return [...Map.groupBy(files, (file) => file.incarnation)].map(([incarnation, segments]) => ({
    node,
    incarnation,
    segments,
  }))
}

function segmentFilesAt(directory: string): SegmentFile[] {
  const stat = statSync(directory, { throwIfNoEntry: false })
  if (stat?.isFile() && directory.endsWith(segmentSuffix)) return [identify(realpathSync(directory))]
  if (!stat?.isDirectory()) throw new BlackBoxNotFoundError(`there is no directory '${directory}'`)
  const files = pathsBelow(realpathSync(directory), depthMax).flatMap((path) => unlessGone(path, identify) ?? [])
  if (files.length === 0) throw new BlackBoxNotFoundError(`there is no black box in or below '${directory}'`)
  return files
}

function pathsBelow(directory: string, depth: number): string[] {
  const entries = readdirSync(directory, { withFileTypes: true })
  const isSegment = (entry: Dirent) => entry.isFile() && entry.name.endsWith(segmentSuffix)
  const here = entries.filter(isSegment).map((entry) => join(directory, entry.name))
  const below = depth === 0 ? [] : entries.filter((entry) => entry.isDirectory())
  return [...here, ...below.flatMap((entry) => pathsBelow(join(directory, entry.name), depth - 1))]
}

/** By its header; by its name when that is damaged; as a life of its own when both are. */
function identify(path: string): SegmentFile {
  const head = headBytesOf(path)
  const reading = decodeHeader(head)
  const newer = newerVersionIn(head)
  if (newer !== null) {
    throw new NewerRecordingError(
      `'${path}' is of format ${newer}, and this program reads formats up to ${formatVersion}: use the rolecall that wrote it, or a later one`,
    )
  }
  if (reading.ok) {
    const { node, incarnation, segment } = reading.header
    return { path, node, incarnation, segment, formatVersion: reading.version }
  }
  const named = parseSegmentFileName(basename(path))
  return named ? { path, ...named } : { path, node: `unknown (${basename(path)})`, incarnation: 0, segment: 0 }
}

export function headBytesOf(path: string): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytesMax)
  const file = openSync(path, 'r')
  try {
    return bytes.subarray(0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}

/** A header's length is a u16. */
const segmentHeaderBytesMax = 65_536

export interface LifeListener {
  /** Called with each damage as it is met. */
  readonly onDamage: (damage: Damage) => void
  /** Called before each segment is read. */
  readonly onSegment?: (file: string) => void
}

/**
 * The frames of a life in the order they were written. A torn tail counts as one only at the end of the life, for only
 * there a kill can have been.
 */
export function* readLife(life: Life, { onDamage, onSegment }: LifeListener): Generator<StoredFrame> {
  for (const [index, { path }] of life.segments.entries()) {
    onSegment?.(path)
    const content = unlessGone(path, readSegment)
    if (!content) continue
    const isLast = index === life.segments.length - 1
    for (const damage of content.damages) onDamage({ ...damage, isTornTail: damage.isTornTail && isLast })
    yield* content.frames
  }
}

/** Told now and then by what reads many segments. */
export interface ReadProgress {
  readonly segmentIndex: number
  readonly segmentCount: number
}

/** Counts the segments of several lives for `onProgress`. */
export function segmentCounter(lives: readonly Life[], onProgress?: (progress: ReadProgress) => void): () => void {
  const segmentCount = lives.reduce((sum, life) => sum + life.segments.length, 0)
  let segmentIndex = 0
  return () => onProgress?.({ segmentIndex: ++segmentIndex, segmentCount })
}

/** null: the node is running, and its ring has turned since the directory was listed. */
export function unlessGone<T>(path: string, read: (path: string) => T): T | null {
  try {
    return read(path)
  } catch (error) {
    const isGone = (error as { code?: string }).code === 'ENOENT' && statSync(dirname(path)).isDirectory()
    if (isGone) return null
    throw error
  }
}
