/** History of black boxes that were opened: read once, and again when another is added. No cluster is needed for it. */
import { readFileSync } from 'node:fs'
import { findBoxes } from '../../recorder/boxes.ts'
import { decodeHeader } from '../../recorder/format.ts'
import { readTimeline } from '../../recorder/timeline.ts'
import { Analyst } from './analyst.ts'
import { activityOf, recordsOf, statesOf } from './answers.ts'
import type { ExplanationView, IncidentView, SnapshotView } from './contract.ts'
import type { History, HistoryListener, Span } from './history.ts'
import { RecordIndex } from './recordIndex.ts'

export class RecordingHistory implements History {
  /** As the first of the segments says; empty: there is none. */
  cluster: string
  #directories: readonly string[]
  #index: RecordIndex
  #openedCount = 0
  readonly #store = crypto.randomUUID()
  readonly #listeners = new Set<HistoryListener>()
  readonly #analyst = new Analyst((analyst) => analyst.tell('open', { directories: this.#directories }))

  /** Throws `BlackBoxNotFoundError`. */
  constructor(directories: readonly string[]) {
    this.#directories = directories
    this.#index = read(directories)
    this.cluster = clusterOf(directories)
  }

  /** Adds a directory, or reads one again to which something was added. Throws as the constructor. */
  open(directory: string): void {
    const directories = [...new Set([...this.#directories, directory])]
    this.#index = read(directories)
    this.#directories = directories
    this.cluster = clusterOf(directories)
    this.#openedCount += 1
    this.#analyst.stop()
    for (const listener of this.#listeners) listener.onReset('another recording was opened')
  }

  close(): void {
    this.#analyst.stop()
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

  incidents(span: Span): Promise<readonly IncidentView[]> {
    return this.#analyst.ask('incidents', span)
  }

  async explain(id: string): Promise<ExplanationView | null> {
    return this.#index.get(id) ? this.#analyst.ask('explain', { id }) : null
  }

  async snapshot(id: string): Promise<SnapshotView | null> {
    const record = this.#index.get(id)
    if (!record) return null
    const { node, incarnation, sequence, actor } = record
    return this.#analyst.ask('snapshot', { directories: this.#directories, id, node, incarnation, sequence, actor })
  }

  get position(): string {
    return `${this.#openedCount}@${this.#store}`
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

function read(directories: readonly string[]): RecordIndex {
  const index = new RecordIndex()
  if (directories.length > 0) index.add(readTimeline(directories).entries)
  return index
}

function clusterOf(directories: readonly string[]): string {
  const [first] = directories.length === 0 ? [] : findBoxes(directories)
  const path = first?.lives[0]?.segments[0]?.path
  const reading = path === undefined ? null : decodeHeader(new Uint8Array(readFileSync(path)))
  return reading?.ok ? reading.header.cluster : ''
}
