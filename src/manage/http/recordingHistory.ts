/** History of black boxes that were opened: read once, and again when another is added. No cluster is needed for it. */

import { readFileSync } from 'node:fs'
import { catalogue } from '../../../machines/index.ts'
import { findBoxes } from '../../recorder/boxes.ts'
import { decodeHeader } from '../../recorder/format.ts'
import { readTimeline, type Timeline } from '../../recorder/timeline.ts'
import { activityOf, recordsOf, statesOf } from './answers.ts'
import type { IncidentView, SnapshotView } from './contract.ts'
import { chainOf } from './explanation.ts'
import type { History, HistoryListener } from './history.ts'
import { RecordIndex } from './recordIndex.ts'
import { snapshotOf } from './snapshotReplay.ts'

export class RecordingHistory implements History {
  #directories: readonly string[]
  #timeline: Timeline
  #index: RecordIndex
  #position = 0
  readonly #store = crypto.randomUUID()
  /** As the first of the segments says; empty: there is none. */
  cluster: string
  readonly #listeners = new Set<HistoryListener>()

  /** Throws `BlackBoxNotFoundError`. */
  constructor(directories: readonly string[]) {
    this.#directories = directories
    ;({ timeline: this.#timeline, index: this.#index } = read(directories))
    this.cluster = clusterOf(directories)
  }

  /** Adds a directory, or reads one again to which something was added. Throws as the constructor. */
  open(directory: string): void {
    const directories = [...new Set([...this.#directories, directory])]
    ;({ timeline: this.#timeline, index: this.#index } = read(directories))
    this.#directories = directories
    this.cluster = clusterOf(directories)
    this.#position += 1
    for (const listener of this.#listeners) listener.onReset('another recording was opened')
  }

  records(query: Parameters<History['records']>[0]) {
    return recordsOf(this.#index, query)
  }

  states(atUs: number) {
    return statesOf(this.#index, atUs)
  }

  activity(query: Parameters<History['activity']>[0]) {
    return activityOf(this.#index, query)
  }

  incidents(): readonly IncidentView[] {
    return []
  }

  explain(id: string) {
    return chainOf(this.#timeline, id)
  }

  snapshot(id: string): SnapshotView | null {
    const entry = this.#timeline.byId.get(id)
    if (!entry) return null
    const box = findBoxes(this.#directories).find(({ node }) => node === entry.node)
    const life = box?.lives.find(({ incarnation }) => incarnation === entry.incarnation)
    return life ? snapshotOf(life, catalogue, entry) : null
  }

  get position(): string {
    return `${this.#position}@${this.#store}`
  }

  /** Nothing arrives: what was opened since was told as a reset. */
  after(position: string) {
    return position === this.position ? [] : null
  }

  subscribe(listener: HistoryListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

function read(directories: readonly string[]): { timeline: Timeline; index: RecordIndex } {
  const timeline = directories.length === 0 ? emptyTimeline : readTimeline(directories)
  const index = new RecordIndex()
  index.add(timeline.entries)
  return { timeline, index }
}

const emptyTimeline: Timeline = { entries: [], byId: new Map(), consequences: new Map(), damages: [] }

function clusterOf(directories: readonly string[]): string {
  const [first] = directories.length === 0 ? [] : findBoxes(directories)
  const path = first?.lives[0]?.segments[0]?.path
  const reading = path === undefined ? null : decodeHeader(new Uint8Array(readFileSync(path)))
  return reading?.ok ? reading.header.cluster : ''
}
