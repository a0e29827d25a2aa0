/** The cluster in miniature with an operator and with trouble: operations, errands, reports of components that still have their role. */
import type { CrimEffect } from '../../machines/crim.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import { nodeOf } from '../../machines/model/ids.ts'
import type { Operation, OperationResult } from '../../machines/model/operation.ts'
import type { Message } from '../../src/engine/step.ts'
import { RoleCluster } from './roleCluster.ts'

type Order = Extract<CrimEffect, { type: 'reset.command' | 'selfTest.command' }>

export class OperatedCluster extends RoleCluster {
  /** Nodes that were to be fenced or restarted, as the CRIM said. */
  readonly felled: string[] = []
  /** How components answer errands: with null when all is well, else with a code. Left out: well. `silent`: not at all. */
  readonly errands: Partial<Record<ComponentId, string | null>> = {}
  /** Errands that were asked for. */
  readonly asked: string[] = []
  #heardCount = 0

  protected override perform(effect: CrimEffect): void {
    if (effect.type === 'fence.order' || effect.type === 'node.restart')
      this.felled.push(`${effect.type} ${effect.node}: ${effect.reason}`)
    if (effect.type === 'reset.command' || effect.type === 'selfTest.command') this.#run(effect)
  }

  /** Lets everything happen, and the master be killed when it has done so much. False: it was not killed, as it did less. */
  settleKilledAfter(effectCount: number): boolean {
    this.effectLimit = this.effectCount + effectCount
    for (let round = 0; round < 30; round++) {
      for (let count = 0; this.effectCount <= this.effectLimit && this.deliver(count); count++);
      if (this.effectCount > this.effectLimit) break
      const delay = this.waits.find((name) => name === 'retry' || name === 'surveyTimeout')
      if (!delay) break
      this.elapse(delay)
    }
    const isKilled = this.effectCount > this.effectLimit
    this.effectLimit = Number.POSITIVE_INFINITY
    if (isKilled) this.changeMaster()
    this.settle()
    return isKilled
  }

  /** Lives of processes so far, by component. */
  lives(): Record<ComponentId, number> {
    const hosted = [...this.nodes.values()].flatMap(({ components }) => components)
    return Object.fromEntries(hosted.map(({ id, run }) => [id, run.snapshot.context.incarnation % 1000]))
  }

  #run({ type, component, token }: Order): void {
    this.asked.push(`${type} ${component}`)
    this.log.push(`crim < ${type} ${component}`)
    const code = this.errands[component] ?? null
    if (code === 'silent') return
    const answer = { component, token, detail: 'as the test has it' }
    this.channels.later(`to ${nodeOf(component)}`, () => {
      if (code === null) this.#wellAgain(component)
      this.toCrim(code === null ? { type: 'errand.done', ...answer } : { type: 'errand.failed', ...answer, code })
    })
  }

  /** It says that it is not well, and still has its role. */
  trouble(component: ComponentId, code: string): void {
    this.log.push(`-- trouble ${component} ${code}`)
    this.#report(component, { code, detail: `${code} as the test has it` })
  }

  #wellAgain(component: ComponentId): void {
    const status = this.crim.statuses[component]
    if (status && status.role !== 'offline') this.#report(component, null)
  }

  #report(component: ComponentId, failure: { code: string; detail: string } | null): void {
    const { statuses, nodes } = this.crim
    const node = nodeOf(component)
    const status = { ...statuses[component]!, failure } as unknown as Message
    this.toCrim({ type: 'status.reported', node, incarnation: nodes[node]!.incarnation, status, atMs: this.nowMs })
  }

  /** Asks, and lets everything happen that follows. What it was answered, if it was. */
  operate(operation: Operation): OperationResult | null {
    const before = this.answers.length
    this.request({ type: '', ...operation })
    this.settle()
    return (this.answers[before]?.result as OperationResult | undefined) ?? null
  }

  /** What components were told since the last time: `n1/service quiescing`. */
  told(): string[] {
    const lines = this.log.slice(this.#heardCount).filter((line) => line.startsWith('crim < role.command '))
    this.#heardCount = this.log.length
    return lines.map((line) => line.split(' ').slice(3, 5).join(' '))
  }
}
