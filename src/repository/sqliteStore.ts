/** The store on disk, as the node sees it: a queue before the thread that writes (`sqliteWorker.ts`). */
import type { LogCommand } from '../../machines/logic/replicatedLog.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import { LogExtent } from './logExtent.ts'
import { type FileChange, type FileContent, pathIn, type StateRow } from './sqliteFile.ts'
import type { WorkerCommand, WorkerReport } from './sqliteWorker.ts'
import type { Store, StoreChange, StoreContent } from './store.ts'
import { StoreError } from './storeError.ts'
import { WriteQueue } from './writeQueue.ts'

/** What a change weighs besides its values. */
const overheadBytes = 64

/**
 * Opens the store in `directory`, making both if need be, for this process alone, and reads it. Rejects with a `StoreError` that
 * says what is wrong; nothing is ever repaired silently.
 */
export function openStore({ directory }: { directory: string }): Promise<Store> {
  const path = pathIn(directory)
  const worker = new Worker(workerPath(), { smol: true })
  const tell = (command: WorkerCommand) => worker.postMessage(command)
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new StoreError('store.unusable', path, message))
    worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
      if (data.type === 'opened') {
        resolve(new SqliteStore(worker, path, contentOf(data.content)))
      } else if (data.type === 'failed') {
        worker.terminate()
        reject(new StoreError(data.code, path, data.detail))
      }
    }
    tell({ type: 'open', directory })
  })
}

/** In the compiled binary every entry point lies below that of the program, as it does below `src/`. */
function workerPath(): string {
  const isCompiled = import.meta.url.startsWith('file:///$bunfs/')
  return new URL(isCompiled ? './repository/sqliteWorker.js' : './sqliteWorker.ts', import.meta.url).href
}

class SqliteStore implements Store {
  readonly initial: StoreContent
  readonly #worker: Worker
  readonly #path: string
  readonly #extent: LogExtent
  readonly #queue: WriteQueue<FileChange>
  #failure: StoreError | null = null
  #onFailure = (_: StoreError) => {}
  #onClosed = () => {}

  constructor(worker: Worker, path: string, initial: StoreContent) {
    this.initial = initial
    this.#worker = worker
    this.#path = path
    this.#extent = new LogExtent(initial)
    this.#queue = new WriteQueue((changes) => this.#tell({ type: 'commit', changes }))
    worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => this.#take(data)
    worker.onerror = ({ message }) => this.#fail(new StoreError('store.failed', path, message))
  }

  get isCongested(): boolean {
    return this.#queue.isCongested
  }

  write(change: StoreChange, onDurable?: () => void): void {
    this.#extent.take(change)
    const encoded = encodedChange(change)
    this.#queue.add(encoded, sizeBytesOf(encoded), onDurable)
  }

  onFailure(callback: (error: StoreError) => void): void {
    this.#onFailure = callback
    if (this.#failure) callback(this.#failure)
  }

  async close(): Promise<void> {
    await this.#queue.whenIdle()
    this.#queue.end()
    if (!this.#failure) {
      await new Promise<void>((resolve) => {
        this.#onClosed = resolve
        this.#tell({ type: 'close' })
      })
    }
    this.#worker.terminate()
  }

  #tell(command: WorkerCommand): void {
    this.#worker.postMessage(command)
  }

  #take(report: WorkerReport): void {
    if (report.type === 'committed') this.#queue.landed()
    else if (report.type === 'closed') this.#onClosed()
    else if (report.type === 'failed') this.#fail(new StoreError(report.code, this.#path, report.detail))
  }

  #fail(error: StoreError): void {
    if (this.#failure) return
    this.#failure = error
    this.#queue.end()
    this.#onClosed()
    this.#onFailure(error)
  }
}

function encodedChange({ put, state, ...rest }: StoreChange): FileChange {
  return {
    ...rest,
    // What the thread does not need it does not get: copying costs more than writing.
    ...(put && { put: put.map(({ index, epoch, bytes }) => ({ index, epoch, bytes })) }),
    ...(state && { state: { ...state, entries: state.entries.map(encodedEntry) } }),
  }
}

function encodedEntry({
  key,
  value,
  epoch,
  index,
}: {
  key: string
  value: unknown
  epoch: number
  index: number
}): StateRow {
  return { key, epoch, index, bytes: value === null ? null : encodeBody(value).slice() }
}

function sizeBytesOf({ put = [], state }: FileChange): number {
  let sizeBytes = overheadBytes
  for (const { bytes } of put) sizeBytes += bytes.length + overheadBytes
  for (const { key, bytes } of state?.entries ?? []) sizeBytes += key.length + (bytes?.length ?? 0) + overheadBytes
  return sizeBytes
}

function contentOf({ state, entries, ...rest }: FileContent): StoreContent {
  return {
    ...rest,
    state: state && {
      ...state,
      entries: state.entries.map(({ key, bytes, epoch, index }) => ({ key, value: decodeBody(bytes), epoch, index })),
    },
    entries: entries.map(({ index, epoch, bytes }) => ({
      index,
      epoch,
      command: decodeBody(bytes) as LogCommand,
      bytes,
    })),
  }
}
