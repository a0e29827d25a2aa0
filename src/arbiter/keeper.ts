/**
 * Keeps an arbiter's seat in one cluster: what ends one life begins the next, later each time. The other clusters that the process
 * serves take no notice.
 */
import { join } from 'node:path'
import type { Configuration } from '../../machines/model/configuration.ts'
import { logger } from '../log/log.ts'
import type { ArbiterPorts } from './ports.ts'
import { openSeat, type Seat, type SeatEnd } from './seat.ts'

const log = logger('arbiter')

/** Before the next life; doubled each time, unless the one before lasted longer than the longest wait. */
const retryDelayMinMs = 1000
const retryDelayMaxMs = 60_000

export class Keeper {
  readonly #configuration: Configuration
  readonly #ports: ArbiterPorts
  #seat: Seat | null = null
  #begunAtMs = 0
  #delayMs = retryDelayMinMs
  #cancel = (): void => {}
  #isClosed = false
  /** What is being opened or closed: one thing at a time. */
  #work: Promise<void> = Promise.resolve()

  constructor(configuration: Configuration, ports: ArbiterPorts) {
    this.#configuration = configuration
    this.#ports = ports
  }

  /** Rejects when the first life cannot begin: that is for whoever started the process to see. */
  async open(): Promise<void> {
    this.#begunAtMs = this.#ports.clock.nowMs()
    this.#seat = await openSeat({
      configuration: this.#configuration,
      ports: this.#ports,
      onEnd: (end) => this.#ended(end),
    })
    const { cluster, arbiter } = this.#configuration
    const { incarnation } = this.#seat
    log.info('{cluster}: {name} votes, life {incarnation}', { cluster, name: arbiter!.name, incarnation })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.#work
    await this.#closeSeat()
  }

  #ended(end: SeatEnd): void {
    this.#work = this.#work.then(() => this.#clearAway(end))
  }

  async #clearAway(end: SeatEnd): Promise<void> {
    await this.#closeSeat()
    const { cluster } = this.#configuration
    if (end.type === 'storeFailed') log.error('{cluster}: nothing can be kept: {detail}', { cluster, ...end })
    else if (end.type === 'counted') log.error('{cluster}: {by} knows that this life has ended', { cluster, ...end })
    else this.#setAside(end)
    this.#later()
  }

  #setAside({ known, by }: { known: number; by: string }): void {
    const { cluster, arbiter, stateDirectory } = this.#configuration
    const aside = this.#ports.setAside(join(stateDirectory, arbiter!.name), known)
    const place = aside ?? 'nothing'
    log.error('{cluster}: {by} knows life {known}: the disk here is an old copy, set aside: {place}', {
      cluster,
      by,
      known,
      place,
    })
  }

  #later(): void {
    if (this.#isClosed) return
    const { clock } = this.#ports
    if (clock.nowMs() - this.#begunAtMs > retryDelayMaxMs) this.#delayMs = retryDelayMinMs
    this.#cancel = clock.setTimer(this.#delayMs, () => {
      this.#work = this.#work.then(() => this.#again())
    })
    this.#delayMs = Math.min(2 * this.#delayMs, retryDelayMaxMs)
  }

  async #again(): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.open()
    } catch (error) {
      const { cluster } = this.#configuration
      log.error('{cluster}: the arbiter cannot begin: {error}', { cluster, error: textOf(error) })
      this.#later()
    }
  }

  async #closeSeat(): Promise<void> {
    const seat = this.#seat
    this.#seat = null
    await seat?.close()
  }
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
