/** What the node asks the spool's thread, and how that answers. */
import { type BackfillRequest, backfill } from './backfill.ts'
import type { LogQuery } from './index.ts'
import type { StreamPosition } from './record.ts'
import type { Appended, Batch, Origin, Spool, SpoolLimits, SpoolSummary } from './spool.ts'
import {
  type FoundArrivals,
  type FoundPage,
  findArrivals,
  findRecords,
  findUnarchived,
  type Unarchived,
} from './spoolQuery.ts'

export interface NodePosition {
  readonly node: string
  readonly position: StreamPosition
}

export interface OpenedState {
  readonly name: string
  readonly setAside: { readonly path: string; readonly detail: string } | null
  readonly origins: readonly Origin[]
  readonly archived: readonly NodePosition[]
}

export interface SpoolCalls {
  readonly open: {
    readonly ask: { readonly directory: string; readonly node: string; readonly incarnation: number }
    readonly answer: OpenedState
  }
  readonly append: { readonly ask: Batch; readonly answer: Appended }
  /** Answered with the position afterwards; what was put in is reported on the way. */
  readonly backfill: { readonly ask: BackfillRequest; readonly answer: StreamPosition }
  readonly following: {
    readonly ask: {
      readonly node: string
      readonly after: StreamPosition
      readonly bytes: number
      readonly count: number
    }
    readonly answer: Batch
  }
  readonly query: { readonly ask: LogQuery; readonly answer: FoundPage }
  readonly arrivals: {
    readonly ask: { readonly after: number | null; readonly limit?: number | undefined }
    readonly answer: FoundArrivals
  }
  readonly unarchived: { readonly ask: { readonly countMax: number }; readonly answer: Unarchived }
  readonly archived: { readonly ask: readonly NodePosition[]; readonly answer: readonly NodePosition[] }
  readonly trim: { readonly ask: { readonly limits: SpoolLimits; readonly nowUs: number }; readonly answer: number }
  readonly close: { readonly ask: null; readonly answer: null }
}

export type SpoolCall = keyof SpoolCalls

export type SpoolAsk = {
  [C in SpoolCall]: { readonly id: number; readonly call: C; readonly ask: SpoolCalls[C]['ask'] }
}[SpoolCall]

export type SpoolReport =
  | { readonly type: 'answered'; readonly id: number; readonly answer: unknown; readonly summary: SpoolSummary }
  | { readonly type: 'appended'; readonly appended: Appended; readonly summary: SpoolSummary }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly detail: string }

export function answerWith(spool: Spool, { call, ask }: SpoolAsk, onAppended: (appended: Appended) => void): unknown {
  switch (call) {
    case 'open':
      spool.begin(ask.node, ask.incarnation)
      return { name: spool.name, setAside: spool.setAside, origins: spool.origins(), archived: archivedOf(spool) }
    case 'append':
      return spool.append(ask)
    case 'backfill':
      backfill(spool, ask, onAppended)
      return spool.positionOf(ask.node)
    case 'following':
      return spool.following(ask.node, ask.after, ask)
    case 'query':
      return findRecords(spool, ask)
    case 'arrivals':
      return findArrivals(spool, ask.after, ask.limit)
    case 'unarchived':
      return findUnarchived(spool, ask.countMax)
    case 'archived':
      spool.setArchived(ask)
      return archivedOf(spool)
    case 'trim':
      return spool.trim(ask.limits, ask.nowUs)
    case 'close':
      spool.close()
      return null
  }
}

function archivedOf(spool: Spool): NodePosition[] {
  return [...spool.archived()].map(([node, position]) => ({ node, position }))
}
