/**
 * The spool of one node on disk: its own records and the copies it holds of others'. Runs in a thread of its own (`spoolWorker.ts`).
 *
 * Invariants: of each node all that mattered up to its position has been put in here, and what lies above its floor is still here;
 * a position never goes back. Size and age are bounded: at the bound the oldest records go and the floor rises; what waits for an
 * archive is kept beyond its age, but not beyond the size. Whoever asks for what lies below the floor is told that there is a gap.
 */
import type { Database } from 'bun:sqlite'
import { decodeLogRecord, encodeLogRecord, gapRecord } from './codec.ts'
import { beginning, comparePositions, isAfter, type LogRecord, type StreamPosition } from './record.ts'
import { openSpoolFile } from './spoolSchema.ts'

/** Besides its bytes a record takes about so many, indexes included. */
export const recordOverheadBytes = 120

export interface SpoolLimits {
  readonly sizeBytesMax: number
  readonly ageMaxUs: number
  /** Records wait for the archive: at the bound of age those not archived stay. */
  readonly isArchived: boolean
}

export interface Batch {
  readonly node: string
  /** What the one who gathered it was told the receiver has. */
  readonly after: StreamPosition
  /** In the order of the stream, all after `after`. */
  readonly records: readonly Uint8Array[]
  readonly upTo: StreamPosition
  /** All that the node recorded up to this time is in it, or was before it; 0: there is more after it. */
  readonly completeUs: number
  /** What lies between `after` and here is gone for good. null: nothing is. */
  readonly gapTo?: StreamPosition | null
}

export interface Origin {
  readonly node: string
  readonly position: StreamPosition
  readonly completeUs: number
}

export type Appended =
  | { readonly ok: true; readonly origin: Origin }
  /** It does not follow what is here, or holds what is no record of that node. */
  | { readonly ok: false; readonly position: StreamPosition; readonly isMalformed: boolean }

/** What is cheap to know of a spool at any time. */
export interface SpoolSummary {
  readonly recordCount: number
  readonly sizeBytes: number
  readonly lostCount: number
  readonly oldestUs: number | null
  readonly newestUs: number | null
  readonly arrival: number
}

interface OriginRow {
  readonly node: string
  readonly life: number
  readonly sequence: number
  readonly completeUs: number
  readonly floorLife: number
  readonly floorSequence: number
}

export class Spool {
  readonly database: Database
  readonly name: string
  readonly setAside: { readonly path: string; readonly detail: string } | null
  isOpen = true
  sizeBytes = 0
  recordCount = 0
  /** Had to go unarchived. */
  lostCount = 0

  constructor(directory: string) {
    const { database, name, setAside, recordCount, byteCount } = openSpoolFile(directory)
    this.database = database
    this.name = name
    this.setAside = setAside
    this.recordCount = recordCount
    this.sizeBytes = byteCount + recordCount * recordOverheadBytes
  }

  /** The stream of this node begins here with this life, unless it has begun. */
  begin(node: string, incarnation: number): void {
    this.database.query('INSERT OR IGNORE INTO origin VALUES (?, ?, 0, 0, 0, 0)').run(node, incarnation)
  }

  close(): void {
    this.isOpen = false
    this.database.close()
  }

  summary(): SpoolSummary {
    const { recordCount, sizeBytes, lostCount } = this
    const { oldestUs, newestUs } = this.extent()
    return { recordCount, sizeBytes, lostCount, oldestUs, newestUs, arrival: this.newestArrival() }
  }

  origins(): Origin[] {
    return (this.database.query('SELECT * FROM origin ORDER BY node').all() as OriginRow[]).map(originOf)
  }

  positionOf(node: string): StreamPosition {
    const row = this.#origin(node)
    return row ? { incarnation: row.life, sequence: row.sequence } : beginning
  }

