/** An operator who switches over, locks and unlocks at random, and in the end puts everything back to use. */
import { type ComponentId, componentId } from '../../machines/model/ids.ts'
import type { Operation } from '../../machines/model/operation.ts'
import type { Cluster } from './cluster.ts'
import type { Random } from './random.ts'

const operationIntervalMs = 3_000
const unlockIntervalMs = 1_000
const lockFolder = 'lock/'

export class Operator {
  operationCount = 0
  readonly #cluster: () => Cluster
  readonly #random: Random
  readonly #scale: number
  #isOperating = true

  constructor(options: { cluster: () => Cluster; random: Random; scale: number }) {
    this.#cluster = options.cluster
    this.#random = options.random
    this.#scale = options.scale
  }

  start({ isOperating }: { isOperating: boolean }): void {
    if (isOperating) this.#operate()
  }

  /** From now on everything that is out of use is put back to use, again and again until it is. */
  restore(): void {
    this.#isOperating = false
    this.#unlock()
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
      const target = { kind: 'component', component } as const
      const operation = random.pick<Operation>([
        { operation: 'switchover', assignment, to: random.chance(0.5) ? null : node },
        { operation: 'lock', target },
        { operation: 'unlock', target },
        { operation: 'unlock', target },
      ])
      this.#request(operation)
    })
  }

  #unlock(): void {
    const { world, machines } = this.#cluster()
    // Each round asks another one: what one node does not know yet, or not any more, another may.
    const tree = this.#random.pick(machines).life?.parts?.replica.tree
    for (const { key } of tree?.list(lockFolder) ?? [])
      this.#request({
        operation: 'unlock',
        target: { kind: 'component', component: key.slice(lockFolder.length) as ComponentId },
      })
    world.after(unlockIntervalMs * this.#scale, () => this.#unlock())
  }

  #request(operation: Operation): void {
    const { life } = this.#random.pick(this.#cluster().machines)
    this.operationCount += 1
    life?.process.receive(() => void life.parts?.operations.request(operation))
  }
}
