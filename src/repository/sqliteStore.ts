/** The store as a file of SQLite, in WAL mode with `synchronous=FULL`: every transaction is on disk when it ends. */
import { Database, SQLiteError, type Statement } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DurableState, LogCommand } from '../../machines/logic/replicatedLog.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import type { KeptEntry } from './entry.ts'
import { checksumOfMeta, checksumOfRow, type Meta, prepareSchema, readMeta, verify } from './sqliteSchema.ts'
import type { AppliedState, Store } from './store.ts'
import { StoreError } from './storeError.ts'
import type { TreeEntry } from './tree.ts'

interface EntryRow {
  index: number
  epoch: number
  command: Uint8Array
  checksum: number
}

interface StateRow {
  key: string
  value: Uint8Array
  epoch: number
  index: number
  checksum: number
}

/**
 * Opens the store in `directory`, making both if need be, for this process alone. Throws a `StoreError` that says what is wrong:
 * nothing is ever repaired silently, since a voter that forgot its vote could help to elect a second master.
 */
export function openStore({ directory }: { directory: string }): Store {
  const path = join(directory, 'repository.sqlite')
  let database: Database | undefined
  try {
    mkdirSync(directory, { recursive: true })
    database = new Database(path, { create: true, strict: true })
    prepareSchema(database, path)
    verify(database, path)
    return new SqliteStore(database, path)
  } catch (error) {
    database?.close()
    throw asStoreError(path, error)
  }
}

function asStoreError(path: string, error: unknown): unknown {
  if (error instanceof StoreError) return error
  if (!(error instanceof SQLiteError)) {
    return new StoreError('store.unusable', path, error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
  const code = error.code ?? ''
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new StoreError('store.locked', path, 'another process has it open', { cause: error })
  }
  const isDamaged = code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')
  return new StoreError(isDamaged ? 'store.corrupt' : 'store.unusable', path, error.message, { cause: error })
}

class SqliteStore implements Store {
  readonly #database: Database
  readonly #path: string
  readonly #epochAt: Statement<{ epoch: number }, [number]>
  readonly #read: Statement<EntryRow, [number, number]>
  readonly #saveMeta: Statement<unknown, [number, string | null, number, number, number]>
  readonly #append: (entries: readonly KeptEntry[], meta: Meta) => void
  readonly #saveState: (entries: readonly TreeEntry[], meta: Meta) => void
  #meta: Meta
  #lastIndex: number

  constructor(database: Database, path: string) {
    this.#database = database
    this.#path = path
    this.#meta = readMeta(database)!
    this.#lastIndex =
      (database.query('SELECT max("index") AS last FROM entry').get() as { last: number | null }).last ?? 0
    this.#epochAt = database.query('SELECT epoch FROM entry WHERE "index" = ?')
    this.#read = database.query('SELECT * FROM entry WHERE "index" >= ? ORDER BY "index" LIMIT ?')
    this.#saveMeta = database.query(
      'UPDATE meta SET epoch = ?, votedFor = ?, commitIndex = ?, appliedIndex = ?, checksum = ?',
    )
    this.#append = this.#appendTransaction()
    this.#saveState = this.#saveStateTransaction()
  }

  get durable(): DurableState {
    const { epoch, votedFor } = this.#meta
    return { epoch, votedFor }
  }

  get commitIndex(): number {
    return this.#meta.commitIndex
  }

  get lastIndex(): number {
    return this.#lastIndex
  }

  epochAt(index: number): number | null {
    if (index === 0) return 0
    return index > this.#lastIndex ? null : (this.#epochAt.get(index)?.epoch ?? null)
  }

  read(index: number, countMax: number): readonly KeptEntry[] {
    return this.#read.all(index, countMax).map(({ index, epoch, command: bytes, checksum }) => {
      if (checksumOfRow(bytes, index, epoch) !== checksum) throw this.#damaged(`entry ${index}`)
      return { index, epoch, command: decodeBody(bytes) as LogCommand, bytes }
    })
  }

  saveVote(durable: DurableState): void {
    const meta = { ...this.#meta, ...durable }
    this.#put(meta)
    this.#meta = meta
  }

  append(entries: readonly KeptEntry[], commitIndex: number): void {
    const first = entries[0]
    if (!first) return
    if (first.index > this.#lastIndex + 1) throw new Error(`entry ${first.index} after ${this.#lastIndex} leaves a gap`)
    const last = entries.at(-1)!.index
    const meta = { ...this.#meta, commitIndex: Math.max(this.#meta.commitIndex, commitIndex) }
    this.#append(entries, meta)
    this.#lastIndex = last
    this.#meta = meta
  }

  readState(): AppliedState {
    const rows = this.#database.query('SELECT * FROM state').all() as StateRow[]
    const entries = rows.map(({ key, value, epoch, index, checksum }) => {
      if (checksumOfRow(value, key, epoch, index) !== checksum) throw this.#damaged(`the value of ${key}`)
      return { key, value: decodeBody(value), epoch, index }
    })
    return { appliedIndex: this.#meta.appliedIndex, entries }
  }

  saveState({ appliedIndex, entries }: AppliedState): void {
    const meta = { ...this.#meta, appliedIndex, commitIndex: Math.max(this.#meta.commitIndex, appliedIndex) }
    this.#saveState(entries, meta)
    this.#meta = meta
  }

  close(): void {
    this.#database.close()
  }

  #put(meta: Meta): void {
    this.#saveMeta.run(meta.epoch, meta.votedFor, meta.commitIndex, meta.appliedIndex, checksumOfMeta(meta))
  }

  #appendTransaction() {
    const truncate = this.#database.query<unknown, [number]>('DELETE FROM entry WHERE "index" >= ?')
    const insert = this.#database.query<unknown, [number, number, Uint8Array, number]>(
      'INSERT INTO entry VALUES (?, ?, ?, ?)',
    )
    return this.#database.transaction((entries: readonly KeptEntry[], meta: Meta) => {
      if (entries[0]!.index <= this.#lastIndex) truncate.run(entries[0]!.index)
      for (const { index, epoch, bytes } of entries) insert.run(index, epoch, bytes, checksumOfRow(bytes, index, epoch))
      if (meta.commitIndex !== this.#meta.commitIndex) this.#put(meta)
    })
  }

  #saveStateTransaction() {
    const remove = this.#database.query<unknown, [string]>('DELETE FROM state WHERE key = ?')
    const insert = this.#database.query<unknown, [string, Uint8Array, number, number, number]>(
      'INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?)',
    )
    return this.#database.transaction((entries: readonly TreeEntry[], meta: Meta) => {
      for (const { key, value, epoch, index } of entries) {
        const bytes = value === null ? null : encodeBody(value)
        if (bytes === null) remove.run(key)
        else insert.run(key, bytes, epoch, index, checksumOfRow(bytes, key, epoch, index))
      }
      this.#put(meta)
    })
  }

  #damaged(what: string): StoreError {
    return new StoreError('store.corrupt', this.#path, `${what} is not what was written`)
  }
}
