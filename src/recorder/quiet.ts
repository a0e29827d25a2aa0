/**
 * Which steps are quiet, and what becomes of them where detail is lowered (`detail.ts`).
 *
 * A step is **quiet** when it came to nothing: no effects, no timers, and a state with the same hash as before. Its machine is then
 * where it was, so whoever leaves the step out and goes on with the next one gets exactly what was: that is why replay stays exact.
 * Nothing else is ever left out. An **incident** is whatever changes the state of an actor, begins or ends one, or is noted as
 * wrong; from then on everything is kept in full for `incidentUs`.
 *
 * What is left out waits in memory, to be counted in one record before the next one that is written, or when there is too much of
 * it. At `incidents` the steps themselves wait, and are written after all if what comes next is an incident.
 */
import { isNote, type NumberedRecord, type StepRecord } from '../engine/record.ts'
import type { Message } from '../engine/step.ts'
import type { QuietRecord } from './codec.ts'
import type { Detail } from './detail.ts'

/** After an incident. */
export const incidentUs = 10_000_000
/** So many quiet steps wait at most: what a kill can cost where detail is lowered. */
export const waitingCountMax = 256

type Count = [actor: string, eventType: string, count: number]

interface Known {
  hash: number
  state: string
}

export class QuietSteps {
  readonly #actors = new Map<string, Known>()
  #waiting: StepRecord[] = []
  #incidentUntilUs = 0

  /** To be called with each record, in order: whether it came to nothing, and whether it is (part of) an incident. */
  see(record: NumberedRecord): { readonly isQuiet: boolean; readonly isIncident: boolean } {
    if (isNote(record)) return this.#judged(record, record.kind === 'note' && isWrong(record.event), false)
    if (record.kind === 'end') {
      this.#actors.delete(record.actor)
      return this.#judged(record, true, false)
    }
    const { actor, hash, state } = record
    const known = this.#actors.get(actor)
    if (record.kind === 'start' || known === undefined) {
      this.#actors.set(actor, { hash, state })
      return this.#judged(record, record.kind === 'start', false)
    }
    const isMoved = known.state !== state
    const isSame = !isMoved && known.hash === hash
    known.hash = hash
    known.state = state
    return this.#judged(record, isMoved, isSame && record.effects.length === 0 && record.timers.length === 0)
  }

  /** Whether a quiet step is to wait rather than be written. */
  isLeftOut(record: NumberedRecord, detail: Detail): boolean {
    return detail === 'changes' || (detail === 'incidents' && !this.isWithinIncident(record))
  }

  isWithinIncident(record: NumberedRecord): boolean {
    return record.time.us < this.#incidentUntilUs
  }

  leaveOut(record: StepRecord): void {
    this.#waiting.push(record)
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  /** The oldest of those that wait, to be counted. */
  takeCounted(count: number): QuietRecord | null {
    return countedOf(this.#waiting.splice(0, count))
  }

  /** All that wait, to be written themselves. */
  takeWaiting(): readonly StepRecord[] {
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }

  #judged(record: NumberedRecord, isIncident: boolean, isQuiet: boolean) {
    if (isIncident) this.#incidentUntilUs = record.time.us + incidentUs
    return { isQuiet, isIncident }
  }
}

/** Notes say of themselves how bad it is. */
function isWrong({ severity }: Message): boolean {
  return severity === 'warning' || severity === 'error'
}

function countedOf(steps: readonly StepRecord[]): QuietRecord | null {
  const [first, last] = [steps[0], steps.at(-1)]
  if (!first || !last) return null
  const counts = new Map<string, Count>()
  let latest: Count | null = null
  for (const { actor, event } of steps) {
    if (latest === null || latest[0] !== actor || latest[1] !== event.type) {
      const key: string = `${actor} ${event.type}`
      latest = counts.get(key) ?? [actor, event.type, 0]
      counts.set(key, latest)
    }
    latest[2] += 1
  }
  const { sequence, time } = last
  const of = { fromSequence: first.sequence, steps: [...counts.values()] }
  return { kind: 'quiet', sequence, time, actor: 'recorder', state: '', hash: 0, ...of }
}
