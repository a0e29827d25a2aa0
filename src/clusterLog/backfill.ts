/**
 * Fetches from the black box of this node what the spool does not have: after the end of the process, which took what waited for the
 * disk with it, and where the queue was full. Runs in the spool's thread, one segment in memory at a time.
 */
import { listSegments, type SegmentFile } from '../recorder/names.ts'
import { readSegment } from '../recorder/segmentReader.ts'
import { encodeReadable } from './codec.ts'
import { isSnapshot, Notables, type Recorded } from './notable.ts'
import { beginning, isAfter, type LogRecord, type StreamPosition } from './record.ts'
import type { Appended, Spool } from './spool.ts'

export interface BackfillRequest {
  /** Of the black box. */
  readonly directory: string
  readonly node: string
  /** To this record at most. */
  readonly upTo: StreamPosition
}

const chunkCount = 500

/**
 * Puts into the spool what the box has after the spool's position; where the ring has turned meanwhile, a marker of the gap. Calls
 * back with each part.
 */
export function backfill(spool: Spool, request: BackfillRequest, onAppended: (appended: Appended) => void): void {
  const { node, upTo } = request
  const from = spool.positionOf(node)
  let chunk: Uint8Array[] = []
  let gapTo: StreamPosition | null = null
  const flush = (to: StreamPosition) => {
    if (!isAfter(to, spool.positionOf(node))) return
    const after = spool.positionOf(node)
    onAppended(spool.append({ node, after, records: chunk, upTo: to, completeUs: 0, gapTo }))
    chunk = []
    gapTo = null
  }
  let last = from
  for (const found of foundAfter(request, from)) {
    if (found.type === 'gap') {
      flush(last)
      gapTo = found.to
      continue
    }
    chunk.push(encodeReadable(found.record))
    last = found.record
    if (chunk.length >= chunkCount) flush(last)
  }
  flush(upTo)
}

type Found =
  | { readonly type: 'record'; readonly record: LogRecord }
  | { readonly type: 'gap'; readonly to: StreamPosition }

function* foundAfter({ directory, node, upTo }: BackfillRequest, from: StreamPosition): Generator<Found> {
  // A life begins by asking for what those before it left: nothing of its own segment, which is not read for that.
  const isWanted = ({ incarnation }: SegmentFile) =>
    incarnation >= from.incarnation && isAfter(upTo, { incarnation, sequence: 0 })
  const lives = Map.groupBy(listSegments(directory, node).filter(isWanted), ({ incarnation }) => incarnation)
  const turned = gapOfLives(from, lives.keys().next().value)
  if (turned) yield turned
  for (const [incarnation, segments] of lives) {
    const afterSequence = incarnation === from.incarnation ? from.sequence : 0
    const notables = new Notables(node, incarnation)
    let lastSequence = afterSequence
    for (const record of recordsOf(segments, afterSequence)) {
      const place = { incarnation, sequence: record.sequence }
      if (isAfter(place, upTo)) return
      const notable = notables.take(record)
      if (isSnapshot(record) || record.sequence <= lastSequence) continue
      const { fromSequence = record.sequence } = record
      if (fromSequence > lastSequence + 1) yield { type: 'gap', to: { incarnation, sequence: fromSequence - 1 } }
      lastSequence = record.sequence
      if (notable) yield { type: 'record', record: notable }
    }
  }
}

/** The ring begins with a later life: what the one at `from` still recorded is not there, whatever it was, nor are those between. */
function gapOfLives(from: StreamPosition, first: number | undefined): Found | null {
  if (first === undefined || first <= from.incarnation || !isAfter(from, beginning)) return null
  const sequence = first - 1 === from.incarnation ? from.sequence + 1 : 1
  return { type: 'gap', to: { incarnation: first - 1, sequence } }
}

/** Of one life, from the segment on that holds what comes after `afterSequence`. */
function* recordsOf(segments: readonly SegmentFile[], afterSequence: number): Generator<Recorded> {
  let first = segments.length - 1
  while (first > 0 && beginOf(segments[first]!) > afterSequence) first -= 1
  for (const segment of segments.slice(Math.max(first, 0))) for (const record of read(segment)) yield record
}

/** The number of a segment's first record; a damaged one is as good as none. */
function beginOf(segment: SegmentFile): number {
  const [first] = read(segment)
  return first?.fromSequence ?? first?.sequence ?? Number.POSITIVE_INFINITY
}

/** Nothing of one that the ring dropped meanwhile. */
function read({ path }: SegmentFile): readonly Recorded[] {
  try {
    return readSegment(path).frames.map(({ record }) => record as Recorded)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return []
    throw error
  }
}
