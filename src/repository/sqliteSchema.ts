/** The tables of the store, and the checks when it is opened. */
import type { Database } from 'bun:sqlite'
import { StoreError } from './storeError.ts'

/** 'rcal': marks the file as ours. */
const applicationId = 0x7263616c
const formatVersion = 1

export interface Meta {
  readonly epoch: number
  readonly votedFor: string | null
  readonly commitIndex: number
  readonly appliedIndex: number
}

const tables = `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL, votedFor TEXT, commitIndex INTEGER NOT NULL, appliedIndex INTEGER NOT NULL, checksum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE entry ("index" INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, command BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
  CREATE TABLE state (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, epoch INTEGER NOT NULL, "index" INTEGER NOT NULL, checksum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES (1, 0, NULL, 0, 0, ${checksumOfMeta({ epoch: 0, votedFor: null, commitIndex: 0, appliedIndex: 0 })});
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`

/** SQLite finds a page that is torn, but not a byte that changed within a value: every row has a checksum of its own. */
export function checksumOfMeta({ epoch, votedFor, commitIndex, appliedIndex }: Meta): number {
  return Bun.hash.crc32(JSON.stringify([epoch, votedFor, commitIndex, appliedIndex]))
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
    database.transaction(() => database.run(tables))()
    return
  }
  if (id !== applicationId) throw new StoreError('store.foreign', path, 'is a database of something else')
  if (version !== formatVersion) {
    throw new StoreError('store.foreign', path, `has format ${version}; this release reads format ${formatVersion}`)
  }
}

/** Whether the file is sound as a database, and the log without gaps. The checksums of entries are looked at when they are read. */
export function verify(database: Database, path: string): void {
  const findings = database.query('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (findings.quick_check !== 'ok') throw new StoreError('store.corrupt', path, findings.quick_check)
  const meta = readMeta(database)
  if (meta === null) throw new StoreError('store.corrupt', path, 'epoch and vote are missing, or not what was written')
  const log = database.query('SELECT count(*) AS count, coalesce(max("index"), 0) AS last FROM entry').get() as {
    count: number
    last: number
  }
  if (log.count !== log.last)
    throw new StoreError('store.corrupt', path, `${log.count} entries up to ${log.last}: the log has gaps`)
  const known = Math.max(meta.commitIndex, meta.appliedIndex)
  if (known > log.last)
    throw new StoreError('store.corrupt', path, `the log ends at ${log.last}, but ${known} was committed`)
}

/** null: there is none, or it is not what was written. */
export function readMeta(database: Database): Meta | null {
  const row = database.query('SELECT * FROM meta').get() as (Meta & { checksum: number }) | null
  if (row === null || row.checksum !== checksumOfMeta(row)) return null
  const { epoch, votedFor, commitIndex, appliedIndex } = row
  return { epoch, votedFor, commitIndex, appliedIndex }
}

function pragma(database: Database, name: string): number {
  return Object.values(database.query(`PRAGMA ${name}`).get() as Record<string, number>)[0]!
}
