/**
 * What happened, as the HTTP interface asks for it: of recordings that were opened (`recordingHistory.ts`), or of the running
 * cluster (`liveHistory.ts`). Times are microseconds since 1970, both ends of a span within it.
 */
import type { TimelineEntry } from '../../recorder/timeline.ts'
import type {
  ActivityView,
  ExplanationView,
  IncidentView,
  RecordsView,
  RecordView,
  SnapshotView,
  StatesView,
} from './contract.ts'

export type Awaitable<T> = T | Promise<T>

export interface Span {
  readonly fromUs: number
  readonly toUs: number
}

export interface Which {
  readonly node?: string | undefined
  /** By name, or by the front of it: `component` means `component/…`. */
  readonly actor?: string | undefined
}

export interface RecordsQuery extends Span, Which {
  readonly limit: number
  /** Only steps into another state, starts, ends, and notes. */
  readonly isChange?: boolean | undefined
}

export interface History {
  records(query: RecordsQuery): Awaitable<RecordsView>
  states(atUs: number): Awaitable<StatesView>
  activity(query: Span & Which & { readonly bucketCount: number }): Awaitable<ActivityView>
  /** Oldest first, of those that touch the span. */
  incidents(span: Span): Awaitable<readonly IncidentView[]>
  /** Of a record or an incident; null: there is none of that id. */
  explain(id: string): Awaitable<ExplanationView | null>
  /** null: there is no such record, or nothing that its machine's state is known from. */
  snapshot(id: string): Awaitable<SnapshotView | null>
  /** Of the last record that arrived: opaque text without spaces, which no other store knows. */
  readonly position: string
  /** What arrived after that position, in the order of arrival; null: not all of it is kept, or it is too much. */
  after(position: string): Awaitable<readonly HistoryRecord[] | null>
  /** Told of what arrives, and of a change after which all must be asked for again. Returns what ends it. */
  subscribe(listener: HistoryListener): () => void
}

/** A step, as the black boxes and the cluster log have it, or a note. */
export type HistoryRecord = Omit<TimelineEntry, 'kind' | 'timers'> & {
  readonly kind: RecordView['kind']
  /** Of the catalogue. Left out: to be told from the actor's name. */
  readonly machine?: string | null
}

export interface HistoryListener {
  readonly onRecords: (records: readonly HistoryRecord[]) => void
  readonly onReset: (reason: string) => void
}