  /** Puts a batch in, as a whole or not at all. What is here already is passed over. */
  append(batch: Batch): Appended {
    const position = this.positionOf(batch.node)
    const wrong = (isMalformed: boolean): Appended => ({ ok: false, position, isMalformed })
    if (isAfter(batch.after, position)) return wrong(false)
    const decoded = batch.records.map((bytes) => ({ bytes, record: decodeLogRecord(bytes) }))
    const known = decoded.filter((one): one is { bytes: Uint8Array; record: LogRecord } => one.record !== null)
    if (
      known.length < decoded.length ||
      !isInOrder(
        batch,
        known.map(({ record }) => record),
      )
    )
      return wrong(true)
    const fresh = known.filter(({ record }) => isAfter(record, position))
    const { gapTo = null } = batch
    if (gapTo && isAfter(gapTo, position) && position !== beginning) {
      const us = fresh[0]?.record.time.us ?? batch.completeUs
      const record = gapRecord({ node: batch.node, from: position, to: gapTo, us })
      if (!fresh[0] || isAfter(fresh[0].record, gapTo)) fresh.unshift({ record, bytes: encodeLogRecord(record) })
    }
    // A node's records are in the order of its clock: what is older than the last is all here.
    const lastUs = (fresh.at(-1)?.record.time.us ?? 1) - 1
    this.database.transaction(() => {
      for (const { record, bytes } of fresh) this.#insert(record, bytes)
      this.#save({ ...batch, completeUs: Math.max(batch.completeUs, lastUs) }, position)
    })()
    // Only now: what a full disk took back must not count towards the bound.
    this.recordCount += fresh.length
    for (const { bytes } of fresh) this.sizeBytes += bytes.length + recordOverheadBytes
    return { ok: true, origin: originOf(this.#origin(batch.node)!) }
  }

  #insert(record: LogRecord, bytes: Uint8Array): void {
    const { node, incarnation, sequence, time, actor } = record
    this.database
      .query(
        'INSERT OR IGNORE INTO record (node, life, sequence, us, ticks, actor, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(node, incarnation, sequence, time.us, time.count, actor, bytes)
  }

  #save({ node, upTo, completeUs }: Batch, position: StreamPosition): void {
    const { incarnation, sequence } = isAfter(upTo, position) ? upTo : position
    this.database
      .query(
        `INSERT INTO origin VALUES (?1, ?2, ?3, ?4, 0, 0)
         ON CONFLICT (node) DO UPDATE SET life = ?2, sequence = ?3, completeUs = max(completeUs, ?4)`,
      )
      .run(node, incarnation, sequence, completeUs)
  }

  /** What follows a position of one node, at most so many bytes, but one record at least. */
  following(node: string, after: StreamPosition, limit: { bytes: number; count: number }): Batch {
    const origin = this.#origin(node)
    const position = this.positionOf(node)
    const base = { node, after, completeUs: origin?.completeUs ?? 0 }
    const floor = origin ? { incarnation: origin.floorLife, sequence: origin.floorSequence } : beginning
    const gapTo = isAfter(floor, after) ? floor : null
    const records: Uint8Array[] = []
    let upTo = gapTo ?? after
    let bytesLeft = limit.bytes
    const rows = this.database
      .query(
        'SELECT life, sequence, bytes FROM record WHERE node = ? AND (life, sequence) > (?, ?) ORDER BY life, sequence LIMIT ?',
      )
      .all(node, upTo.incarnation, upTo.sequence, limit.count) as {
      life: number
      sequence: number
      bytes: Uint8Array
    }[]
    for (const { life, sequence, bytes } of rows) {
      if (records.length > 0 && bytes.length > bytesLeft) break
      records.push(bytes)
      bytesLeft -= bytes.length
      upTo = { incarnation: life, sequence }
    }
    const isAll = records.length === rows.length && rows.length < limit.count
    if (isAll) return { ...base, records, upTo: isAfter(position, upTo) ? position : upTo, gapTo }
    return { ...base, records, upTo, completeUs: 0, gapTo }
  }

  newestArrival(): number {
    const row = this.database.query("SELECT seq FROM sqlite_sequence WHERE name = 'record'").get() as {
      seq: number
    } | null
    return row?.seq ?? 0
  }

  /** Each by itself, as SQLite looks up the end of an index only for one at a time: this comes with every answer. */
  extent(): { oldestUs: number | null; newestUs: number | null; oldestArrival: number | null } {
    const one = (what: string) => `(SELECT ${what} FROM record)`
    return this.database
      .query(
        `SELECT ${one('min(us)')} AS oldestUs, ${one('max(us)')} AS newestUs, ${one('min(arrival)')} AS oldestArrival`,
      )
      .get() as { oldestUs: number | null; newestUs: number | null; oldestArrival: number | null }
  }

  /** Lets the oldest go until size and age are within their bounds again, at most `countMax` of them. Returns how many went. */
  trim(limits: SpoolLimits, nowUs: number, countMax = 2000): number {
    const isTooOld = (us: number) => us < nowUs - limits.ageMaxUs
    const archived = limits.isArchived ? this.archived() : null
    const oldest = this.database
      .query('SELECT arrival, node, life, sequence, us, length(bytes) AS size FROM record ORDER BY us LIMIT ?')
      .all(countMax) as { arrival: number; node: string; life: number; sequence: number; us: number; size: number }[]
    const gone: typeof oldest = []
    let { sizeBytes, lostCount } = this
    for (const row of oldest) {
      const isWaiting =
        archived !== null &&
        isAfter({ incarnation: row.life, sequence: row.sequence }, archived.get(row.node) ?? beginning)
      const isOver = sizeBytes > limits.sizeBytesMax
      if (!isOver && !isTooOld(row.us)) break
      if (!isOver && isWaiting) continue
      if (isWaiting) lostCount += 1
      gone.push(row)
      sizeBytes -= row.size + recordOverheadBytes
    }
    if (gone.length === 0) return 0
    this.database.transaction(() => {
      const remove = this.database.query('DELETE FROM record WHERE arrival = ?')
      for (const { arrival } of gone) remove.run(arrival)
      this.#raiseFloors(gone)
    })()
    this.recordCount -= gone.length
    this.sizeBytes = sizeBytes
    this.lostCount = lostCount
    return gone.length
  }

  #raiseFloors(gone: readonly { node: string; life: number; sequence: number }[]): void {
    const raise = this.database.query(
      'UPDATE origin SET floorLife = ?2, floorSequence = ?3 WHERE node = ?1 AND (floorLife, floorSequence) < (?2, ?3)',
    )
    for (const { node, life, sequence } of gone) raise.run(node, life, sequence)
  }

