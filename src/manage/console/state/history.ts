/**
 * A span of the past: what every machine was in at its beginning, and each record since. Whatever moment within is asked for is put
 * together from these, so that dragging the cursor asks the server nothing.
 */
import type { RecordView } from '../../http/contract.ts'
import { type ActorState, type Actors, applyRecords } from './actors.ts'
import { compareMoments, type Moment } from './time.ts'

/** A copy of all states is kept every so many records: a jump backwards runs through at most this many. */
const checkpointEvery = 500

export class History {
  readonly fromUs: number
  readonly toUs: number
  /** In the order of the hybrid clock. */
  readonly records: readonly RecordView[]
  readonly #checkpoints: Actors[] = []

  constructor(of: { fromUs: number; toUs: number; base: Actors; records: readonly RecordView[] }) {
    this.fromUs = of.fromUs
    this.toUs = of.toUs
    this.records = sortRecords(of.records)
    const actors = new Map(of.base)
    for (let index = 0; index <= this.records.length; index += checkpointEvery) {
      this.#checkpoints.push(new Map(actors))
      applyRecords(actors, this.records.slice(index, index + checkpointEvery))
    }
  }

  covers(timeUs: number): boolean {
    return timeUs >= this.fromUs && timeUs <= this.toUs
  }

  /** How many records are not later than the moment. */
  countUntil(moment: Moment): number {
    let low = 0
    let high = this.records.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareMoments(this.records[middle]!, moment) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  statesAt(moment: Moment): Actors {
    const count = this.countUntil(moment)
    const checkpoint = Math.floor(count / checkpointEvery)
    const actors = new Map<string, ActorState>(this.#checkpoints[checkpoint])
    applyRecords(actors, this.records.slice(checkpoint * checkpointEvery, count))
    return actors
  }

  /** The record after (`1`) or before (`-1`) the cursor; null: the span ends there. */
  neighbour(moment: Moment, direction: 1 | -1): RecordView | null {
    const count = this.countUntil(moment)
    // The cursor stands after the record at count - 1: a step back stands after the one before that.
    return this.records[direction === 1 ? count : count - 2] ?? null
  }
}

export function compareRecords(a: RecordView, b: RecordView): number {
  const byTime = compareMoments(a, b)
  if (byTime !== 0) return byTime
  if (a.node !== b.node) return a.node < b.node ? -1 : 1
  const [, lifeA = '0', stepA = '0'] = a.id.split(':')
  const [, lifeB = '0', stepB = '0'] = b.id.split(':')
  return Number(lifeA) - Number(lifeB) || Number(stepA) - Number(stepB)
}

export function sortRecords(records: readonly RecordView[]): RecordView[] {
  return [...records].sort(compareRecords)
}

/** Both, each record once. */
export function mergedRecords(a: readonly RecordView[], b: readonly RecordView[]): RecordView[] {
  const ids = new Set(a.map(({ id }) => id))
  return [...a, ...b.filter(({ id }) => !ids.has(id))].sort(compareRecords)
}
