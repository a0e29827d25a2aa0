/** Questions to a spool: a span of time in the order of the merged log, arrivals in theirs, and what is to be archived. */
import type { LogQuery } from './index.ts'
import { beginning, type StreamPosition } from './record.ts'
import type { Spool } from './spool.ts'

const queryLimitDefault = 200
const queryLimitMax = 5000

interface Row {
  readonly arrival: number
  readonly bytes: Uint8Array
}

export interface FoundPage {
  readonly records: readonly Uint8Array[]
  readonly isTruncated: boolean
  /** Whatever arrives later has a higher one. */
  readonly arrival: number
}

/** The last ones of a span, oldest first. */
export function findRecords(spool: Spool, query: LogQuery): FoundPage {
  const { where, values } = conditionOf(query)
  const limit = Math.max(1, Math.min(query.limit ?? queryLimitDefault, queryLimitMax))
  const rows = spool.database
    .query(
      `SELECT arrival, bytes FROM record ${where} ORDER BY us DESC, ticks DESC, node DESC, life DESC, sequence DESC LIMIT ?`,
    )
    .all(...values, limit + 1) as Row[]
  const records = rows.slice(0, limit).map(({ bytes }) => bytes)
  return { records: records.reverse(), isTruncated: rows.length > limit, arrival: spool.newestArrival() }
}

export interface FoundArrivals {
  readonly records: readonly Uint8Array[]
  readonly arrival: number
  readonly isMore: boolean
  readonly isReset: boolean
}

const arrivalLimitMax = 1000

/** What arrived after a place, in that order; null: from the oldest kept. */
export function findArrivals(spool: Spool, after: number | null, limit = arrivalLimitMax): FoundArrivals {
  const newest = spool.newestArrival()
  const oldest = spool.extent().oldestArrival ?? newest + 1
  const isReset = after !== null && (after > newest || after < oldest - 1)
  const from = after === null || isReset ? oldest - 1 : after
  const countMax = Math.max(1, Math.min(limit, arrivalLimitMax))
  const rows = spool.database
    .query('SELECT arrival, bytes FROM record WHERE arrival > ? ORDER BY arrival LIMIT ?')
    .all(from, countMax) as Row[]
  const arrival = rows.at(-1)?.arrival ?? from
  return {
    records: rows.map(({ bytes }) => bytes),
    arrival,
    isMore: arrival < newest && rows.length === countMax,
    isReset,
  }
}

export interface Unarchived {
  readonly records: readonly Uint8Array[]
  /** What the archive has once it has these. */
  readonly positions: readonly { readonly node: string; readonly position: StreamPosition }[]
  readonly isMore: boolean
}

/** The next to be archived: of each node in the order of its stream, merged by time. */
export function findUnarchived(spool: Spool, countMax: number): Unarchived {
  const archived = spool.archived()
  const nodes = (spool.database.query('SELECT node FROM origin ORDER BY node').all() as { node: string }[]).map(
    ({ node }) => node,
  )
  const next = nodes.flatMap((node) => {
    const { incarnation, sequence } = archived.get(node) ?? beginning
    return spool.database
      .query(
        'SELECT arrival, node, life, sequence, us, ticks FROM record WHERE node = ? AND (life, sequence) > (?, ?) ORDER BY life, sequence LIMIT ?',
      )
      .all(node, incarnation, sequence, countMax + 1) as PlacedRow[]
  })
  // A node whose clock was set back between two lives must not be archived out of the order of its stream.
  const merged = mergeStreams(next)
  const chosen = merged.slice(0, countMax)
  // Only now: of all nodes together it may be many times as much as is taken.
  const bytes = spool.database.query('SELECT bytes FROM record WHERE arrival = ?')
  const positions = new Map(chosen.map(({ node, life, sequence }) => [node, { incarnation: life, sequence }]))
  return {
    records: chosen.map(({ arrival }) => (bytes.get(arrival) as { bytes: Uint8Array }).bytes),
    positions: [...positions].map(([node, position]) => ({ node, position })),
    isMore: merged.length > chosen.length,
  }
}

interface PlacedRow {
  readonly arrival: number
  readonly node: string
  readonly life: number
  readonly sequence: number
  readonly us: number
  readonly ticks: number
}

/** By time, each no earlier than those before it in its own stream. */
function mergeStreams(rows: readonly PlacedRow[]): PlacedRow[] {
  const latest = new Map<string, { us: number; ticks: number }>()
  const timed = rows.map((row) => {
    const last = latest.get(row.node)
    const isBehind = last !== undefined && (last.us - row.us || last.ticks - row.ticks) > 0
    const at = isBehind ? last : { us: row.us, ticks: row.ticks }
    latest.set(row.node, at)
    return { row, at }
  })
  return timed.sort((a, b) => a.at.us - b.at.us || a.at.ticks - b.at.ticks).map(({ row }) => row)
}

type Value = string | number

function conditionOf({ fromUs, toUs, node, actor, component }: LogQuery): { where: string; values: Value[] } {
  const parts: { sql: string; values: Value[] }[] = []
  if (fromUs !== undefined) parts.push({ sql: 'us >= ?', values: [fromUs] })
  if (toUs !== undefined) parts.push({ sql: 'us <= ?', values: [toUs] })
  if (node !== undefined) parts.push({ sql: 'node = ?', values: [node] })
  if (actor !== undefined) parts.push(isBelow(actor))
  if (component !== undefined)
    parts.push(component.includes('/') ? isBelow(`component/${component}`) : isInstance(component))
  const where = parts.length === 0 ? '' : `WHERE ${parts.map(({ sql }) => sql).join(' AND ')}`
  return { where, values: parts.flatMap(({ values }) => values) }
}

function isBelow(name: string): { sql: string; values: Value[] } {
  return { sql: "(actor = ? OR substr(actor, 1, length(?) + 1) = ? || '/')", values: [name, name, name] }
}

/** `component/NODE/NAME`, and its places. */
function isInstance(name: string): { sql: string; values: Value[] } {
  const rest = "substr(actor, instr(substr(actor, 11), '/') + 11)"
  return {
    sql: `(substr(actor, 1, 10) = 'component/' AND (${rest} = ? OR substr(${rest}, 1, length(?) + 1) = ? || '/'))`,
    values: [name, name, name],
  }
}
