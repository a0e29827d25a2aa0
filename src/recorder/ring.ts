/** The segments of a node's black box: the one being written, and room made for it by those that are oldest. */
import { mkdirSync, rmSync } from 'node:fs'
import type { SegmentHeader } from './format.ts'
import { listSegments, removeUnfinished, type SegmentFile } from './names.ts'
import { SegmentWriter } from './segmentWriter.ts'

export interface RingOptions extends Pick<SegmentHeader, 'cluster' | 'node' | 'incarnation'> {
  readonly directory: string
  readonly segmentSizeBytes: number
  readonly segmentCountMax: number
  readonly bootId: string | null
  readonly wallUs: () => number
}

export class Ring {
  readonly #options: RingOptions
  /** null: the next segment could not be made. */
  writer: SegmentWriter | null = null
  segment = 0
  /** Those of earlier lives, as they were found. */
  readonly found: readonly SegmentFile[]

  /** Throws for an incarnation that has been, and what the file system throws. */
  constructor(options: RingOptions) {
    this.#options = options
    const { directory, node, incarnation } = options
    mkdirSync(directory, { recursive: true, mode: 0o750 })
    removeUnfinished(directory, node)
    this.found = listSegments(directory, node)
    const newest = this.found.at(-1)
    if (newest && newest.incarnation >= incarnation)
      throw new Error(`the black box of '${node}' already holds incarnation ${newest.incarnation}: ${newest.path}`)
  }

  get segmentCount(): number {
    return listSegments(this.#options.directory, this.#options.node).length
  }

  /** Nothing is written any more. */
  close(): void {
    this.writer?.leave()
    this.writer = null
  }

  /** Makes room in the ring, and on a full disk more of it, down to the segment being written. Throws what the file system does. */
  turn(): void {
    const { directory, cluster, node, incarnation, segmentSizeBytes: sizeBytes, segmentCountMax } = this.#options
    const { bootId } = this.#options
    const createdUs = this.#options.wallUs()
    const older = listSegments(directory, node)
    while (older.length >= segmentCountMax) rmSync(older.shift()!.path, { force: true })
    for (;;) {
      try {
        const segment = this.segment + 1
        const header = { cluster, node, incarnation, segment, createdUs, sizeBytes, ...(bootId && { bootId }) }
        const writer = new SegmentWriter(directory, header)
        this.writer?.leave()
        this.writer = writer
        this.segment = segment
        return
      } catch (error) {
        const oldest = older.shift()
        const isSpare = oldest && oldest.path !== this.writer?.path
        if ((error as { code?: string }).code !== 'ENOSPC' || !isSpare) throw error
        rmSync(oldest.path, { force: true })
      }
    }
  }
}
