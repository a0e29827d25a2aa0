/**
 * The cluster log (SPEC P8): what mattered on all nodes, merged by the hybrid clock, kept by several nodes, archived. What others
 * need of it is here.
 */
import type { LogRecord, StreamPosition } from './record.ts'

export {
  compareRecords,
  gapType,
  type LogRecord,
  type LogRecordKind,
  logRecordKinds,
  type StreamPosition,
} from './record.ts'

/**
 * The order in which records arrived on this node, for streams that are resumed. Opaque text: it belongs to this node's store, and
 * another store does not know it.
 */
export type ArrivalPosition = string

export interface LogQuery {
  /** Both included. Default: from the oldest to the newest there is. */
  readonly fromUs?: number | undefined
  readonly toUs?: number | undefined
  readonly node?: string | undefined
  /** By name, or by the front of it: `component` means all of `component/…`. */
  readonly actor?: string | undefined
  /** `n1/ledger`, or `ledger` for all of its instances; places of a shared one included. */
  readonly component?: string | undefined
  /** Default 200, at most 5000: the last ones of the span. */
  readonly limit?: number | undefined
}

export interface LogPage {
  /** Oldest first. */
  readonly records: readonly LogRecord[]
  /** There are more within the span: those here are the last ones. */
  readonly isTruncated: boolean
  /** What arrives later than all this: `after(position)`. */
  readonly position: ArrivalPosition
}

/** What has arrived since a position, in that order: not that of time. */
export interface LogArrivals {
  readonly records: readonly LogRecord[]
  readonly position: ArrivalPosition
  /** There is more: ask again from `position`. */
  readonly isMore: boolean
  /** The position asked for is not known here any more: something may be missing before these, which begin with the oldest kept. */
  readonly isReset: boolean
}

/** How far this node has the stream of one. */
export interface OriginState {
  readonly node: string
  readonly position: StreamPosition
  /** All that the node recorded up to this time is here, unless it was cut off since. null: nothing was heard. */
  readonly completeUs: number | null
  /** Up to here it has been archived, as far as known. */
  readonly archived: StreamPosition | null
  /** Nodes that said they have all of it up to there, this one included. */
  readonly copies: readonly { readonly node: string; readonly position: StreamPosition }[]
}

export interface LogStats {
  readonly recordCount: number
  readonly sizeBytes: number
  /** Taken from this node's machines in this life. */
  readonly takenCount: number
  /** Records left to the black box because the queue was full; those are fetched from there afterwards. */
  readonly overflowCount: number
  /** Waiting for the disk. */
  readonly queuedCount: number
  /** Records that had to go before they were archived, to keep the bound. */
  readonly lostCount: number
  readonly archivedCount: number
  /** Why the last attempt to archive failed; null: it did not. */
  readonly archiveFailure: string | null
  /** This node keeps the whole log; if not, only its own records. */
  readonly isKeeper: boolean
  /** Who keeps the whole of it. */
  readonly keepers: readonly string[]
}

/**
 * `log.unwritten`: the spool of the node takes nothing. `log.unarchived`: the archive took nothing of the node, which is the master.
 * `log.lost`: records had to go from the node before they were archived.
 */
export interface LogProblem {
  readonly code: 'log.unwritten' | 'log.unarchived' | 'log.lost'
  readonly node: string
  readonly detail: string
}

/** Resolves once the store was tried, whatever the state of the disk: with nothing, when it cannot be read. */
export interface ClusterLog {
  query(query: LogQuery): Promise<LogPage>
  /** What arrived after a position; null: from the oldest kept. At most 1000. */
  after(position: ArrivalPosition | null, limit?: number): Promise<LogArrivals>
  /**
   * Called with what has arrived, and is on disk, in the order of arrival. Returns what ends it. `isOrdered`: `completeUs` is to be
   * fresh, for one who puts arrivals into the order of time; it costs messages between all nodes.
   */
  subscribe(
    listener: (records: readonly LogRecord[], position: ArrivalPosition) => void,
    options?: { readonly isOrdered?: boolean },
  ): () => void
  /** Of what is kept here; null: nothing is. */
  readonly oldestUs: number | null
  readonly newestUs: number | null
  /** Up to this time the records of all nodes that are up are here; null: not known yet. */
  readonly completeUs: number | null
  positions(): readonly OriginState[]
  stats(): LogStats
  problems(): readonly LogProblem[]
}
