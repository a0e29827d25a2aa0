/** The checkpoints of peers that one program has been given and has not answered. */
import { placeAssignmentOf } from '../../../machines/model/ids.ts'
import type { Clock } from '../../engine/clock.ts'
import { openCheckpointCountMax } from '../../sdk/protocol.ts'
import type { Connection } from './connection.ts'
import type { Checkpoint, CheckpointResult } from './options.ts'

export class Deliveries {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #open = new Map<number, (result: CheckpointResult) => void>()
  #lastId = 0

  constructor(options: { connection: Connection; clock: Clock; timeoutMs: number }) {
    this.#connection = options.connection
    this.#clock = options.clock
    this.#timeoutMs = options.timeoutMs
  }

  deliver({ from, to, token, data }: Checkpoint & { readonly data: string }): Promise<CheckpointResult> {
    if (this.#open.size >= openCheckpointCountMax) return Promise.resolve({ ok: false, code: 'overloaded' })
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.setTimer(this.#timeoutMs, () =>
        this.answered(id, { ok: false, code: 'timed-out' }),
      )
      this.#open.set(id, (result) => {
        cancelTimer()
        resolve(result)
      })
      const assignment = placeAssignmentOf(to) ?? undefined
      const head = JSON.stringify({ type: 'checkpoint', id, assignment, from, token })
      this.#connection.sendText(`${head.slice(0, -1)},"data":${data}}`)
    })
  }

  /** The program's answer; one that comes too late, or twice, is nobody's. */
  answered(id: number, result: CheckpointResult): void {
    const finish = this.#open.get(id)
    this.#open.delete(id)
    finish?.(result)
  }

  /** The connection ended: nobody waits for what can't come (SPEC M4). */
  fail(): void {
    for (const id of [...this.#open.keys()]) this.answered(id, { ok: false, code: 'unreachable' })
  }
}
