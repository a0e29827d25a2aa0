/**
 * The store as a file of SQLite, in WAL mode with `synchronous=FULL`: every transaction is on disk when it ends. Runs in the thread
 * that writes (`sqliteWorker.ts`) and blocks it; the rest of the node never waits for it.
 */
import { Database, SQLiteError } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Members, Position } from '../../machines/logic/replicatedLog.ts'
import { checksumOfRow, type Meta, prepareSchema, readMeta, saveMeta, verify } from './sqliteSchema.ts'
import type { StoreChange, StoreContent } from './store.ts'
import { StoreError } from './storeError.ts'

/** An entry, its command as msgpack. */
export interface EntryRow extends Position {
  readonly bytes: Uint8Array
}

/** A key, its value as msgpack; null deletes it. */
export interface StateRow<Bytes = Uint8Array | null> extends Position {
  readonly key: string
  readonly bytes: Bytes
}

interface StateRows<Row> {
  readonly at: Position
  readonly members: Members
  readonly entries: readonly Row[]
}

/** `StoreChange` as it goes to the thread that writes. */
export interface FileChange
  extends Pick<StoreChange, 'cluster' | 'durable' | 'isLogReset' | 'commitIndex' | 'dropBefore'> {
  readonly put?: readonly EntryRow[]
  readonly state?: StateRows<StateRow> & { readonly isWhole: boolean }
}

/** `StoreContent` as it comes from there. */
export interface FileContent extends Pick<StoreContent, 'disk' | 'cluster' | 'durable' | 'commitIndex'> {
  readonly state: StateRows<StateRow<Uint8Array>> | null
  readonly entries: readonly EntryRow[]
}

export const pathIn = (directory: string) => join(directory, 'repository.sqlite')

/** What went wrong, as a `StoreError`; `isWriting`: with a store that was sound when it was opened. */
export function asStoreError(path: string, error: unknown, isWriting: boolean): StoreError {
  if (error instanceof StoreError) return error
  const detail = error instanceof Error ? error.message : String(error)
  const because = { cause: error }
  const code = error instanceof SQLiteError ? (error.code ?? '') : ''
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new StoreError('store.locked', path, 'another process has it open', because)
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return new StoreError('store.corrupt', path, detail, because)
  if (code.startsWith('SQLITE_FULL')) return new StoreError('store.full', path, detail, because)
  return new StoreError(isWriting ? 'store.failed' : 'store.unusable', path, detail, because)
}

export class SqliteFile {
  readonly #database: Database
  readonly #path: string
  readonly #commit: (changes: readonly FileChange[]) => Meta
  #meta: Meta

  /**
   * Opens the store in `directory`, making both if need be, for this process alone. Throws a `StoreError` that says what is
   * wrong: nothing is ever repaired silently, since a voter that forgot its vote could help to elect a second master.
   */
  constructor(directory: string) {
    const path = pathIn(directory)
    let database: Database | undefined
    try {
      mkdirSync(directory, { recursive: true })
      database = new Database(path, { create: true, strict: true })
      prepareSchema(database, path)
      verify(database, path)
      this.#path = path
      this.#database = database
      this.#meta = readMeta(database)!
      this.#commit = this.#transaction()
    } catch (error) {
      database?.close()
      throw asStoreError(path, error, false)
    }
  }

  /** All of it. Throws a `StoreError` for whatever is not as it was written. */
  read(): FileContent {
    const { disk, cluster, epoch, votedFor, commitIndex, appliedIndex, appliedEpoch, members } = this.#meta
    const at = { index: appliedIndex, epoch: appliedEpoch }
    const state = appliedIndex === 0 ? null : { at, members, entries: this.#readState() }
    return { disk, cluster, durable: { epoch, votedFor }, commitIndex, state, entries: this.#readEntries() }
  }

  /** All changes are durable when this returns. Throws a `StoreError`: none of them is. */
  commit(changes: readonly FileChange[]): void {
    try {
      this.#meta = this.#commit(changes)
    } catch (error) {
      throw asStoreError(this.#path, error, true)
    }
  }

  close(): void {
    this.#database.close()
  }

  #readEntries(): EntryRow[] {
    const rows = this.#database.query('SELECT * FROM entry ORDER BY "index"').all() as {
      index: number
      epoch: number
      command: Uint8Array
      checksum: number
    }[]
    return rows.map(({ index, epoch, command: bytes, checksum }) => {
      if (checksumOfRow(bytes, index, epoch) !== checksum) throw this.#damaged(`entry ${index}`)
      return { index, epoch, bytes }
    })
  }

  #readState(): StateRow<Uint8Array>[] {
    const rows = this.#database.query('SELECT * FROM state').all() as {
      key: string
      value: Uint8Array
      epoch: number
      index: number
      checksum: number
    }[]
    return rows.map(({ key, value: bytes, epoch, index, checksum }) => {
      if (checksumOfRow(bytes, key, epoch, index) !== checksum) throw this.#damaged(`the value of ${key}`)
      return { key, bytes, epoch, index }
    })
  }

  #transaction() {
    const database = this.#database
    const saveState = this.#saveState()
    const putEntries = this.#putEntries()
    const drop = database.query<unknown, [number]>('DELETE FROM entry WHERE "index" < ?')
    const empty = database.query('DELETE FROM entry')
    const save = saveMeta(database)
    return database.transaction((changes: readonly FileChange[]) => {
      let meta = this.#meta
      for (const { cluster, durable, state, isLogReset, put, commitIndex = 0, dropBefore } of changes) {
        if (cluster !== undefined) meta = { ...meta, cluster }
        if (durable) meta = { ...meta, ...durable }
        if (state) {
          saveState(state)
          const { at, members } = state
          meta = { ...meta, appliedIndex: at.index, appliedEpoch: at.epoch, members }
        }
        if (isLogReset) empty.run()
        if (put) putEntries(put)
        const known = Math.max(commitIndex, meta.appliedIndex)
        if (known > meta.commitIndex) meta = { ...meta, commitIndex: known }
        if (dropBefore !== undefined) drop.run(dropBefore)
      }
      if (meta !== this.#meta) save(meta)
      return meta
    })
  }

  #putEntries() {
    const truncate = this.#database.query<unknown, [number]>('DELETE FROM entry WHERE "index" >= ?')
    const insert = this.#database.query<unknown, [number, number, Uint8Array, number]>(
      'INSERT INTO entry VALUES (?, ?, ?, ?)',
    )
    return (entries: readonly EntryRow[]) => {
      if (entries[0]) truncate.run(entries[0].index)
      for (const { index, epoch, bytes } of entries) insert.run(index, epoch, bytes, checksumOfRow(bytes, index, epoch))
    }
  }

  #saveState() {
    const empty = this.#database.query('DELETE FROM state')
    const remove = this.#database.query<unknown, [string]>('DELETE FROM state WHERE key = ?')
    const insert = this.#database.query<unknown, [string, Uint8Array, number, number, number]>(
      'INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?)',
    )
    return ({ entries, isWhole }: { entries: readonly StateRow[]; isWhole: boolean }) => {
      if (isWhole) empty.run()
      for (const { key, bytes, epoch, index } of entries) {
        if (bytes === null) remove.run(key)
        else insert.run(key, bytes, epoch, index, checksumOfRow(bytes, key, epoch, index))
      }
    }
  }

  #damaged(what: string): StoreError {
    return new StoreError('store.corrupt', this.#path, `${what} is not what was written`)
  }
}
