/** Takes operators' requests to the CRIM, wherever the master is, and brings the answers back. */
import type { NodeName } from '../../machines/model/ids.ts'
import type { AnyOperation, OperationResult } from '../../machines/model/operation.ts'
import type { Clock } from '../engine/clock.ts'

export interface OperationOptions {
  readonly self: NodeName
  readonly incarnation: number
  readonly clock: Clock
  readonly master: () => NodeName | null
  readonly send: (master: NodeName, id: string, operation: AnyOperation) => void
}

/** The CRIM answers when an operation is complete; one that is not by then goes on, and the operator is told so. */
const timeLimitMs = 30_000
const pendingCountMax = 256

export class Operations {
  readonly #options: OperationOptions
  readonly #pending = new Map<string, (result: OperationResult) => void>()
  #lastId = 0

  constructor(options: OperationOptions) {
    this.#options = options
  }

  request(operation: AnyOperation): Promise<OperationResult> {
    const { self, incarnation, clock } = this.#options
    const master = this.#performerOf(operation)
    if (master === null) {
      return Promise.resolve({
        ok: false,
        code: 'no-quorum',
        text: 'there is no master: too few nodes can hear each other',
      })
    }
    if (this.#pending.size >= pendingCountMax) {
      return Promise.resolve({ ok: false, code: 'unavailable', text: 'too many operations are under way' })
    }
    this.#lastId += 1
    const id = `${self}:${incarnation}:${this.#lastId}`
    return new Promise((resolve) => {
      const cancel = clock.setTimer(timeLimitMs, () => {
        this.answered(id, {
          ok: false,
          code: 'timed-out',
          text: `not complete after ${timeLimitMs / 1000} s; it may still be: see status`,
        })
      })
      this.#pending.set(id, (result) => {
        cancel()
        resolve(result)
      })
      this.#options.send(master, id, operation)
    })
  }

  /** The master, but for a fence when there is none, or when it is the one to be fenced: then this node. */
  #performerOf(operation: AnyOperation): NodeName | null {
    const master = this.#options.master()
    if (operation.operation !== 'fence') return master
    return master === null || (master === operation.node && master !== this.#options.self) ? this.#options.self : master
  }

  answered(id: string, result: OperationResult): void {
    this.#pending.get(id)?.(result)
    this.#pending.delete(id)
  }

  /** Which node asked, so that the answer finds its way. */
  static requesterOf(id: string): NodeName {
    return id.slice(0, id.indexOf(':'))
  }
}
