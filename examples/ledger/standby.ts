/**
 * The secondary's side: takes what the primary sends, in order, and is in step once it has everything. What was here before
 * stays until the last chunk of a full synchronisation came: a promotion in the middle of one uses the old, whole state.
 */
import { RolecallError } from '../../src/sdk/index.ts'
import type { Book, Entry } from './book.ts'
import type { Chunk } from './chunk.ts'

export class Standby {
  readonly #book: Book
  /** The full synchronisation whose successors are taken. */
  #sync: string | null = null
  #staging: { readonly sync: string; readonly entries: Entry[] } | null = null
  #waiting: (() => void)[] = []

  constructor(book: Book) {
    this.#book = book
  }

  get isInStep(): boolean {
    return this.#sync !== null
  }

  /** Forgets whom it followed: the next primary sends everything. */
  reset(): void {
    this.#sync = null
    this.#staging = null
  }

  /** Throws `gap` for what does not follow on what is here: the primary then begins again. */
  take(chunk: Chunk): void {
    if (chunk.kind === 'full') this.#takeFull(chunk)
    else this.#takeNext(chunk)
  }

  /** Resolves when it is in step. */
  inStep(signal: AbortSignal): Promise<void> {
    if (this.isInStep) return Promise.resolve()
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new RolecallError('interrupted', 'another command came')), {
        once: true,
      })
      this.#waiting.push(resolve)
    })
  }

  #takeFull({ sync, first, entries, isLast }: Chunk): void {
    if (first === 1) this.#staging = { sync, entries: [] }
    if (this.#staging?.sync !== sync || this.#staging.entries.length !== first - 1) throw gap()
    for (const entry of entries) this.#staging.entries.push(entry)
    if (!isLast) return
    this.#book.replace(this.#staging.entries)
    this.#staging = null
    this.#sync = sync
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #takeNext({ sync, first, entries }: Chunk): void {
    if (sync !== this.#sync || first !== this.#book.length + 1) throw gap()
    this.#book.append(entries)
  }
}

function gap(): RolecallError {
  return new RolecallError('gap', 'this does not follow on what is here')
}
