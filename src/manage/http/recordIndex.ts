/**
 * Records in the order of time, indexed for what the console asks: a span of them, what every machine was in at a moment, how much
 * happened when. A question costs a binary search an actor or a bucket, however many records there are.
 *
 * Bounded where a bound is given: then the oldest go, and of each actor the last that went is kept as what it was in before.
 */
import { compareEntries } from '../../recorder/timeline.ts'
import type { HistoryRecord, Which } from './history.ts'
import { isChange, isFailure } from './recordView.ts'

interface Counts {
  readonly stepCount: number
  readonly changeCount: number
  readonly failureCount: number
}

interface ActorRecords {
  readonly entries: HistoryRecord[]
  /** Of each of them, the one by which the actor came into that state. */
  readonly entered: HistoryRecord[]
  start: number
  /** Of those that are no longer kept, the last. */
  before: Stood | null
}

/** The last record of an actor, and the one by which it came into that state. */
interface Stood {
  readonly last: HistoryRecord
  readonly entered: HistoryRecord
}

export class RecordIndex {
  readonly #countMax: number
  #entries: HistoryRecord[] = []
  #start = 0
  /** Of all before and with the entry at that place: differences are what lies between. */
  #changes: number[] = []
  #failures: number[] = []
  /** Of those whose room was given back. */
  #gone = { changeCount: 0, failureCount: 0 }
  readonly #byActor = new Map<string, ActorRecords>()
  readonly #byId = new Map<string, HistoryRecord>()
  /** The last one that had to go. */
  #lastGone: HistoryRecord | null = null

  constructor({ countMax = Number.POSITIVE_INFINITY }: { readonly countMax?: number } = {}) {
    this.#countMax = countMax
  }

  get count(): number {
    return this.#entries.length - this.#start
  }

  get oldest(): HistoryRecord | null {
    return this.#entries[this.#start] ?? null
  }

  get newest(): HistoryRecord | null {
    return this.count === 0 ? null : this.#entries.at(-1)!
  }

  get(id: string): HistoryRecord | null {
    return this.#byId.get(id) ?? null
  }

  /**
   * Those it has already are passed over; those older than one that had to go, too: what each actor was in before would be wrong then.
   * Returns the others, in order.
   */
  add(entries: readonly HistoryRecord[]): readonly HistoryRecord[] {
    const fresh = entries.filter((entry) => this.#isFresh(entry)).sort(compareEntries)
    for (const entry of fresh) this.#byId.set(entry.id, entry)
    if (fresh.length === 0) return fresh
    this.#merge(fresh)
    for (const [key, of] of Map.groupBy(fresh.filter(hasState), keyOf)) this.#ofActor(key, of)
    while (this.count > this.#countMax) this.#dropOldest()
    this.#compact()
    return fresh
  }

  #isFresh(entry: HistoryRecord): boolean {
    const isGone = this.#lastGone !== null && compareEntries(entry, this.#lastGone) <= 0
    return !isGone && !this.#byId.has(entry.id)
  }

  /** Only what comes after the first of them is moved. */
  #merge(fresh: readonly HistoryRecord[]): void {
    const from = upperBound(this.#entries, this.#start, fresh[0]!)
    const tail = this.#entries.splice(from)
    this.#changes.length = from
    this.#failures.length = from
    for (const entry of mergedInOrder(tail, fresh)) {
      this.#changes.push((this.#changes.at(-1) ?? this.#gone.changeCount) + Number(isChange(entry)))
      this.#failures.push((this.#failures.at(-1) ?? this.#gone.failureCount) + Number(isFailure(entry)))
      this.#entries.push(entry)
    }
  }

  #ofActor(key: string, fresh: readonly HistoryRecord[]): void {
    const actor: ActorRecords = this.#byActor.get(key) ?? { entries: [], entered: [], start: 0, before: null }
    this.#byActor.set(key, actor)
    const { entries, entered } = actor
    const from = upperBound(entries, actor.start, fresh[0]!)
    const tail = entries.splice(from)
    entered.length = from
    for (const entry of mergedInOrder(tail, fresh)) {
      entered.push(isChange(entry) ? entry : (entered.at(-1) ?? actor.before?.entered ?? entry))
      entries.push(entry)
    }
  }

