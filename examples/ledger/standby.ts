/**
 * The secondary's side: takes what the primary sends, in order, and is in step once it has everything. What is the beginning
 * of what the primary has is only added to. Of anything else nothing is given up until the last chunk of a full synchronisation
 * came: a promotion in the middle of one uses the old, whole state.
 */
import { RolecallError } from '../../src/sdk/index.ts'
import type { Book, Entry } from './book.ts'
import { type Chunk, haveCode } from './chunk.ts'

export class Standby {
  readonly #book: Book
  /** The synchronisation whose successors are taken. */
  #sync: string | null = null
  #staging: { readonly sync: string; readonly entries: Entry[] } | null = null
  #waiting: (() => void)[] = []

  constructor(book: Book) {
    this.#book = book
  }

  get isInStep(): boolean {
    return this.#sync !== null
  }

  /** Forgets whom it followed: the next primary begins with a synchronisation. */
  reset(): void {
    this.#sync = null
    this.#staging = null
  }

  /** Throws `gap` for what does not follow on what is here: the primary then begins again. */
  take(chunk: Chunk): void {
    if (chunk.kind === 'full') this.#takeFull(chunk)
    else if (chunk.kind === 'resume') this.#takeResumed(chunk)
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
    this.#arrive(sync)
  }

  /** Throws what is here, by its length and digest, for what does not follow on it. */
  #takeResumed({ sync, first, entries, isLast, digest }: Chunk): void {
    const have = { length: this.#book.length, digest: this.#book.digestOf(this.#book.length)! }
    if (first !== have.length + 1 || digest !== have.digest) {
      throw new RolecallError(haveCode(have), 'this does not follow on what is here')
    }
    this.#book.append(entries)
    if (isLast) this.#arrive(sync)
  }

  #arrive(sync: string): void {
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
