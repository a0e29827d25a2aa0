/** Those who use the cluster: an operator who switches over, locks and unlocks, and clients who write to the repository. */
import { componentId, type NodeName } from '../../machines/model/ids.ts'
import type { Operation } from '../../machines/model/operation.ts'
import type { Cluster } from './cluster.ts'
import type { Random } from './random.ts'

const keyCount = 5
const operationIntervalMs = 3_000
const writeIntervalMs = 300
const unlockIntervalMs = 1_000
/** Writes whose outcome is not known; the oldest are given up. */
const pendingCountMax = 1_000

interface PendingWrite {
  readonly index: number
  readonly epoch: number
  readonly key: string
  readonly value: string
}

export class Users {
  operationCount = 0
  writeCount = 0
  acknowledgedCount = 0
  readonly #cluster: () => Cluster
  readonly #random: Random
  readonly #scale: number
  readonly #pending = new Map<NodeName, PendingWrite[]>()
  #isOperating = true

  constructor(options: { cluster: () => Cluster; random: Random; scale: number }) {
    this.#cluster = options.cluster
    this.#random = options.random
    this.#scale = options.scale
  }

  start({ isOperating }: { isOperating: boolean }): void {
    this.#write()
    if (isOperating) this.#operate()
  }

  /** From now on everything that is out of use is put back to use, again and again until it is. */
  restore(): void {
    this.#isOperating = false
    this.#unlock()
  }

  /** A leader says that the entry holds. */
  applied(node: NodeName, { index, epoch }: { index: number; epoch: number }): void {
    const waiting = this.#pending.get(node)
    const write = waiting?.find((one) => one.index === index)
    if (!waiting || !write) return
    this.#pending.set(
      node,
      waiting.filter((one) => one.index > index),
    )
    if (write.epoch !== epoch) return
    this.acknowledgedCount += 1
    this.#cluster().observe({ type: 'write.acknowledged', key: write.key, index, value: write.value })
  }

  #write(): void {
    const { world, machines } = this.#cluster()
    world.after(this.#random.between(0, 2 * writeIntervalMs * this.#scale), () => this.#write())
    for (const { name, life } of machines) {
      const parts = life?.parts
      if (!parts || !life.process.isAlive || life.process.isPaused || !parts.replica.isLeader) continue
      const key = `application/k${this.#random.below(keyCount)}`
      this.writeCount += 1
      const value = this.writeCount
      life.process.receive(() => {
        const result = parts.replica.propose([{ key, value }])
        if (!result.ok) return
        const waiting = this.#pending.get(name) ?? []
        waiting.push({ index: result.index, epoch: result.epoch, key, value: JSON.stringify(value) })
        this.#pending.set(name, waiting.slice(-pendingCountMax))
      })
    }
  }

  #operate(): void {
    const { world, configuration } = this.#cluster()
    world.after(this.#random.between(0, 2 * operationIntervalMs * this.#scale), () => {
      if (!this.#isOperating) return
      this.#operate()
      const random = this.#random
      const assignment = random.pick(Object.keys(configuration.assignments))
      const node = random.pick(Object.keys(configuration.nodes))
      const component = componentId({ node, component: configuration.assignments[assignment]!.component })
      const operation = random.pick<Operation>([
        { operation: 'switchover', assignment, to: random.chance(0.5) ? null : node },
        { operation: 'lock', component },
        { operation: 'unlock', component },
        { operation: 'unlock', component },
      ])
      this.#request(operation)
    })
  }

  #unlock(): void {
    const { world, configuration } = this.#cluster()
    for (const { component } of Object.values(configuration.assignments))
      for (const node of configuration.components[component]!.nodes)
        this.#request({ operation: 'unlock', component: componentId({ node, component }) })
    world.after(unlockIntervalMs * this.#scale, () => this.#unlock())
  }

  #request(operation: Operation): void {
    const { life } = this.#random.pick(this.#cluster().machines)
    this.operationCount += 1
    life?.process.receive(() => void life.parts?.operations.request(operation))
  }
}
