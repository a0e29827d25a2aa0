/**
 * Carries checkpoints between the components of an assignment, node to node (SPEC D6): over the reliable channel, answered
 * when the peer's program has taken them. Requests to a node that is gone fail at once (SPEC M4).
 */
import { type ComponentId, type NodeName, nodeOf } from '../../machines/model/ids.ts'
import type { Token } from '../../machines/model/token.ts'
import type { Message } from '../engine/step.ts'

export interface Checkpoint {
  readonly from: ComponentId
  readonly to: ComponentId
  readonly token: Token
  readonly data: unknown
}

export type CheckpointResult = { readonly ok: true } | { readonly ok: false; readonly code: string }

export interface CheckpointOptions {
  readonly post: (to: NodeName, message: Message) => boolean
  readonly isUp: (node: NodeName) => boolean
  /** Gives a checkpoint to the program here. */
  readonly deliver: (checkpoint: Checkpoint) => Promise<CheckpointResult>
}

/** Checkpoints without an answer; one more fails with `overloaded`. */
const pendingCountMax = 4096

export class Checkpoints {
  readonly #options: CheckpointOptions
  readonly #pending = new Map<number, { node: NodeName; finish: (result: CheckpointResult) => void }>()
  #lastId = 0

  constructor(options: CheckpointOptions) {
    this.#options = options
  }

  /** Resolves when the peer has it, or with the code why not: `unreachable`, `overloaded`, or the peer's own. */
  send(checkpoint: Checkpoint): Promise<CheckpointResult> {
    const node = nodeOf(checkpoint.to)
    if (!this.#options.isUp(node)) return Promise.resolve({ ok: false, code: 'unreachable' })
    if (this.#pending.size >= pendingCountMax) return Promise.resolve({ ok: false, code: 'overloaded' })
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((finish) => {
      this.#pending.set(id, { node, finish })
      if (!this.#options.post(node, { type: 'checkpoint', id, ...checkpoint }))
        this.#finish(id, { ok: false, code: 'overloaded' })
    })
  }

  async receive(from: NodeName, id: number, checkpoint: Checkpoint): Promise<void> {
    const result = await this.#options.deliver(checkpoint)
    this.#options.post(from, { type: 'checkpoint.answer', id, code: result.ok ? null : result.code })
  }

  answered(id: number, code: string | null): void {
    this.#finish(id, code === null ? { ok: true } : { ok: false, code })
  }

  nodeGone(node: NodeName): void {
    for (const [id, pending] of this.#pending)
      if (pending.node === node) this.#finish(id, { ok: false, code: 'unreachable' })
  }

  #finish(id: number, result: CheckpointResult): void {
    this.#pending.get(id)?.finish(result)
    this.#pending.delete(id)
  }
}
