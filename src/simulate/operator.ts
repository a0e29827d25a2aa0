/** An operator who asks for all there is to ask for at random, and in the end puts everything back to use. */
import { clusterStateKey, prefixes } from '../../machines/crim/keys.ts'
import { type ComponentId, componentId, type NodeName } from '../../machines/model/ids.ts'
import type { Operation, Target } from '../../machines/model/operation.ts'
import type { Cluster } from './cluster.ts'
import type { Random } from './random.ts'

const operationIntervalMs = 3_000
const restoreIntervalMs = 1_000
/** Of operations with a target: on the whole cluster. */
const wholeLikelihood = 0.08

export class Operator {
  operationCount = 0
  readonly #cluster: () => Cluster
  readonly #random: Random
  readonly #wholeRandom: Random | null
  readonly #scale: number
  #isOperating = true

  /** `wholeRandom`: for what is asked of the whole cluster; null: nothing is. */
  constructor(options: { cluster: () => Cluster; random: Random; wholeRandom: Random | null; scale: number }) {
    this.#cluster = options.cluster
    this.#random = options.random
    this.#wholeRandom = options.wholeRandom
    this.#scale = options.scale
  }

  start({ isOperating }: { isOperating: boolean }): void {
    if (isOperating) this.#operate()
  }

  /** From now on everything that is out of use is put back to use, again and again until it is. */
  restore(): void {
    this.#isOperating = false
    this.#restore()
  }

  #operate(): void {
    const { world } = this.#cluster()
    world.after(this.#random.between(0, 2 * operationIntervalMs * this.#scale), () => {
      if (!this.#isOperating) return
      this.#operate()
      this.#request(this.#anyOperation())
    })
  }

  #anyOperation(): Operation {
    const { configuration } = this.#cluster()
    const random = this.#random
    const assignment = random.pick(Object.keys(configuration.assignments))
    const nodes = Object.keys(configuration.nodes)
    const node = random.pick(nodes)
    const component = componentId({ node, component: configuration.assignments[assignment]!.component })
    const some = random.pick<Target>([
      { kind: 'component', component },
      { kind: 'component', component },
      { kind: 'component', component },
      { kind: 'node', node },
      { kind: 'assignment', assignment },
      ...Object.keys(configuration.groups ?? {}).map((group) => ({ kind: 'group' as const, group })),
    ])
    const target: Target = this.#wholeRandom?.chance(wholeLikelihood) ? { kind: 'cluster' } : some
    const isForced = random.chance(0.5)
    const to = random.pick(nodes)
    return random.pick<Operation>([
      { operation: 'switchover', assignment, to: random.chance(0.5) ? null : node, isForced },
      { operation: 'migrate', assignment, from: node, to, isForced },
      { operation: 'lock', target, isForced },
      { operation: 'shutdown', target, isForced },
      { operation: 'restart', target, isForced },
      { operation: 'selfTest', component, isForced },
      { operation: 'maintenance', target, isOn: true },
      { operation: 'maintenance', target, isOn: false },
      { operation: 'maintenance', target, isOn: false },
      { operation: 'unlock', target },
      { operation: 'unlock', target },
      { operation: 'unlock', target },
    ])
  }

  #restore(): void {
    const { world, machines } = this.#cluster()
    // Each round asks another one: what one node does not know yet, or not any more, another may.
    const tree = this.#random.pick(machines).life?.parts?.replica.tree
    for (const prefix of [prefixes.lock, prefixes.node, prefixes.assignment, prefixes.component, prefixes.failures])
      for (const { key, value } of tree?.list(prefix) ?? [])
        for (const operation of restoring(key.slice(prefix.length), { prefix, value })) this.#request(operation)
    if (tree?.get(clusterStateKey)?.value === 'maintenance')
      this.#request({ operation: 'maintenance', target: { kind: 'cluster' }, isOn: false })
    world.after(restoreIntervalMs * this.#scale, () => this.#restore())
  }

  #request(operation: Operation): void {
    const { life } = this.#random.pick(this.#cluster().machines)
    this.operationCount += 1
    life?.process.receive(() => void life.parts?.operations.request(operation))
  }
}

/** What takes away what is kept under a key. Failures alone are in nobody's way; components that are barred for them are. */
function restoring(name: string, { prefix, value }: { prefix: string; value: unknown }): Operation[] {
  const target = targetOf(name, prefix)
  if (value === 'maintenance') return [{ operation: 'maintenance', target, isOn: false }]
  const isInUse = prefix === prefixes.failures && (value as { isBarred: boolean }).isBarred === false
  return isInUse ? [] : [{ operation: 'unlock', target }]
}

function targetOf(name: string, prefix: string): Target {
  if (prefix === prefixes.node) return { kind: 'node', node: name as NodeName }
  if (prefix === prefixes.assignment) return { kind: 'assignment', assignment: name }
  return { kind: 'component', component: name as ComponentId }
}
