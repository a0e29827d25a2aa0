/** What one program was asked to do beside its roles, and has not answered. */
import type { Clock } from '../../engine/clock.ts'
import { errandsVersion } from '../../sdk/protocol.ts'
import type { Connection } from './connection.ts'
import type { Errand, ErrandFailure } from './options.ts'

export class Errands {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #protocol: number
  /** Bounded by their time limits and by who asks: the CRIM has one errand a component. */
  readonly #open = new Map<number, (failure: ErrandFailure | null) => void>()

  constructor(options: { connection: Connection; clock: Clock; protocol: number }) {
    this.#connection = options.connection
    this.#clock = options.clock
    this.#protocol = options.protocol
  }

  run(id: number, { kind, timeLimitMs }: Errand): Promise<ErrandFailure | null> {
    if (this.#protocol < errandsVersion)
      return Promise.resolve({ code: 'unsupported', detail: `the program speaks version ${this.#protocol}` })
    const { promise, resolve } = Promise.withResolvers<ErrandFailure | null>()
    const cancelTimer = this.#clock.setTimer(timeLimitMs, () =>
      this.answered(id, { code: `${kind}.timedOut`, detail: `no answer to ${kind} within ${timeLimitMs} ms` }),
    )
    this.#open.set(id, (failure) => {
      cancelTimer()
      resolve(failure)
    })
    this.#connection.send({ type: kind, id, timeLimitMs })
    return promise
  }

  /** Whether the answer was for one of these. */
  answered(id: number, failure: ErrandFailure | null): boolean {
    const finish = this.#open.get(id)
    this.#open.delete(id)
    finish?.(failure)
    return finish !== undefined
  }

  fail(): void {
    for (const id of [...this.#open.keys()])
      this.answered(id, { code: 'sdk.disconnected', detail: 'the program is gone' })
  }
}
