/**
 * The primary's side of one secondary: what it lacks first, then what is new, several chunks under way at once. A lone entry
 * leaves at once; while chunks are under way, entries gather for the next one. It begins by supposing that the secondary has
 * everything; one that has only the beginning says so, and gets the rest. Whatever else goes wrong, it begins again with
 * everything, after a pause that doubles.
 */
import { CheckpointError, type Json, type Peer } from '../../src/sdk/index.ts'
import type { Book } from './book.ts'
import { type Chunk, chunkLimits, parseHaveCode } from './chunk.ts'

export interface FollowerOptions {
  readonly peer: Peer
  readonly book: Book
  /** Different for every follower and every primary. */
  readonly name: string
  readonly send: (data: Json) => Promise<void>
  readonly onProgress: () => void
  /** Another primary was chosen. */
  readonly onDeposed: () => void
}

const chunksUnderWayMax = 4
const pauseMinMs = 20
const pauseMaxMs = 500

export class Follower {
  readonly peer: Peer
  readonly #options: FollowerOptions
  #acknowledged = 0
  #isStopped = false
  /** Counts the synchronisations; answers to an earlier one don't count. */
  #attempt = 0
  #kind: Chunk['kind'] = 'resume'
  #sentThrough: number
  /** What the secondary was supposed to have when this synchronisation began. */
  #resumedAt: number | null
  #underWayCount = 0
  #pauseMs = pauseMinMs
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(options: FollowerOptions) {
    this.#options = options
    this.peer = options.peer
    this.#sentThrough = options.book.length
    this.#resumedAt = options.book.length
  }

  /** The secondary has every entry up to this one. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** There may be something to send. */
  wake(): void {
    while (!this.#isStopped && this.#timer === null && this.#underWayCount < chunksUnderWayMax) {
      const chunk = this.#cut()
      if (chunk === null) return
      void this.#send(chunk, this.#attempt)
    }
  }

  stop(): void {
    this.#isStopped = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #cut(): Chunk | null {
    const { book, name } = this.#options
    const [kind, first] = [this.#kind, this.#sentThrough + 1]
    const entries = book.after(this.#sentThrough, chunkLimits)
    if (kind === 'next' && entries.length === 0) return null
    this.#sentThrough += entries.length
    const isLast = kind !== 'next' && this.#sentThrough === book.length
    if (isLast) this.#kind = 'next'
    return { kind, sync: `${name}/${this.#attempt}`, first, entries, isLast, digest: book.digestOf(first - 1)! }
  }

  async #send(chunk: Chunk, attempt: number): Promise<void> {
    this.#underWayCount += 1
    try {
      await this.#options.send(chunk as unknown as Json)
      if (attempt === this.#attempt) this.#sent(chunk)
    } catch (error) {
      if (attempt === this.#attempt && !this.#isStopped) this.#failed(error)
    }
  }

  /** It has this one, so it has what came before: it refuses a gap. */
  #sent({ kind, first, entries, isLast }: Chunk): void {
    this.#underWayCount -= 1
    this.#pauseMs = pauseMinMs
    if (kind === 'next' || isLast) this.#acknowledged = Math.max(this.#acknowledged, first + entries.length - 1)
    if (this.#isStopped) return
    this.#options.onProgress()
    this.wake()
  }

  #failed(error: unknown): void {
    const common = this.#commonLength(error)
    this.#attempt += 1
    this.#kind = common === null ? 'full' : 'resume'
    this.#sentThrough = common ?? 0
    this.#resumedAt = common
    this.#underWayCount = 0
    if (common !== null) return this.wake()
    if (error instanceof CheckpointError && (error.code === 'stale-token' || error.code === 'disconnected')) {
      this.stop()
      this.#options.onDeposed()
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.wake()
    }, this.#pauseMs)
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMaxMs)
  }

  /** How many entries the secondary that refused to resume has, if they are the beginning of what is here. */
  #commonLength(error: unknown): number | null {
    const have = error instanceof CheckpointError ? parseHaveCode(error.reason ?? '') : null
    if (have === null || have.length === this.#resumedAt) return null
    return this.#options.book.digestOf(have.length) === have.digest ? have.length : null
  }
}
