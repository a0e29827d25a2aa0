/** Names of segment files, and the listing of a directory by them. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export const segmentSuffix = '.rcbb'
/** A segment that is being made; it gets its name when it is whole. */
export const unfinishedSuffix = '.rcbb.new'

/** Which segment a file is: said by its name and, with more authority, by its header. */
export interface SegmentIdentity {
  readonly node: string
  readonly incarnation: number
  readonly segment: number
}

export interface SegmentFile extends SegmentIdentity {
  readonly path: string
  /** Of the format, by its header; left out: not read, or damaged. */
  readonly formatVersion?: number
}

/** `n1.0000000003.00000012.rcbb`: names sort as the segments were written. */
export function segmentFileName({ node, incarnation, segment }: SegmentIdentity): string {
  return `${fileNameOf(node)}.${String(incarnation).padStart(10, '0')}.${String(segment).padStart(8, '0')}${segmentSuffix}`
}

function fileNameOf(node: string): string {
  return encodeURIComponent(node).replaceAll('.', '%2E').replaceAll('*', '%2A')
}

/** null: not a name that `segmentFileName` gives. */
export function parseSegmentFileName(fileName: string): SegmentIdentity | null {
  const match = /^([^.]+)\.(\d{10,16})\.(\d{8,16})\.rcbb$/.exec(fileName)
  if (!match) return null
  try {
    return { node: decodeURIComponent(match[1]!), incarnation: Number(match[2]), segment: Number(match[3]) }
  } catch {
    return null // a stray % sign: some other program's file
  }
}

export function compareSegments(a: SegmentIdentity, b: SegmentIdentity): number {
  return a.incarnation - b.incarnation || a.segment - b.segment
}

/** One node's segments in a directory, oldest first. */
export function listSegments(directory: string, node: string): SegmentFile[] {
  return readdirSync(directory)
    .map((fileName) => ({ path: join(directory, fileName), identity: parseSegmentFileName(fileName) }))
    .flatMap(({ path, identity }) => (identity?.node === node ? [{ path, ...identity }] : []))
    .sort(compareSegments)
}

/** Removes what a life of the node that was killed while it made a segment left behind. */
export function removeUnfinished(directory: string, node: string): void {
  for (const name of readdirSync(directory)) {
    const isOurs = name.startsWith(`${fileNameOf(node)}.`) && name.endsWith(unfinishedSuffix)
    if (isOurs) rmSync(join(directory, name), { force: true })
  }
}