  #dropOldest(): void {
    const entry = this.#entries[this.#start]!
    this.#start += 1
    this.#lastGone = entry
    this.#byId.delete(entry.id)
    if (!hasState(entry)) return
    const key = keyOf(entry)
    const actor = this.#byActor.get(key)!
    actor.before = { last: entry, entered: actor.entered[actor.start]! }
    actor.start += 1
    if (entry.kind === 'end' && actor.start === actor.entries.length) this.#byActor.delete(key)
  }

  /** Room is given back when half of it is empty: a copy now and then, not with each record. */
  #compact(): void {
    if (this.#start > 1024 && this.#start > this.#entries.length / 2) {
      const last = this.#start - 1
      this.#gone = { changeCount: this.#changes[last]!, failureCount: this.#failures[last]! }
      this.#entries = this.#entries.slice(this.#start)
      this.#changes = this.#changes.slice(this.#start)
      this.#failures = this.#failures.slice(this.#start)
      this.#start = 0
    }
    for (const actor of this.#byActor.values()) {
      if (actor.start <= 256 || actor.start <= actor.entries.length / 2) continue
      actor.entries.splice(0, actor.start)
      actor.entered.splice(0, actor.start)
      actor.start = 0
    }
  }

  /** The last `limit` of those within the span that are wanted, oldest first. */
  within(query: { fromUs: number; toUs: number; limit: number; isWanted: (entry: HistoryRecord) => boolean }): {
    entries: HistoryRecord[]
    isTruncated: boolean
  } {
    const { fromUs, toUs, limit, isWanted } = query
    const from = this.#placeAt(fromUs)
    const found: HistoryRecord[] = []
    for (let place = this.#placeAt(toUs + 1) - 1; place >= from; place--) {
      const entry = this.#entries[place]!
      if (!isWanted(entry)) continue
      if (found.length === limit) return { entries: found.reverse(), isTruncated: true }
      found.push(entry)
    }
    return { entries: found.reverse(), isTruncated: false }
  }

  /** The last record of every actor up to then, with the one by which it came into that state; without those that had ended. */
  lastAt(atUs: number): Stood[] {
    return [...this.#byActor.values()].flatMap(({ entries, entered, start, before }) => {
      const place = placeAt(entries, start, atUs + 1) - 1
      const stood = place >= start ? { last: entries[place]!, entered: entered[place]! } : before
      return !stood || stood.last.time.us > atUs || stood.last.kind === 'end' ? [] : [stood]
    })
  }

  /** How much happened before a moment, of all that was ever added: to be subtracted from each other. */
  countsBefore(us: number): Counts {
    const place = this.#placeAt(us)
    return {
      stepCount: place,
      changeCount: this.#changes[place - 1] ?? this.#gone.changeCount,
      failureCount: this.#failures[place - 1] ?? this.#gone.failureCount,
    }
  }

  /** Of some only: each of them is looked at. `edges` are one more than the parts. */
  countWithin(edges: readonly number[], isWanted: (entry: HistoryRecord) => boolean): Counts[] {
    return edges.slice(1).map((toUs, part) => {
      const counts = { stepCount: 0, changeCount: 0, failureCount: 0 }
      for (let place = this.#placeAt(edges[part]!); place < this.#entries.length; place++) {
        const entry = this.#entries[place]!
        if (entry.time.us >= toUs) break
        if (!isWanted(entry)) continue
        counts.stepCount += 1
        counts.changeCount += Number(isChange(entry))
        counts.failureCount += Number(isFailure(entry))
      }
      return counts
    })
  }

  all(): readonly HistoryRecord[] {
    return this.#start === 0 ? this.#entries : this.#entries.slice(this.#start)
  }

  #placeAt(us: number): number {
    return placeAt(this.#entries, this.#start, us)
  }
}

export function wantedBy({ node, actor }: Which): (entry: HistoryRecord) => boolean {
  const below = `${actor}/`
  return (entry) =>
    (node === undefined || entry.node === node) &&
    (actor === undefined || entry.actor === actor || entry.actor.startsWith(below))
}

/** What programs and the node itself note is no state of anything. */
function hasState({ kind }: HistoryRecord): boolean {
  return kind !== 'application' && kind !== 'note'
}

function keyOf({ node, actor }: HistoryRecord): string {
  return `${node} ${actor}`
}

/** The first place whose entry is not before that time. */
function placeAt(entries: readonly HistoryRecord[], start: number, us: number): number {
  let [low, high] = [start, entries.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (entries[middle]!.time.us < us) low = middle + 1
    else high = middle
  }
  return low
}

/** The first place whose entry comes after this one; mostly the end. */
function upperBound(entries: readonly HistoryRecord[], start: number, entry: HistoryRecord): number {
  let [low, high] = [start, entries.length]
  if (low < high && compareEntries(entries[high - 1]!, entry) <= 0) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareEntries(entries[middle]!, entry) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

function* mergedInOrder(a: readonly HistoryRecord[], b: readonly HistoryRecord[]): Generator<HistoryRecord> {
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) yield compareEntries(a[i]!, b[j]!) <= 0 ? a[i++]! : b[j++]!
  while (i < a.length) yield a[i++]!
  while (j < b.length) yield b[j++]!
}
