/** The entries, in memory and in the journal: numbered from 1 without gaps, found by the id that their client gave them. */
import { createHash } from 'node:crypto'
import type { Journal } from './journal.ts'

export interface Entry {
  readonly number: number
  /** The mastership under which it was written. */
  readonly epoch: number
  /** Given by the client, so that it can ask again and get the same entry. */
  readonly id: string | null
  readonly text: string
}

export class Book {
  readonly #journal: Journal
  #entries: Entry[]
  #byId: Map<string, Entry>
  /** Of the first 0, 1, 2, … entries. */
  #digests: string[]

  constructor(journal: Journal) {
    this.#journal = journal
    this.#entries = journal.load()
    this.#byId = indexOf(this.#entries)
    this.#digests = digestsOf(this.#entries)
  }

  get length(): number {
    return this.#entries.length
  }

  at(number: number): Entry | undefined {
    return this.#entries[number - 1]
  }

  /** Of the first `length` entries: the same only for the same entries. undefined: there are not so many. */
  digestOf(length: number): string | undefined {
    return this.#digests[length]
  }

  find(id: string): Entry | undefined {
    return this.#byId.get(id)
  }

  /** Entries after `number`, as many as fit into so many bytes of JSON, at least one if there is one. */
  after(number: number, limits: { readonly bytesMax: number; readonly countMax: number }): Entry[] {
    const entries: Entry[] = []
    let bytes = 0
    for (
      let entry = this.at(number + 1);
      entry && entries.length < limits.countMax;
      entry = this.at(entry.number + 1)
    ) {
      bytes += sizeOf(entry)
      if (entries.length > 0 && bytes > limits.bytesMax) break
      entries.push(entry)
    }
    return entries
  }

  /** Entries that follow on those that are here; in the journal first. */
  append(entries: readonly Entry[]): void {
    if (entries.some((entry, index) => entry.number !== this.length + 1 + index))
      throw new Error('entries out of order')
    this.#journal.append(entries)
    for (const entry of entries) {
      this.#entries.push(entry)
      this.#digests.push(nextDigest(this.#digests.at(-1)!, entry))
      if (entry.id !== null) this.#byId.set(entry.id, entry)
    }
  }

  /** All there is, from another: what was here before is gone. */
  replace(entries: readonly Entry[]): void {
    this.#journal.replace(entries)
    this.#entries = [...entries]
    this.#byId = indexOf(this.#entries)
    this.#digests = digestsOf(this.#entries)
  }
}

function digestsOf(entries: readonly Entry[]): string[] {
  const digests = ['']
  for (const entry of entries) digests.push(nextDigest(digests.at(-1)!, entry))
  return digests
}

function nextDigest(digest: string, { number, epoch, id, text }: Entry): string {
  return createHash('sha256')
    .update(digest + JSON.stringify([number, epoch, id, text]))
    .digest('hex')
    .slice(0, 24)
}

function indexOf(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.flatMap((entry) => (entry.id === null ? [] : [[entry.id, entry]])))
}

function sizeOf(entry: Entry): number {
  return Buffer.byteLength(JSON.stringify(entry)) + 1
}
