/**
 * What recording costs, measured at little cost of its own: the time of one record in sixteen stands for all of them, what turning
 * to a new segment takes, its head included, is counted as it is, and a window closes by the time that the records carry.
 */
import type { RecorderBudget } from '../../machines/model/configuration.ts'
import type { Detail, Load } from './detail.ts'

export interface Usage {
  /** Of one core. */
  readonly cpuPercent: number
  /** Written into segments, heads and snapshots included. */
  readonly bytesPerSecond: number
}

const windowUs = 1_000_000
const sampleInterval = 16

export class Meter {
  readonly #budget: RecorderBudget
  #windowEndUs = 0
  #count = 0
  #startedNs = 0
  #busyNs = 0
  #turnNs = 0
  #byteCount = 0
  /** Quiet steps of this window that were left out, and those of them that the level above would have kept. */
  #keptOneHigherCount = 0
  /** What a step takes that is written, as the last windows had it. */
  #stepNs = 2000
  #stepBytes = 128
  #writtenCount = 0

  constructor(budget: RecorderBudget) {
    this.#budget = budget
  }

  /** Call before each record. The load of the window that ended with it, if one did. */
  begin(nowUs: number): { readonly load: Load; readonly usage: Usage } | null {
    const closed = nowUs >= this.#windowEndUs ? this.#close(nowUs) : null
    this.#count += 1
    if (this.#count % sampleInterval === 0) this.#startedNs = Bun.nanoseconds()
    return closed
  }

  /** Call after it. `isKeptOneHigher`: it was left out, and at the next higher detail would not have been. */
  end(of: { readonly isLeftOut: boolean; readonly isKeptOneHigher: boolean }): void {
    if (of.isKeptOneHigher) this.#keptOneHigherCount += 1
    if (!of.isLeftOut) this.#writtenCount += 1
    if (this.#count % sampleInterval !== 0) return
    const elapsedNs = Bun.nanoseconds() - this.#startedNs - this.#turnNs
    this.#turnNs = 0
    this.#busyNs += elapsedNs * sampleInterval
    if (!of.isLeftOut) this.#stepNs += (elapsedNs - this.#stepNs) / 16
  }

  wrote(byteCount: number): void {
    this.#byteCount += byteCount
  }

  /** What making a segment, or writing its head, took, within a record or not. */
  turned(elapsedNs: number): void {
    this.#busyNs += elapsedNs
    if (this.#count % sampleInterval === 0) this.#turnNs += elapsedNs
  }

  #close(nowUs: number): { readonly load: Load; readonly usage: Usage } | null {
    const isFirst = this.#windowEndUs === 0
    const seconds = (nowUs - this.#windowEndUs + windowUs) / 1e6
    const cpuPercent = this.#busyNs / 1e7 / seconds
    const bytesPerSecond = this.#byteCount / seconds
    if (this.#writtenCount > 0) this.#stepBytes += (this.#byteCount / this.#writtenCount - this.#stepBytes) / 4
    const more = this.#keptOneHigherCount / seconds
    const usage = { cpuPercent, bytesPerSecond }
    const higher = {
      cpuPercent: cpuPercent + (more * this.#stepNs) / 1e7,
      bytesPerSecond: bytesPerSecond + more * this.#stepBytes,
    }
    this.#windowEndUs = nowUs + windowUs
    this.#busyNs = this.#byteCount = this.#keptOneHigherCount = this.#writtenCount = 0
    return isFirst ? null : { load: { now: this.#loadOf(usage), oneHigher: this.#loadOf(higher) }, usage }
  }

  #loadOf({ cpuPercent, bytesPerSecond }: Usage): number {
    return Math.max(cpuPercent / this.#budget.cpuPercent, bytesPerSecond / this.#budget.bytesPerSecond)
  }
}

/** Whether a quiet step that was left out would have been kept had the detail been one level higher. */
export function isKeptOneHigher(detail: Detail, isWithinIncident: boolean): boolean {
  return detail === 'incidents' || isWithinIncident
}
