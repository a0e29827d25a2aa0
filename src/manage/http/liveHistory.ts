/**
 * History of the running cluster: of what has come to this node, the last so many records. What is older stays in the black boxes,
 * for `rolecall replay` and `rolecall console`.
 */
import { catalogue } from '../../../machines/index.ts'
import { findBoxes } from '../../recorder/boxes.ts'
import { mergeTimeline, type TimelineEntry } from '../../recorder/timeline.ts'
import { activityOf, recordsOf, statesOf } from './answers.ts'
import type { IncidentView, SnapshotView } from './contract.ts'
import { chainOf } from './explanation.ts'
import type { History, HistoryListener, HistoryRecord } from './history.ts'
import { RecordIndex } from './recordIndex.ts'
import { snapshotOf } from './snapshotReplay.ts'

export interface LiveHistoryOptions {
  /** Records that are kept. */
  readonly countMax?: number
  /** The black box of this node. */
  readonly directory: string
}

const countMaxDefault = 50_000
/** More than this is not told again: it is quicker asked for anew. */
const missedCountMax = 5000

export class LiveHistory implements History {
  readonly #index: RecordIndex
  readonly #directory: string
  readonly #countMax: number
  /** In the order of arrival, by which the stream is resumed. */
  #arrivals: HistoryRecord[] = []
  #position = 0
  readonly #store = crypto.randomUUID()
  readonly #listeners = new Set<HistoryListener>()

  constructor({ countMax = countMaxDefault, directory }: LiveHistoryOptions) {
    this.#index = new RecordIndex({ countMax })
    this.#countMax = countMax
    this.#directory = directory
  }

  add(entries: readonly HistoryRecord[]): void {
    const fresh = this.#index.add(entries)
    if (fresh.length === 0) return
    for (const entry of fresh) this.#arrivals.push(entry)
    this.#position += fresh.length
    if (this.#arrivals.length > 2 * this.#countMax) this.#arrivals = this.#arrivals.slice(-this.#countMax)
    for (const listener of this.#listeners) listener.onRecords(fresh)
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
    return chainOf(mergeTimeline(this.#index.all().map(timelineEntryOf)), id)
  }

  snapshot(id: string): SnapshotView | null {
    const entry = this.#index.get(id)
    if (!entry) return null
    const box = findBoxes([this.#directory]).find(({ node }) => node === entry.node)
    const life = box?.lives.find(({ incarnation }) => incarnation === entry.incarnation)
    return life ? snapshotOf(life, catalogue, entry) : null
  }

  get position(): string {
    return `${this.#position}@${this.#store}`
  }

  after(position: string): readonly HistoryRecord[] | null {
    const [place, store] = position.split('@')
    const oldest = this.#position - this.#arrivals.length
    const missedCount = this.#position - Number(place)
    if (store !== this.#store || !(missedCount >= 0 && missedCount <= missedCountMax)) return null
    return Number(place) < oldest ? null : this.#arrivals.slice(this.#arrivals.length - missedCount)
  }

  subscribe(listener: HistoryListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** The narrative asks nothing of timers, nor of what is neither a step nor a start. */
function timelineEntryOf(record: HistoryRecord): TimelineEntry {
  return { timers: [], ...record } as TimelineEntry
}
