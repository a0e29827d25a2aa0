/** The tables of a spool, and its opening. One that cannot be read is set aside: the black boxes and the other nodes have it too. */
import { Database } from 'bun:sqlite'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** 'rclg': marks the file as ours. */
const applicationId = 0x72636c67
const formatVersion = 1

const tables = `
  CREATE TABLE record (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    node TEXT NOT NULL, life INTEGER NOT NULL, sequence INTEGER NOT NULL,
    us INTEGER NOT NULL, ticks INTEGER NOT NULL, actor TEXT NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX record_place ON record (node, life, sequence);
  CREATE INDEX record_time ON record (us, ticks, node, life, sequence);
  CREATE TABLE origin (
    node TEXT PRIMARY KEY, life INTEGER NOT NULL, sequence INTEGER NOT NULL, completeUs INTEGER NOT NULL,
    floorLife INTEGER NOT NULL, floorSequence INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE archived (node TEXT PRIMARY KEY, life INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE store (name TEXT NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`

const spoolPathIn = (directory: string) => join(directory, 'log.sqlite')

export interface OpenedSpool {
  readonly database: Database
  /** Of this store: positions of another mean nothing here. */
  readonly name: string
  /** Where an unreadable one before it went. */
  readonly setAside: { readonly path: string; readonly detail: string } | null
  readonly recordCount: number
  /** Of the records' own bytes. */
  readonly byteCount: number
}

/** Throws what the file system or SQLite throw for a directory in which nothing can be made. */
export function openSpoolFile(directory: string): OpenedSpool {
  mkdirSync(directory, { recursive: true, mode: 0o750 })
  const path = spoolPathIn(directory)
  try {
    return { ...prepare(path), setAside: null }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    if (!existsSync(path) || isBusy(error)) throw error
    const aside = `${path}.unreadable`
    renameSync(path, aside)
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
    return { ...prepare(path), setAside: { path: aside, detail } }
  }
}

function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED|FULL|CANTOPEN|READONLY|IOERR)/.test(String((error as { code?: unknown }).code ?? ''))
}

function prepare(path: string): Omit<OpenedSpool, 'setAside'> {
  const database = new Database(path, { create: true, strict: true })
  try {
    database.run('PRAGMA locking_mode = EXCLUSIVE')
    database.run('PRAGMA journal_mode = WAL')
    // The end of the process loses nothing; the loss of power the last moments at most, which others have or the black box has.
    database.run('PRAGMA synchronous = NORMAL')
    database.run('PRAGMA journal_size_limit = 8388608')
    database.run('PRAGMA cache_size = -2048')
    const name = storeNameIn(database)
    // Goes through all of the table: one that is damaged is found here, where it can be set aside.
    const sums = database.query(
      'SELECT count(*) AS recordCount, coalesce(sum(length(bytes)), 0) AS byteCount FROM record',
    )
    return { database, name, ...(sums.get() as { recordCount: number; byteCount: number }) }
  } catch (error) {
    database.close()
    throw error
  }
}

function storeNameIn(database: Database): string {
  const [id, version] = ['application_id', 'user_version'].map(
    (name) => Object.values(database.query(`PRAGMA ${name}`).get() as Record<string, number>)[0]!,
  )
  if (id === 0) {
    database.transaction(() => {
      database.run(tables)
      database.query('INSERT INTO store VALUES (?)').run(crypto.randomUUID().slice(0, 8))
    })()
  } else if (id !== applicationId || version !== formatVersion) {
    throw new Error(`it is of format ${id}:${version}; this release reads ${applicationId}:${formatVersion}`)
  }
  return (database.query('SELECT name FROM store').get() as { name: string }).name
}
