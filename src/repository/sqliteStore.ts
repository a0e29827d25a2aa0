/** The store as a file of SQLite, in WAL mode with `synchronous=FULL`: every transaction is on disk when it ends. */
import { Database, SQLiteError, type Statement } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DurableState, LogCommand } from '../../machines/logic/replicatedLog.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import type { KeptEntry } from './entry.ts'
import { prepareSchema, verify } from './sqliteSchema.ts'
import type { AppliedState, Store } from './store.ts'
import { StoreError } from './storeError.ts'

interface MetaRow {
  epoch: number
  votedFor: string | null
  commitIndex: number
  appliedIndex: number
}

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
  readonly #saveVote: Statement<never, [number, string | null]>
  readonly #append: (entries: readonly KeptEntry[], commitIndex: number) => void
  readonly #saveState: (change: AppliedState) => void
  durable: DurableState
  commitIndex: number
  lastIndex: number

  constructor(database: Database, path: string) {
    this.#database = database
    this.#path = path
    const meta = database.query('SELECT epoch, votedFor, commitIndex FROM meta').get() as MetaRow
    this.durable = { epoch: meta.epoch, votedFor: meta.votedFor }
    this.commitIndex = meta.commitIndex
    this.lastIndex =
      (database.query('SELECT max("index") AS last FROM entry').get() as { last: number | null }).last ?? 0
    this.#epochAt = database.query('SELECT epoch FROM entry WHERE "index" = ?')
    this.#read = database.query('SELECT * FROM entry WHERE "index" >= ? ORDER BY "index" LIMIT ?')
    this.#saveVote = database.query('UPDATE meta SET epoch = ?, votedFor = ?')
    this.#append = this.#appendTransaction()
    this.#saveState = this.#saveStateTransaction()
  }

  epochAt(index: number): number | null {
    if (index === 0) return 0
    return index > this.lastIndex ? null : (this.#epochAt.get(index)?.epoch ?? null)
  }

  read(index: number, countMax: number): readonly KeptEntry[] {
    return this.#read.all(index, countMax).map((row) => {
      if (checksumOf(row) !== row.checksum) throw this.#damaged(`entry ${row.index} is not what was written`)
      return { index: row.index, epoch: row.epoch, command: decodeBody(row.command) as LogCommand, bytes: row.command }
    })
  }

  saveVote(durable: DurableState): void {
    this.#saveVote.run(durable.epoch, durable.votedFor)
    this.durable = durable
  }

  append(entries: readonly KeptEntry[], commitIndex: number): void {
    const first = entries[0]
    if (!first) return
    if (first.index > this.lastIndex + 1) throw new Error(`entry ${first.index} after ${this.lastIndex} leaves a gap`)
    this.#append(entries, commitIndex)
    this.lastIndex = entries.at(-1)!.index
    this.commitIndex = commitIndex
  }

  readState(): AppliedState {
    const { appliedIndex } = this.#database.query('SELECT appliedIndex FROM meta').get() as MetaRow
    const rows = this.#database.query('SELECT * FROM state').all() as StateRow[]
    return { appliedIndex, entries: rows.map((row) => ({ ...row, value: decodeBody(row.value) })) }
  }

  saveState(change: AppliedState): void {
    this.#saveState(change)
  }

  close(): void {
    this.#database.close()
  }

  #appendTransaction() {
    const truncate = this.#database.query<unknown, [number]>('DELETE FROM entry WHERE "index" >= ?')
    const insert = this.#database.query<unknown, [number, number, Uint8Array, number]>(
      'INSERT INTO entry VALUES (?, ?, ?, ?)',
    )
    const note = this.#database.query<unknown, [number]>('UPDATE meta SET commitIndex = ?')
    return this.#database.transaction((entries: readonly KeptEntry[], commitIndex: number) => {
      if (entries[0]!.index <= this.lastIndex) truncate.run(entries[0]!.index)
      for (const { index, epoch, bytes } of entries) {
        insert.run(index, epoch, bytes, checksumOf({ index, epoch, command: bytes }))
      }
      if (commitIndex !== this.commitIndex) note.run(commitIndex)
    })
  }

  #saveStateTransaction() {
    const remove = this.#database.query<unknown, [string]>('DELETE FROM state WHERE key = ?')
    const put = this.#database.query<unknown, [string, Uint8Array, number, number]>(
      'INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)',
    )
    const note = this.#database.query<unknown, [number, number]>(
      'UPDATE meta SET appliedIndex = ?, commitIndex = max(commitIndex, ?)',
    )
    return this.#database.transaction(({ appliedIndex, entries }: AppliedState) => {
      for (const { key, value, epoch, index } of entries) {
        if (value === null) remove.run(key)
        else put.run(key, encodeBody(value), epoch, index)
      }
      note.run(appliedIndex, appliedIndex)
    })
  }

  #damaged(detail: string): StoreError {
    return new StoreError('store.corrupt', this.#path, detail)
  }
}

/** Over the place too: an entry that turns up elsewhere is as bad as a changed one. */
function checksumOf({ index, epoch, command }: Pick<EntryRow, 'index' | 'epoch' | 'command'>): number {
  return Bun.hash.crc32(command, Bun.hash.crc32(`${index}:${epoch}`))
}
