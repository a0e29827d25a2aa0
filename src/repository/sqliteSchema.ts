/** The tables of the store, and the checks when it is opened. */
import type { Database } from 'bun:sqlite'
import type { Members } from '../../machines/logic/replicatedLog.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import { StoreError } from './storeError.ts'

/** 'rcal': marks the file as ours. */
const applicationId = 0x7263616c
const formatVersion = 2

export interface Meta {
  readonly disk: string
  readonly cluster: string | null
  readonly epoch: number
  readonly votedFor: string | null
  readonly commitIndex: number
  /** Of the saved state; 0: there is none. */
  readonly appliedIndex: number
  readonly appliedEpoch: number
  readonly members: Members
}

interface MetaRow extends Omit<Meta, 'members'> {
  readonly members: Uint8Array
  readonly checksum: number
}

const tables = `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    disk TEXT NOT NULL, cluster TEXT, epoch INTEGER NOT NULL, votedFor TEXT, commitIndex INTEGER NOT NULL,
    appliedIndex INTEGER NOT NULL, appliedEpoch INTEGER NOT NULL, members BLOB NOT NULL, checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE entry ("index" INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, command BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
  CREATE TABLE state (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, epoch INTEGER NOT NULL, "index" INTEGER NOT NULL, checksum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`

/** SQLite finds a page that is torn, but not a byte that changed within a value: every row has a checksum of its own. */
function checksumOfMeta(row: Omit<MetaRow, 'checksum'>): number {
  const { members, disk, cluster, epoch, votedFor, commitIndex, appliedIndex, appliedEpoch } = row
  return checksumOfRow(
    members,
    JSON.stringify([disk, cluster, epoch, votedFor, commitIndex, appliedIndex, appliedEpoch]),
  )
}

/** Over the place too: a value that turns up elsewhere is as bad as a changed one. */
export function checksumOfRow(bytes: Uint8Array, ...place: readonly (string | number)[]): number {
  return Bun.hash.crc32(bytes, Bun.hash.crc32(JSON.stringify(place)))
}

export function prepareSchema(database: Database, path: string): void {
  // Before the first access: then SQLite keeps the lock, and no second process can open the file.
  database.run('PRAGMA locking_mode = EXCLUSIVE')
  database.run('PRAGMA journal_mode = WAL')
  database.run('PRAGMA synchronous = FULL')
  const id = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const { count } = database.query('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number }
  if (count === 0 && id === 0) {
    database.transaction(() => {
      database.run(tables)
      saveMeta(database)(emptyMeta())
    })()
    return
  }
  if (id !== applicationId) throw new StoreError('store.foreign', path, 'is a database of something else')
  if (version !== formatVersion) {
    throw new StoreError('store.foreign', path, `has format ${version}; this release reads format ${formatVersion}`)
  }
}

function emptyMeta(): Meta {
  const disk = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')
  return {
    disk,
    cluster: null,
    epoch: 0,
    votedFor: null,
    commitIndex: 0,
    appliedIndex: 0,
    appliedEpoch: 0,
    members: [],
  }
}

/** Whether the file is sound as a database, and the log without gaps. */
export function verify(database: Database, path: string): void {
  const damaged = (detail: string) => new StoreError('store.corrupt', path, detail)
  const findings = database.query('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (findings.quick_check !== 'ok') throw damaged(findings.quick_check)
  const meta = readMeta(database)
  if (meta === null) throw damaged('epoch and vote are missing, or not what was written')
  const log = database
    .query('SELECT count(*) AS count, min("index") AS first, max("index") AS last FROM entry')
    .get() as { count: number; first: number | null; last: number | null }
  const { first = null, last = null, count } = log
  if (first !== null && last !== null && (count !== last - first + 1 || first > meta.appliedIndex + 1)) {
    throw damaged(`${count} entries from ${first} to ${last}, and a state up to ${meta.appliedIndex}: the log has gaps`)
  }
  const known = Math.max(meta.commitIndex, meta.appliedIndex)
  const end = last ?? meta.appliedIndex
  if (known > end) throw damaged(`the log ends at ${end}, but ${known} was committed`)
}

/** null: there is none, or it is not what was written. */
export function readMeta(database: Database): Meta | null {
  const row = database.query('SELECT * FROM meta').get() as MetaRow | null
  if (row === null || row.checksum !== checksumOfMeta(row)) return null
  const { disk, cluster, epoch, votedFor, commitIndex, appliedIndex, appliedEpoch } = row
  const members = decodeBody(row.members) as Members
  return { disk, cluster, epoch, votedFor, commitIndex, appliedIndex, appliedEpoch, members }
}

export function saveMeta(database: Database): (meta: Meta) => void {
  const statement = database.query<
    unknown,
    [string, string | null, number, string | null, number, number, number, Uint8Array, number]
  >('INSERT OR REPLACE INTO meta VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  return (meta) => {
    const row = { ...meta, members: encodeBody(meta.members) }
    const { disk, cluster, epoch, votedFor, commitIndex, appliedIndex, appliedEpoch, members } = row
    statement.run(disk, cluster, epoch, votedFor, commitIndex, appliedIndex, appliedEpoch, members, checksumOfMeta(row))
  }
}

function pragma(database: Database, name: string): number {
  return Object.values(database.query(`PRAGMA ${name}`).get() as Record<string, number>)[0]!
}
