/**
 * A client that writes to the ledger all the time, and finds its primary through rolecall. An entry keeps its id until it is
 * acknowledged, so that a write whose answer was lost is not made twice.
 */
import type { LocalCluster } from './localCluster.ts'

export interface Acknowledged {
  readonly id: string
  readonly number: number
  /** Wall time, microseconds. */
  readonly atUs: number
}

const requestTimeoutMs = 400
const pauseMs = 1

export class Writer {
  readonly acknowledged: Acknowledged[] = []
  readonly #cluster: LocalCluster
  readonly #assignment: string
  readonly #wallUs: () => number
  #isRunning = false
  #endpoint: string | null = null
  #done: Promise<void> = Promise.resolve()

  constructor(of: { cluster: LocalCluster; assignment: string; wallUs: () => number }) {
    this.#cluster = of.cluster
    this.#assignment = of.assignment
    this.#wallUs = of.wallUs
  }

  start(): void {
    this.#isRunning = true
    this.#done = this.#write()
  }

  /** Resolves when the last write under way is decided. */
  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#done
  }

  /** First acknowledgement at or after a time. */
  firstSince(us: number): Acknowledged | null {
    return this.acknowledged.find(({ atUs }) => atUs >= us) ?? null
  }

  /** The longest time without an acknowledgement between two instants, in milliseconds. */
  longestGapMs(of: { fromUs: number; toUs: number }): number {
    const before = this.acknowledged.findLast(({ atUs }) => atUs < of.fromUs)
    const times = this.acknowledged.map(({ atUs }) => atUs).filter((us) => us >= of.fromUs && us <= of.toUs)
    const all = [before?.atUs ?? of.fromUs, ...times]
    return all.slice(1).reduce((longest, us, index) => Math.max(longest, us - all[index]!), 0) / 1000
  }

  async #write(): Promise<void> {
    for (let count = 1; this.#isRunning; count++) {
      const id = `entry-${count}`
      let number = await this.#post(id)
      while (number === null) {
        await Bun.sleep(pauseMs)
        this.#endpoint = await this.#find()
        number = await this.#post(id)
      }
      this.acknowledged.push({ id, number, atUs: this.#wallUs() })
      await Bun.sleep(pauseMs)
    }
  }

  /** The entry's number; null: not acknowledged. */
  async #post(id: string): Promise<number | null> {
    if (this.#endpoint === null) return null
    try {
      const response = await fetch(`${this.#endpoint}/entries`, {
        method: 'POST',
        body: JSON.stringify({ id, text: `written by the demo as ${id}` }),
        signal: AbortSignal.timeout(requestTimeoutMs),
      })
      return response.ok ? ((await response.json()) as { number: number }).number : null
    } catch {
      // The primary is gone, or is not one any more: ask rolecall for the next.
      return null
    }
  }

  async #find(): Promise<string | null> {
    for (const node of this.#cluster.nodes) {
      try {
        if (!this.#cluster.isRunning(node)) continue
        const { endpoint } = await this.#cluster.control(node, 200).assignment(this.#assignment)
        if (endpoint !== null) return endpoint
      } catch {
        // That node does not answer: the next one may.
      }
    }
    return null
  }
}

/** All entries of a ledger, page by page. */
export async function readEntries(endpoint: string): Promise<Entry[]> {
  const all: Entry[] = []
  for (;;) {
    const response = await fetch(`${endpoint}/entries?after=${all.at(-1)?.number ?? 0}&limit=1000`)
    const { entries } = (await response.json()) as { entries: Entry[] }
    if (entries.length === 0) return all
    all.push(...entries)
  }
}

export interface Entry {
  readonly id: string | null
  readonly number: number
}

/** How many acknowledged entries the primary does not have under the number it gave, or has twice. */
export function countLost(acknowledged: readonly Acknowledged[], entries: readonly Entry[]): number {
  const numbers = new Map<string, number[]>()
  for (const { id, number } of entries) if (id !== null) numbers.set(id, [...(numbers.get(id) ?? []), number])
  return acknowledged.filter(({ id, number }) => {
    const found = numbers.get(id) ?? []
    return found.length !== 1 || found[0] !== number
  }).length
}
