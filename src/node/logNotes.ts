/** Warnings and errors of the node's own log, as notes in its black box: bounded in length and number. */
import type { LogRecord } from '@logtape/logtape'
import { Allowance } from '../engine/allowance.ts'
import type { Clock } from '../engine/clock.ts'
import type { Message } from '../engine/step.ts'
import { textOf } from '../log/format.ts'

/** What is beyond is counted in the next one. */
export const logNoteRate = { burstCountMax: 50, perSecond: 5 } as const
const textLengthMax = 500

export class LogNotes {
  readonly #clock: Clock
  readonly #note: (event: Message) => void
  readonly #allowance = new Allowance(logNoteRate)

  /** `note` is called from within whatever logs, the recorder included: it has to put it off. */
  constructor(clock: Clock, note: (event: Message) => void) {
    this.#clock = clock
    this.#note = note
  }

  heard(record: LogRecord): void {
    if (!this.#allowance.take(this.#clock.nowMs())) return
    const missingCount = this.#allowance.takeRefused()
    const { level, category } = record
    this.#note({
      type: 'log.said',
      severity: level === 'warning' ? 'warning' : 'error',
      level,
      logger: category.slice(1).join('.'),
      text: textOf(record).slice(0, textLengthMax),
      ...(missingCount > 0 && { missingCount }),
    })
  }
}
