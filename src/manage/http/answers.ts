/** Answers of a history that has its records in an index: the same for recordings and for the running cluster. */
import type { ActivityView, RecordsView, StatesView } from './contract.ts'
import type { HistoryRecord, RecordsQuery, Span, Which } from './history.ts'
import { type RecordIndex, wantedBy } from './recordIndex.ts'
import { isChange, machineOf, recordViewOf, stateText } from './recordView.ts'

export function recordsOf(index: RecordIndex, query: RecordsQuery): RecordsView {
  const isOf = wantedBy(query)
  const isWanted = query.isChange ? (entry: HistoryRecord) => isChange(entry) && isOf(entry) : isOf
  const { entries, isTruncated } = index.within({ ...query, isWanted })
  return {
    records: entries.map(recordViewOf),
    isTruncated,
    oldestUs: index.oldest?.time.us ?? null,
    newestUs: index.newest?.time.us ?? null,
  }
}

export function statesOf(index: RecordIndex, atUs: number): StatesView {
  const actors = index.lastAt(atUs).map(({ last, entered }) => ({
    node: last.node,
    actor: last.actor,
    machine: machineOf(last.actor),
    state: stateText(last.state),
    sinceUs: entered.time.us,
    recordId: last.id,
  }))
  return { atUs, actors: actors.sort((a, b) => compare(a.node, b.node) || compare(a.actor, b.actor)) }
}

/** The parts are equal but for rounding; all of the span is in one of them. */
export function activityOf(index: RecordIndex, query: Span & Which & { readonly bucketCount: number }): ActivityView {
  const { fromUs, toUs, bucketCount, node, actor } = query
  const edges = Array.from({ length: bucketCount + 1 }, (_, place) =>
    Math.round(fromUs + ((toUs + 1 - fromUs) * place) / bucketCount),
  )
  if (node !== undefined || actor !== undefined)
    return { fromUs, toUs, buckets: index.countWithin(edges, wantedBy(query)) }
  const counts = edges.map((edge) => index.countsBefore(edge))
  const buckets = counts.slice(1).map((after, place) => {
    const before = counts[place]!
    return {
      stepCount: after.stepCount - before.stepCount,
      changeCount: after.changeCount - before.changeCount,
      failureCount: after.failureCount - before.failureCount,
    }
  })
  return { fromUs, toUs, buckets }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
