/** The repository's service on every node of a cluster in simulated time, with a reliable channel that a cut only delays. */
import type { Clock } from '../../src/engine/clock.ts'
import { Ccr, type CcrOperation, type Validate } from '../../src/repository/ccr.ts'
import { decodeBody, encodeBody } from '../../src/wire/codec.ts'
import { parsePeerMessage } from '../../src/wire/messages/index.ts'
import { ReplicaCluster, type ReplicaClusterOptions, type RunningNode } from './replicaCluster.ts'

export interface CcrClusterOptions extends ReplicaClusterOptions {
  readonly validate?: Validate
}

/** One operation as its caller saw it. `returnedMs` null: it has not come back, or its node has ended. */
export interface Recorded {
  readonly node: string
  readonly operation: CcrOperation
  readonly invokedMs: number
  returnedMs: number | null
  result: { readonly ok: boolean; readonly revision?: number; readonly code?: string } | null
}

export class CcrCluster extends ReplicaCluster {
  /** What was posted: `n2 > n1 ccr.request`. */
  readonly posted: string[] = []
  readonly history: Recorded[] = []
  /** The message is lost as with a process that ends before it answers. */
  isLost: (from: string, to: string, type: string) => boolean = () => false
  readonly #services = new Map<RunningNode, Ccr>()
  readonly #validate: Validate | undefined

  constructor(options: CcrClusterOptions = {}) {
    // The log is founded while the cluster is made: nobody asks anything of it yet.
    let made: CcrCluster | null = null
    super({ ...options, onApplied: (name, entry, outcome) => made?.ccr(name).applied(entry, outcome) })
    made = this
    this.#validate = options.validate
  }

  ccr(name: string): Ccr {
    const node = this.of(name)
    const known = this.#services.get(node)
    if (known) return known
    const made = this.#make(node)
    this.#services.set(node, made)
    return made
  }

  /** Calls an operation and runs the cluster until it came back. */
  finish<Result>(start: (done: (result: Result) => void) => void, limitMs = 20_000): Result {
    let result: Result | undefined
    start((found) => {
      if (result !== undefined) throw new Error('it came back twice')
      result = found
    })
    const endMs = this.world.nowMs + limitMs
    while (result === undefined && this.world.nowMs < endMs) this.run(0.5)
    if (result === undefined) throw new Error('it never came back')
    return result
  }

  /** What the other nodes notice of one that has ended. */
  tellGone(name: string): void {
    this.tellEnded(name)
    for (const node of this.nodes.values()) if (node.isUp && node.name !== name) this.ccr(node.name).nodeGone(name)
  }

  #make(node: RunningNode): Ccr {
    const { name, life, replica, heartbeats } = node
    const clock: Pick<Clock, 'setTimer'> = {
      setTimer: (delayMs, callback) => this.world.after(delayMs, () => node.isUp && callback()),
    }
    return new Ccr({
      self: name,
      incarnation: life,
      clock,
      replica,
      isLeaderLeaseValid: () => heartbeats.isLeaderLeaseValid(),
      validate: this.#validate,
      post: (to, message) => {
        this.posted.push(`${name} > ${to} ${message.type}`)
        this.#deliver(node, this.of(to), encodeBody(message).slice())
        return true
      },
      observe: (operation) => {
        const recorded: Recorded = {
          node: name,
          operation,
          invokedMs: this.world.nowMs,
          returnedMs: null,
          result: null,
        }
        this.history.push(recorded)
        return (result) => {
          recorded.returnedMs = this.world.nowMs
          recorded.result = result
        }
      },
    })
  }

  /** For one life of the peer, once. */
  #deliver(from: RunningNode, to: RunningNode, bytes: Uint8Array): void {
    this.world.after(0.2 + this.world.random(), () => {
      if (!from.isUp || !to.isUp) return
      if (this.isCut(from.name, to.name)) return this.#deliver(from, to, bytes)
      const message = parsePeerMessage(decodeBody(bytes))
      if (message?.type !== 'ccr.request' && message?.type !== 'ccr.answer')
        throw new Error('no message of the repository')
      if (!this.isLost(from.name, to.name, message.type)) this.ccr(to.name).receive(from.name, message)
    })
  }
}
