/** Clients of the repository, one on each node: what they ask and are told becomes the history that is judged for linearizability. */
import type { GetResult, TransactResult } from '../repository/ccr.ts'
import type { Operation, Result } from './checkers/history.ts'
import type { Cluster } from './cluster.ts'
import type { Machine } from './machine/machine.ts'
import type { Random } from './random.ts'

const keyCount = 4
const intervalMs = 600
/** A client whose node says nothing gives up, and begins again as another process. */
const patienceMs = 20_000
/** Judging a history takes time that grows with its length. */
const operationCountMax = 400

/** What was certainly not done, whatever else went wrong. */
const certain = ['invalid', 'too-large', 'reserved', 'quota', 'refused', 'overloaded', 'no-quorum', 'busy', 'compacted']

interface Open {
  readonly process: string
  readonly operation: Operation
  readonly invokeMs: number
}

export class Clients {
  operationCount = 0
  readonly #cluster: () => Cluster
  readonly #random: Random
  readonly #scale: number
  readonly #open = new Set<Open>()
  /** Revisions last seen, for conditions that have a chance. */
  readonly #revisions = new Map<string, number>()

  constructor(options: { cluster: () => Cluster; random: Random; scale: number }) {
    this.#cluster = options.cluster
    this.#random = options.random
    this.#scale = options.scale
  }

  start(): void {
    for (const machine of this.#cluster().machines) this.#later(machine, 0)
  }

  /** What has no answer may have happened, or not. */
  end(): void {
    for (const { process, operation, invokeMs } of this.#open)
      this.#cluster().observe({
        type: 'operation.ended',
        operation: { process, operation, invokeMs, returnMs: null, result: null },
      })
    this.#open.clear()
  }

  #later(machine: Machine, round: number): void {
    const { world } = this.#cluster()
    world.after(this.#random.between(0, 2 * intervalMs * this.#scale), () => this.#ask(machine, round))
  }

  #ask(machine: Machine, round: number): void {
    const { world } = this.#cluster()
    const { life } = machine
    const ccr = life?.parts?.ccr
    if (!life || !ccr || life.process.isPaused || this.operationCount >= operationCountMax)
      return this.#later(machine, round)
    this.operationCount += 1
    const open: Open = { process: `${machine.name}.${round}`, operation: this.#draw(), invokeMs: world.nowMs }
    this.#open.add(open)
    for (const key of deletedBy(open.operation)) this.#cluster().observe({ type: 'deletion.asked', key })
    const patience = world.after(patienceMs, () => this.#later(machine, round + 1))
    const done = (result: GetResult | TransactResult): void => {
      patience.run = null
      this.#answered(open, result)
      const isOpen = this.#open.has(open)
      this.#later(machine, isOpen ? round + 1 : round)
    }
    life.process.receive(() => {
      const { operation } = open
      if (operation.type === 'get') ccr.get(operation.key, { consistency: 'linearizable' }, done)
      else if (operation.type === 'set') ccr.set(operation.key, operation.value, done)
      else if (operation.type === 'delete') ccr.delete(operation.key, done)
      else if (operation.type === 'compareAndSet')
        ccr.compareAndSet({ key: operation.key, index: operation.revision, value: operation.value }, done)
      else
        ccr.transact(
          {
            conditions: operation.conditions.map(({ key, revision }) => ({ key, index: revision })),
            changes: operation.writes,
          },
          done,
        )
    })
  }

  #draw(): Operation {
    const random = this.#random
    const key = `application/c${random.below(keyCount)}`
    const other = `application/c${random.below(keyCount)}`
    const value = `v${this.operationCount}`
    const revision = this.#revisions.get(key) ?? 0
    const operations: Operation[] = [
      { type: 'get', key },
      { type: 'get', key },
      { type: 'set', key, value },
      { type: 'compareAndSet', key, revision, value },
      { type: 'delete', key },
    ]
    if (other !== key)
      operations.push({
        type: 'transaction',
        conditions: [{ key, revision }],
        writes: [
          { key, value },
          { key: other, value },
        ],
      })
    return random.pick(operations)
  }

  #answered(open: Open, result: GetResult | TransactResult): void {
    const known = resultOf(open.operation, result)
    if (known === 'nothing') this.#open.delete(open)
    if (known === null || known === 'nothing' || !this.#open.delete(open)) return
    if (known.type === 'read' && open.operation.type === 'get') this.#revisions.set(open.operation.key, known.revision)
    const { process, operation, invokeMs } = open
    const cluster = this.#cluster()
    const returnMs = cluster.world.nowMs
    cluster.observe({ type: 'operation.ended', operation: { process, operation, invokeMs, returnMs, result: known } })
    if (
      known.type === 'written' &&
      known.revision !== null &&
      (operation.type === 'set' || operation.type === 'compareAndSet')
    )
      cluster.observe({
        type: 'write.acknowledged',
        key: operation.key,
        index: known.revision,
        value: JSON.stringify(operation.value),
      })
  }
}

/** `nothing`: it was not done; null: nobody knows. */
function resultOf({ type }: Operation, result: GetResult | TransactResult): Result | 'nothing' | null {
  if (!result.ok) {
    if (result.code === 'conflict' && (type === 'compareAndSet' || type === 'transaction')) return { type: 'refused' }
    return type === 'get' || certain.includes(result.code) ? 'nothing' : null
  }
  if (!('entry' in result)) return { type: 'written', revision: result.revision }
  const { entry } = result
  return { type: 'read', value: entry === null ? null : String(entry.value), revision: entry?.index ?? 0 }
}

function deletedBy(operation: Operation): readonly string[] {
  if (operation.type === 'delete') return [operation.key]
  if (operation.type !== 'transaction') return []
  return operation.writes.filter(({ value }) => value === null).map(({ key }) => key)
}
