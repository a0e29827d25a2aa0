/**
 * Records that a program writes into its node's black box, bounded in size, depth and number, so that none can crowd out what the
 * node itself has to keep. What is beyond is refused: the first at once, those that follow told by their number, once a second at most.
 */
import { Allowance } from '../../engine/allowance.ts'
import type { Clock } from '../../engine/clock.ts'
import { recordBytesMax, recordDepthMax, recordRate } from '../../sdk/protocol.ts'

export interface RecordRefusal {
  readonly name: string
  readonly code: 'too-large' | 'too-many'
  /** Since the last refusal that was said, this one included. */
  readonly count: number
}

const tellIntervalMs = 1000

export class RecordGate {
  readonly #clock: Clock
  readonly #allowance = new Allowance(recordRate)
  #untoldCount = 0
  /** Of the last that was refused. */
  #refusedName = ''
  #toldAtMs: number | null = null
  /** Refused since the last that was taken: for the black box, which would not know of them otherwise. */
  #missingCount = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What to say; null: nothing. `isTaken`: it is to be recorded, after so many that are not. */
  judge(record: { readonly name: string; readonly data: unknown }): {
    readonly isTaken: boolean
    readonly missingCount: number
    readonly refusal: RecordRefusal | null
  } {
    const nowMs = this.#clock.nowMs()
    const code = isTooLarge(record.data) ? 'too-large' : this.#allowance.take(nowMs) ? null : 'too-many'
    if (code === null) {
      const missingCount = this.#missingCount
      this.#missingCount = 0
      return {
        isTaken: true,
        missingCount,
        refusal: this.#untoldCount > 0 ? this.#tell('too-many', nowMs) : null,
      }
    }
    this.#missingCount += 1
    this.#untoldCount += 1
    this.#refusedName = record.name
    const isDue = this.#toldAtMs === null || nowMs - this.#toldAtMs >= tellIntervalMs || code === 'too-large'
    return { isTaken: false, missingCount: 0, refusal: isDue ? this.#tell(code, nowMs) : null }
  }

  #tell(code: RecordRefusal['code'], nowMs: number): RecordRefusal {
    const count = this.#untoldCount
    this.#untoldCount = 0
    this.#toldAtMs = nowMs
    return { name: this.#refusedName, code, count }
  }
}

function isTooLarge(data: unknown): boolean {
  return isDeeper(data, recordDepthMax) || Buffer.byteLength(JSON.stringify(data)) > recordBytesMax
}

function isDeeper(data: unknown, depthMax: number): boolean {
  if (typeof data !== 'object' || data === null) return false
  return depthMax === 0 || Object.values(data).some((inner) => isDeeper(inner, depthMax - 1))
}
