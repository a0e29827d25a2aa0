/**
 * `ledger.jsonl`: one entry a line, written before the entry is acknowledged, so that a restart in place has it. What a crash
 * left half written at the end is cut off: nobody was told of it.
 */
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Entry } from './book.ts'

export interface Journal {
  load(): Entry[]
  /** What `load` cut off: half an entry, of which nobody was told. */
  readonly cutByteCount: number
  append(entries: readonly Entry[]): void
  replace(entries: readonly Entry[]): void
}

/** For a ledger that keeps nothing on disk. */
export const noJournal: Journal = { load: () => [], cutByteCount: 0, append() {}, replace() {} }

export class FileJournal implements Journal {
  readonly #path: string
  readonly #isSynced: boolean
  cutByteCount = 0
  #file: number

  /** `isSynced`: what is acknowledged has left the machine's memory for the disk, so it survives a loss of power too. */
  constructor(directory: string, options: { readonly isSynced: boolean }) {
    mkdirSync(directory, { recursive: true })
    this.#path = join(directory, 'ledger.jsonl')
    this.#isSynced = options.isSynced
    this.#file = openSync(this.#path, 'a+')
  }

  load(): Entry[] {
    const bytes = readFileSync(this.#path)
    const entries: Entry[] = []
    let end = 0
    for (let next = bytes.indexOf('\n', end); next >= 0; next = bytes.indexOf('\n', end)) {
      const entry = parseEntry(bytes.toString('utf8', end, next))
      if (entry?.number !== entries.length + 1) break
      entries.push(entry)
      end = next + 1
    }
    this.cutByteCount = bytes.length - end
    if (end < bytes.length) ftruncateSync(this.#file, end)
    return entries
  }

  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    write(this.#file, entries)
    if (this.#isSynced) fdatasyncSync(this.#file)
  }

  /** Written beside it and moved into its place: a crash leaves the old one or the new one. */
  replace(entries: readonly Entry[]): void {
    const beside = `${this.#path}.new`
    const file = openSync(beside, 'w')
    write(file, entries)
    fdatasyncSync(file)
    closeSync(file)
    renameSync(beside, this.#path)
    closeSync(this.#file)
    this.#file = openSync(this.#path, 'a+')
  }
}

const linesPerWrite = 1000

function write(file: number, entries: readonly Entry[]): void {
  for (let start = 0; start < entries.length; start += linesPerWrite) {
    const lines = entries.slice(start, start + linesPerWrite).map((entry) => `${JSON.stringify(entry)}\n`)
    const bytes = Buffer.from(lines.join(''))
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset)
  }
}

function parseEntry(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return null
  }
}
