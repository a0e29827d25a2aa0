/** From the tap into the spool: gathered for a moment, so that a fail-over is not held up by being written down. */
import { logger } from '../log/log.ts'
import { encodeLogRecord } from './codec.ts'
import { mendMs, type NodeLogOptions } from './options.ts'
import type { SpoolClient } from './spoolClient.ts'
import type { Standing } from './standing.ts'

const log = logger('log')

const gatherMs = 200
const drainCount = 500

export class Intake {
  /** What the spool said when it did not take something; null: it takes. */
  failure: string | null = null
  readonly #options: NodeLogOptions
  readonly #standing: Standing
  readonly #onStored: () => void
  #isFlushing = false
  #isGathering = false
  #notBeforeMs = 0

  constructor(options: NodeLogOptions, standing: Standing, onStored: () => void) {
    this.#options = options
    this.#standing = standing
    this.#onStored = onStored
    options.tap.onWaiting(() => this.#gather())
  }

  /** Up to when all that this node recorded is in the spool. null: something of it never was. */
  completeUs(): number | null {
    const isAllStored = this.#options.tap.isEmpty && !this.#isFlushing
    return isAllStored ? this.#options.sealTime() : this.#standing.completeUsOf(this.#options.self)
  }

  /** Until nothing waits, or the spool fails: then it is tried again after a while. */
  async flush(): Promise<void> {
    const { tap, clock, self } = this.#options
    const { spool } = this.#standing
    if (this.#isFlushing || !spool || tap.isEmpty || clock.nowMs() < this.#notBeforeMs) return
    this.#isFlushing = true
    while (!tap.isEmpty && (await this.#flushSome(spool))) this.#onStored()
    this.#isFlushing = false
    const completeUs = this.completeUs()
    if (completeUs !== null) this.#standing.completeUpTo(self, completeUs)
  }

  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.#options.clock.setTimer(gatherMs, () => {
      this.#isGathering = false
      void this.flush()
    })
  }

  async #flushSome(spool: SpoolClient): Promise<boolean> {
    const { tap, self, incarnation, directories } = this.#options
    const { hole, records } = tap.drain(drainCount)
    const upTo = { incarnation, sequence: records.at(-1)?.sequence ?? hole ?? 0 }
    try {
      if (hole !== null) {
        const request = { directory: directories.blackBox, node: self, upTo: { incarnation, sequence: hole } }
        this.#standing.following.stored(self, await spool.ask('backfill', request))
      }
      if (records.length > 0) {
        const after = this.#standing.positionOf(self)
        const bytes = records.map(encodeLogRecord)
        const appended = await spool.ask('append', { node: self, after, records: bytes, upTo, completeUs: 0 })
        if (!appended.ok) throw new Error(`the spool is at ${appended.position.sequence}, not ${after.sequence}`)
        this.#standing.appended(appended)
      }
      this.#tell(null)
      return true
    } catch (error) {
      tap.lose(upTo.sequence)
      this.#notBeforeMs = this.#options.clock.nowMs() + mendMs
      this.#tell((error as Error).message)
      return false
    }
  }

  #tell(failure: string | null): void {
    if (failure === this.failure) return
    if (failure === null) log.info('the spool takes records again')
    else log.error('the spool takes no records: {failure}; tried again', { failure })
    this.failure = failure
    this.#options.onProblems?.()
  }
}
