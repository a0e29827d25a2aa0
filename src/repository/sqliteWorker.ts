/**
 * The thread that writes: does what it is told in order, one transaction a batch. An entry point of its own, in the compiled
 * binary too (`scripts/build.ts`). After a failure it writes nothing more: a later change without an earlier one would be a gap.
 */
import { asStoreError, type FileChange, type FileContent, pathIn, SqliteFile } from './sqliteFile.ts'
import type { StoreErrorCode } from './storeError.ts'

export type WorkerCommand =
  | { readonly type: 'open'; readonly directory: string }
  | { readonly type: 'commit'; readonly changes: readonly FileChange[] }
  | { readonly type: 'close' }

export type WorkerReport =
  | { readonly type: 'opened'; readonly content: FileContent }
  | { readonly type: 'committed' }
  | { readonly type: 'failed'; readonly code: StoreErrorCode; readonly detail: string }
  | { readonly type: 'closed' }

declare const self: Worker

let file: SqliteFile | null = null
let path = ''

self.onmessage = ({ data }: MessageEvent<WorkerCommand>) => {
  try {
    obey(data)
  } catch (error) {
    const { code, detail } = asStoreError(path, error, file !== null)
    file?.close()
    file = null
    report({ type: 'failed', code, detail })
  }
}

function obey(command: WorkerCommand): void {
  if (command.type === 'open') {
    path = pathIn(command.directory)
    file = new SqliteFile(command.directory)
    report({ type: 'opened', content: file.read() })
  } else if (command.type === 'close') {
    file?.close()
    report({ type: 'closed' })
  } else if (file) {
    file.commit(command.changes)
    report({ type: 'committed' })
  }
}

function report(what: WorkerReport): void {
  self.postMessage(what)
}
