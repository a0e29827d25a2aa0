/**
 * Archives to a directory: JSON lines, a file a day and node that archives, `CLUSTER.NODE.2026-01-31.jsonl`, so that a directory that
 * several nodes share has one writer a file. A batch is on disk before it counts. A line that a crash cut off is ended by the next
 * batch, which has that record again.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveSink } from './archiveSink.ts'

export function directorySink(of: {
  directory: string
  cluster: string
  node: string
  /** ISO date, `2026-01-31`. */
  today?: () => string
}): ArchiveSink {
  const { directory, cluster, node, today = () => new Date().toISOString().slice(0, 10) } = of
  return {
    name: directory,
    async write({ text }) {
      await mkdir(directory, { recursive: true, mode: 0o750 })
      await appendWhole(join(directory, `${cluster}.${node}.${today()}.jsonl`), text)
    },
  }
}

async function appendWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'a+', 0o640)
  try {
    await file.appendFile((await isLineOpen(file)) ? `\n${text}` : text)
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function isLineOpen(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  return last[0] !== 0x0a
}
