/** Recordings that were opened, behind the HTTP interface: no cluster, and nothing to change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeHeader } from '../../recorder/format.ts'
import { segmentFileName } from '../../recorder/names.ts'
import type { Backend } from './backend.ts'
import { RecordingHistory } from './recordingHistory.ts'

export interface RecordingBackend extends Backend {
  readonly history: RecordingHistory
  /** Removes what was dropped. */
  close(): void
}

/** Throws `BlackBoxNotFoundError` for a directory without a black box. */
export function recordingBackend(of: {
  readonly directories: readonly string[]
  readonly version: string
  readonly nowUs: () => number
}): RecordingBackend {
  const history = new RecordingHistory(of.directories)
  let dropped: string | null = null
  let segmentCount = 0
  return {
    get cluster() {
      return history.cluster
    },
    node: null,
    version: of.version,
    nowUs: of.nowUs,
    history,
    live: null,
    async addRecording({ bytes }) {
      const reading = decodeHeader(bytes)
      if (!reading.ok) throw new Error(`it is no black-box segment: ${reading.detail}`)
      if (segmentCount >= segmentCountMax) throw new Error(`${segmentCountMax} files were dropped already`)
      dropped ??= mkdtempSync(join(tmpdir(), 'rolecall-console-'))
      writeFileSync(join(dropped, segmentFileName(reading.header)), bytes, { mode: 0o600 })
      segmentCount += 1
      history.open(dropped)
    },
    close() {
      history.close()
      if (dropped !== null) rmSync(dropped, { recursive: true, force: true })
      dropped = null
    },
  }
}

const segmentCountMax = 256
