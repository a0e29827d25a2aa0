/** History of recordings that were opened: read once, and again when others are. No cluster is needed for it. */
import { headBytesOf, type NodeBox } from '../../recorder/boxes.ts'
import { decodeHeader } from '../../recorder/format.ts'
import { timelineOf } from '../../recorder/timeline.ts'
import { Analyst } from './analyst.ts'
import { activityOf, recordsOf, statesOf } from './answers.ts'
import type { ExplanationView, IncidentView, SnapshotView } from './contract.ts'
import type { History, HistoryListener, Span } from './history.ts'
import { RecordIndex } from './recordIndex.ts'
import { lifeOf } from './snapshotReplay.ts'

export class RecordingHistory implements History {
  #boxes: readonly NodeBox[]
  #index: RecordIndex
  #cluster: string
  #openedCount = 0
  readonly #store = crypto.randomUUID()
  readonly #listeners = new Set<HistoryListener>()
  readonly #analyst = new Analyst((analyst) => analyst.tell('open', { boxes: this.#boxes }))

  constructor(boxes: readonly NodeBox[]) {
    this.#boxes = boxes
    this.#index = read(boxes)
    this.#cluster = clusterOf(boxes)
  }

  /** As the first of the segments says; empty: there is none. */
  get cluster(): string {
    return this.#cluster
  }

  /** All that there is from now on. */
  open(boxes: readonly NodeBox[]): void {
    this.#index = read(boxes)
    this.#boxes = boxes
    this.#cluster = clusterOf(boxes)
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
    const life = record && lifeOf(this.#boxes, record)
    return life && this.#analyst.ask('snapshot', { life, id, sequence: record.sequence, actor: record.actor })
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

function read(boxes: readonly NodeBox[]): RecordIndex {
  const index = new RecordIndex()
  index.add(timelineOf(boxes).entries)
  return index
}

function clusterOf(boxes: readonly NodeBox[]): string {
  const path = boxes[0]?.lives[0]?.segments[0]?.path
  const reading = path === undefined ? null : decodeHeader(headBytesOf(path))
  return reading?.ok ? reading.header.cluster : ''
}
