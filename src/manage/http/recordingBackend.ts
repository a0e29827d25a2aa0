/** Recordings that were opened, behind the HTTP interface: no cluster, and nothing to change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlackBoxNotFoundError } from '../../recorder/boxes.ts'
import { decodeHeader } from '../../recorder/format.ts'
import { segmentFileName } from '../../recorder/names.ts'
import { openRecordings, type Recordings } from '../../recorder/openRecordings.ts'
import type { Backend } from './backend.ts'
import { RecordingHistory } from './recordingHistory.ts'

export interface RecordingBackend extends Backend {
  readonly history: RecordingHistory
  /** Removes what was dropped and unpacked. */
  close(): void
}

/** Directories with black boxes, segments and bundles. Rejects with what `openRecordings` does. */
export async function recordingBackend(of: {
  readonly paths: readonly string[]
  readonly version: string
  readonly nowUs: () => number
}): Promise<RecordingBackend> {
  const paths = [...of.paths]
  let recordings = await openRecordings(paths)
  const history = new RecordingHistory(recordings.boxes)
  const dropped = new DropFolder()
  /** One at a time: each opens what the one before it has left. */
  let turn: Promise<unknown> = Promise.resolve()

  async function take(bytes: Uint8Array): Promise<void> {
    const path = dropped.put(bytes)
    let opened: Recordings
    try {
      opened = await openRecordings([...new Set([...paths, path])])
    } catch (error) {
      dropped.remove(path)
      if (error instanceof BlackBoxNotFoundError) throw new Error('it is neither a black-box segment nor a bundle')
      throw error
    }
    if (!paths.includes(path)) paths.push(path)
    history.open(opened.boxes)
    recordings.close()
    recordings = opened
  }

  return {
    get cluster() {
      return history.cluster
    },
    node: null,
    version: of.version,
    nowUs: of.nowUs,
    // Whoever has the files has what is in them.
    redact: (value) => value,
    history,
    live: null,
    addRecording({ bytes }) {
      const taken = turn.then(() => take(bytes))
      turn = taken.catch(() => {})
      return taken
    },
    close() {
      history.close()
      recordings.close()
      dropped.removeAll()
    },
  }
}

const droppedCountMax = 256

/** What was dropped on the page, as files: a segment under its own name, so that one dropped twice is there once. */
class DropFolder {
  #directory: string | null = null
  #count = 0

  put(bytes: Uint8Array): string {
    if (this.#count >= droppedCountMax) throw new Error(`${droppedCountMax} files were dropped already`)
    this.#directory ??= mkdtempSync(join(tmpdir(), 'rolecall-console-'))
    this.#count += 1
    const reading = decodeHeader(bytes)
    const name = reading.ok ? segmentFileName(reading.header) : `bundle-${this.#count}.tar.gz`
    const path = join(this.#directory, name)
    writeFileSync(path, bytes, { mode: 0o600 })
    return path
  }

  remove(path: string): void {
    rmSync(path, { force: true })
    this.#count -= 1
  }

  removeAll(): void {
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true })
    this.#directory = null
  }
}
