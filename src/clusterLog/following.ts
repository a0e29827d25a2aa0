/**
 * Whom a keeper asks for what. Sans-I/O: the caller tells the time, sends what is due, and reports what came.
 *
 * Each stream is asked for from one node at a time: from its own node while that is up, else from whoever said it has more. A question
 * names the place from which on (so it acknowledges all before it), and is good for one answer: that is the flow control. An answer that
 * does not come is asked for again.
 */

import { beginning, comparePositions, isAfter, type StreamPosition } from './record.ts'
import type { NodePosition } from './spoolCalls.ts'

export interface Want {
  readonly to: string
  readonly origin: string
  readonly after: StreamPosition
}

interface Stream {
  position: StreamPosition
  asked: { readonly of: string; readonly life: number; readonly atMs: number } | null
  /** An answer is on its way to the disk. */
  isStoring: boolean
  /** Not asked for before: a node that has much to fetch leaves room for others. */
  notBeforeMs: number
}

export interface Surroundings {
  readonly nodes: readonly string[]
  /** Those that answer, without this one. */
  readonly up: readonly string[]
  readonly lifeOf: (node: string) => number
}

export interface FollowingTimes {
  /** An answer should have come within this. */
  readonly retryMs: number
  /** Within this, of a node that has one. */
  readonly doubtMs: number
  /** Between full batches. */
  readonly paceMs: number
}

export class Following {
  readonly #self: string
  readonly #times: FollowingTimes
  readonly #streams = new Map<string, Stream>()
  /** What others said they have. */
  readonly #announced = new Map<string, ReadonlyMap<string, StreamPosition>>()

  constructor(self: string, times: FollowingTimes) {
    this.#self = self
    this.#times = times
  }

  positionOf(origin: string): StreamPosition {
    return this.#streams.get(origin)?.position ?? beginning
  }

  /** Of streams that are here, or that somebody has. */
  origins(): string[] {
    const announced = [...this.#announced.values()].flatMap((positions) => [...positions.keys()])
    return [...new Set([...this.#streams.keys(), ...announced])].sort()
  }

  /** What another has of each stream. */
  announced(by: string): ReadonlyMap<string, StreamPosition> {
    return this.#announced.get(by) ?? new Map()
  }

  /** A node that has more than it was asked for would have answered: the question was lost, and is asked again. */
  announce(by: string, positions: readonly NodePosition[], nowMs: number): void {
    this.#announced.set(by, new Map(positions.map(({ node, position }) => [node, position])))
    for (const { node, position } of positions) {
      const stream = this.#streams.get(node)
      if (stream?.asked?.of !== by || nowMs < stream.asked.atMs + this.#times.doubtMs) continue
      if (isAfter(position, stream.position)) stream.asked = null
    }
  }

  /** What is on disk here of a stream. */
  stored(origin: string, position: StreamPosition): void {
    const stream = this.#stream(origin)
    if (isAfter(position, stream.position)) stream.position = position
  }

  /** The store is another than before, or the same again: streams are as far as it has them. */
  reopened(origins: readonly NodePosition[]): void {
    const stored = new Map(origins.map(({ node, position }) => [node, position]))
    for (const node of new Set([...this.#streams.keys(), ...stored.keys()])) {
      const stream = this.#stream(node)
      stream.position = stored.get(node) ?? beginning
      stream.asked = null
    }
  }

  /** What was asked is asked anew. */
  askAgain(): void {
    for (const stream of this.#streams.values()) stream.asked = null
  }

  /** The questions to be sent now. A node that began another life knows of none from before. */
  due(nowMs: number, { nodes, up, lifeOf }: Surroundings): Want[] {
    const wants: Want[] = []
    for (const origin of new Set([...nodes, ...this.origins()])) {
      if (origin === this.#self) continue
      const to = this.#sourceOf(origin, up)
      if (to === null) continue
      const stream = this.#stream(origin)
      const isWaiting =
        stream.asked?.of === to && stream.asked.life === lifeOf(to) && nowMs < stream.asked.atMs + this.#times.retryMs
      if (stream.isStoring || isWaiting || nowMs < stream.notBeforeMs) continue
      stream.asked = { of: to, life: lifeOf(to), atMs: nowMs }
      wants.push({ to, origin, after: stream.position })
    }
    return wants
  }

  /** An answer came. False: it is of no use, as it does not follow what is here, or another is being stored. */
  take(from: string, answer: { origin: string; after: StreamPosition; upTo: StreamPosition }): boolean {
    const stream = this.#stream(answer.origin)
    if (stream.asked?.of === from) stream.asked = null
    return !stream.isStoring && !isAfter(answer.after, stream.position)
  }

  storing(origin: string): void {
    this.#stream(origin).isStoring = true
  }

  /** What was being stored is, up to there; null: it failed, and is asked for again after a while. */
  landed(origin: string, position: StreamPosition | null, at: { nowMs: number; isFull: boolean }): void {
    const stream = this.#stream(origin)
    stream.isStoring = false
    if (position) this.stored(origin, position)
    if (position === null || at.isFull)
      stream.notBeforeMs = at.nowMs + (position ? this.#times.paceMs : this.#times.retryMs)
  }

  #sourceOf(origin: string, up: readonly string[]): string | null {
    if (up.includes(origin)) return origin
    const mine = this.positionOf(origin)
    const having = up
      .map((name) => ({ name, position: this.announced(name).get(origin) ?? beginning }))
      .filter(({ position }) => isAfter(position, mine))
      .sort((a, b) => comparePositions(b.position, a.position) || (a.name < b.name ? -1 : 1))
    return having[0]?.name ?? null
  }

  #stream(origin: string): Stream {
    const known = this.#streams.get(origin)
    if (known) return known
    const made: Stream = { position: beginning, asked: null, isStoring: false, notBeforeMs: 0 }
    this.#streams.set(origin, made)
    return made
  }
}
