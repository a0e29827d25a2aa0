/** The tables of the store, and the checks when it is opened. */
import type { Database } from 'bun:sqlite'
import { StoreError } from './storeError.ts'

/** 'rcal': marks the file as ours. */
const applicationId = 0x7263616c
const formatVersion = 1

const tables = `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL, votedFor TEXT, commitIndex INTEGER NOT NULL, appliedIndex INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE entry ("index" INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, command BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
  CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL, epoch INTEGER NOT NULL, "index" INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES (1, 0, NULL, 0, 0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`

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

/** Whether the file is sound as a database, and the log without gaps. The entries' own checksums are looked at when they are read. */
export function verify(database: Database, path: string): void {
  const findings = database.query('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (findings.quick_check !== 'ok') throw new StoreError('store.corrupt', path, findings.quick_check)
  const meta = database.query('SELECT commitIndex, appliedIndex FROM meta').get() as {
    commitIndex: number
    appliedIndex: number
  } | null
  if (meta === null) throw new StoreError('store.corrupt', path, 'epoch and vote are missing')
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

function pragma(database: Database, name: string): number {
  return Object.values(database.query(`PRAGMA ${name}`).get() as Record<string, number>)[0]!
}
