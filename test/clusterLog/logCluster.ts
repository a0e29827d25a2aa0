/** Several nodes with their logs on a network that loses, delays and cuts; nodes that die and come back. */

import type { HybridTime } from '../../src/engine/hybridClock.ts'
import { type Random, randomOf } from '../../src/simulate/random.ts'
import type { ClusterLogMessage } from '../../src/wire/messages/clusterLog.ts'
import { ManualClock } from '../support/manualClock.ts'
import { drainPromises, LogNode, type LogNodeOptions } from './support.ts'

export interface LogClusterOptions {
  readonly directory: string
  readonly names: readonly string[]
  readonly seed?: number
  readonly lossShare?: number
  readonly delayMaxMs?: number
  readonly node?: (name: string) => Partial<LogNodeOptions>
}

export class LogCluster {
  readonly clock = new ManualClock()
  readonly random: Random
  readonly nodes = new Map<string, LogNode>()
  /** Every record of each node that matters, by id, over all its lives. */
  readonly expected = new Map<string, { cause: string | null; us: number; node: string }>()
  lossShare: number
  master: string
  readonly cut = new Set<string>()
  readonly #options: LogClusterOptions
  readonly #lives = new Map<string, number>()
  readonly #times = new Map<string, HybridTime>()

  constructor(options: LogClusterOptions) {
    this.#options = options
    this.random = randomOf(options.seed ?? 1, 'log')
    this.lossShare = options.lossShare ?? 0
    this.master = options.names[0]!
    for (const name of options.names) this.start(name)
  }

  start(name: string): LogNode {
    const incarnation = (this.#lives.get(name) ?? 0) + 1
    this.#lives.set(name, incarnation)
    const { directory, names } = this.#options
    const node = new LogNode(
      {
        name,
        directory,
        clock: this.clock,
        nodes: () => names.map((each) => ({ name: each, isUp: this.isUp(each), isMaster: each === this.master })),
        lifeOf: (each) => this.#lives.get(each) ?? 0,
        send: (from, to, message) => this.#send(from, to, message),
        ...this.#options.node?.(name),
      },
      incarnation,
      this.#times.get(name),
    )
    this.nodes.set(name, node)
    return node
  }

  kill(name: string): void {
    const node = this.nodes.get(name)!
    this.#times.set(name, node.time)
    node.kill()
    this.nodes.delete(name)
  }

  isUp(name: string): boolean {
    return this.nodes.has(name) && !this.cut.has(name)
  }

  /** One step of a node; with a cause on another, as a message from there would bring. */
  record(name: string, { from, ...of }: { from?: string; isQuiet?: boolean } = {}): void {
    const node = this.nodes.get(name)
    // Of an actor that was not known before every step tells something.
    const isQuiet = of.isQuiet === true && (node?.recorded.length ?? 0) > 0
    const source = from === undefined ? undefined : this.nodes.get(from)
    const last = source?.recorded.at(-1)
    if (!node) return
    if (last) node.hear(last.time)
    const by = last && source ? { node: source.name, incarnation: source.incarnation, sequence: last.sequence } : null
    const { incarnation, sequence, time } = node.record({ by, isQuiet })
    const cause = by && `${by.node}:${by.incarnation}:${by.sequence}`
    if (!isQuiet) this.expected.set(`${name}:${incarnation}:${sequence}`, { cause, us: time.us, node: name })
  }

  async pass(ms: number, stepMs = 10): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      this.clock.advance(stepMs)
      await drainPromises()
    }
  }

  #send(from: string, to: string, message: ClusterLogMessage): void {
    const isLost = this.random.next() < this.lossShare || !this.isUp(from) || !this.isUp(to)
    if (isLost) return
    const delayMs = 1 + this.random.next() * (this.#options.delayMaxMs ?? 5)
    const receiver = this.nodes.get(to)
    this.clock.setTimer(delayMs, () => {
      if (receiver && this.nodes.get(to) === receiver && this.isUp(to)) receiver.log.receive(from, message)
    })
  }

  end(): void {
    for (const name of [...this.nodes.keys()]) this.kill(name)
  }
}