  archived(): Map<string, StreamPosition> {
    const rows = this.database.query('SELECT * FROM archived').all() as {
      node: string
      life: number
      sequence: number
    }[]
    return new Map(rows.map(({ node, life, sequence }) => [node, { incarnation: life, sequence }]))
  }

  /** Up to these places the archive has them. None goes back. */
  setArchived(positions: readonly { readonly node: string; readonly position: StreamPosition }[]): void {
    const known = this.archived()
    const later = positions.filter(({ node, position }) => comparePositions(position, known.get(node) ?? beginning) > 0)
    if (later.length === 0) return
    this.database.transaction(() => {
      const save = this.database.query('INSERT OR REPLACE INTO archived VALUES (?, ?, ?)')
      for (const { node, position } of later) save.run(node, position.incarnation, position.sequence)
    })()
  }

  #origin(node: string): OriginRow | null {
    return this.database.query('SELECT * FROM origin WHERE node = ?').get(node) as OriginRow | null
  }
}

function originOf({ node, life, sequence, completeUs }: OriginRow): Origin {
  return { node, position: { incarnation: life, sequence }, completeUs }
}

function isInOrder({ node, after, upTo }: Batch, records: readonly LogRecord[]): boolean {
  let last = after
  for (const record of records) {
    if (record.node !== node || !isAfter(record, last)) return false
    last = record
  }
  return !isAfter(last, upTo)
}
