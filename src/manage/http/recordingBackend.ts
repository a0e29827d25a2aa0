/** Recordings that were opened, behind the HTTP interface: no cluster, and nothing to change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redactor } from '../../bundle/redact.ts'
import { learnFromLife } from '../../bundle/redactLife.ts'
import { BlackBoxNotFoundError } from '../../recorder/boxes.ts'
import { decodeHeader } from '../../recorder/format.ts'
import { segmentSuffix } from '../../recorder/names.ts'
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
  const redactor = new Redactor()
  learn(recordings, redactor)
  const dropped = new DropFolder()
  /** One at a time: each opens what the one before it has left. */
  let turn: Promise<unknown> = Promise.resolve()

  async function take(bytes: Uint8Array): Promise<void> {
    const path = dropped.put(bytes)
    const isKnown = paths.includes(path)
    let opened: Recordings
    try {
      opened = await openRecordings(isKnown ? paths : [...paths, path])
    } catch (error) {
      if (!isKnown) dropped.remove(path)
      if (error instanceof BlackBoxNotFoundError) throw new Error('it is neither a black-box segment nor a bundle')
      throw error
    }
    if (!isKnown) paths.push(path)
    learn(opened, redactor)
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
    // Who may read the files is not everybody who reaches the port: on loopback that is whoever works on the machine.
    redact: (value) => redactor.redact(value),
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

function learn({ boxes }: Recordings, redactor: Redactor): void {
  for (const life of boxes.flatMap(({ lives }) => lives)) learnFromLife(life, redactor)
}

const droppedCountMax = 256
const droppedBytesMax = 4 * 1024 ** 3

/**
 * What was dropped on the page, as files. They are named after what is in them: nothing that a file says of itself becomes part of a
 * path, and what is dropped twice is there once.
 */
class DropFolder {
  #directory: string | null = null
  readonly #sizes = new Map<string, number>()

  put(bytes: Uint8Array): string {
    this.#directory ??= mkdtempSync(join(tmpdir(), 'rolecall-console-'))
    const isSegment = decodeHeader(bytes).ok
    const name = `${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}${isSegment ? segmentSuffix : '.tar.gz'}`
    const path = join(this.#directory, name)
    if (this.#sizes.has(path)) return path
    if (this.#sizes.size >= droppedCountMax) throw new Error(`${droppedCountMax} files were dropped already`)
    const totalBytes = this.#sizes.values().reduce((sum, each) => sum + each, bytes.length)
    if (totalBytes > droppedBytesMax) throw new Error(`more than ${droppedBytesMax} bytes would have been dropped`)
    this.#sizes.set(path, bytes.length)
    writeFileSync(path, bytes, { mode: 0o600 })
    return path
  }

  remove(path: string): void {
    rmSync(path, { force: true })
    this.#sizes.delete(path)
  }

  removeAll(): void {
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true })
    this.#directory = null
  }
}
