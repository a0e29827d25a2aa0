/**
 * Archives to a directory: JSON lines, a file a day and node that archives, `CLUSTER.NODE.2026-01-31.jsonl`, so that a directory that
 * several nodes share has one writer a file. A batch is on disk before it counts. A line that a crash cut off is ended by the next
 * batch, which has that record again.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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
    const { size } = await file.stat()
    await file.appendFile((await isLineOpen(file, size)) ? `\n${text}` : text)
    await file.datasync()
    if (size === 0) await syncName(path)
  } finally {
    await file.close()
  }
}

/** The name of a new file is on disk only once its directory is. */
async function syncName(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function isLineOpen(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  return last[0] !== 0x0a
}
