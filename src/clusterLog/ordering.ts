/**
 * Puts what arrives into the order of time for one who follows: holds a record back until everything before it is there, as far as the
 * nodes that are up can tell, but never for long. What comes later still (from a node that was cut off) is passed on as it comes.
 */
export interface Timed {
  readonly id: string
  readonly timeUs: number
  readonly timeCount: number
  readonly node: string
}

/** Held back so long at most. */
export const heldMaxMs = 3000

export class Ordering<R extends Timed> {
  #held: { readonly record: R; readonly sinceMs: number }[] = []

  add(records: readonly R[], nowMs: number): void {
    for (const record of records) this.#held.push({ record, sinceMs: nowMs })
  }

  /** Takes out what can be told, in order: what is not after `completeUs`, what was held for too long, and all before that. */
  release(completeUs: number | null, nowMs: number): R[] {
    this.#held.sort((a, b) => compareTimed(a.record, b.record))
    const isDue = ({ record, sinceMs }: { record: R; sinceMs: number }) =>
      record.timeUs <= (completeUs ?? 0) || nowMs >= sinceMs + heldMaxMs
    const count = this.#held.findLastIndex(isDue) + 1
    return this.#held.splice(0, count).map(({ record }) => record)
  }
}

export function compareTimed(a: Timed, b: Timed): number {
  const byTime = a.timeUs - b.timeUs || a.timeCount - b.timeCount
  if (byTime !== 0) return byTime
  if (a.node !== b.node) return a.node < b.node ? -1 : 1
  return compareIds(a.id, b.id)
}

/** `node:life:sequence`, of one node. */
function compareIds(a: string, b: string): number {
  const [lifeA = 0, sequenceA = 0] = numbersIn(a)
  const [lifeB = 0, sequenceB = 0] = numbersIn(b)
  return lifeA - lifeB || sequenceA - sequenceB
}

function numbersIn(id: string): number[] {
  return id.split(':').slice(-2).map(Number)
}
