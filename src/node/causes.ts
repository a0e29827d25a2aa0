/** What was asked of the world, by which step: so that the answer, when it comes, is linked to it in the black box. */
import type { ComponentId, NodeName } from '../../machines/model/ids.ts'
import type { AgentEvent } from '../agents/agent.ts'
import type { Cause } from '../engine/record.ts'

/** Events of an agent after which nothing is under way. */
const answers: readonly AgentEvent['type'][] = ['role.done', 'role.failed', 'process.exited']

export class Causes {
  /** The last order to a component's agent. */
  readonly #orders = new Map<ComponentId, { type: string; cause: Cause; isOpen: boolean }>()
  /** Proposals by their place in the log; decided in order, so the oldest go first. */
  readonly #proposals = new Map<number, Cause>()
  /** Confirmed, and on the way to whoever judges whether it still counts. */
  readonly #fences = new Map<NodeName, Cause>()

  ordered(component: ComponentId, type: string, cause: Cause): void {
    this.#orders.set(component, { type, cause, isOpen: true })
  }

  /** The order that a component's program carries out at this moment; null: none, so what it does is its own doing. */
  ofApplication(component: ComponentId): Cause | null {
    const order = this.#orders.get(component)
    return order?.isOpen ? order.cause : null
  }

  /** The order that an agent's event answers. One that comes by itself has no cause but the world. */
  ofAgentEvent(event: AgentEvent): Cause | null {
    const order = this.#orders.get(event.component)
    if (!order || event.type === 'health.failed') return null
    if (answers.includes(event.type)) order.isOpen = false
    if (event.type === 'process.exited' && order.type !== 'process.stop') return null
    return order.cause
  }

  fenced(node: NodeName, cause: Cause): void {
    this.#fences.set(node, cause)
  }

  /** The step that had the node fenced; once. */
  ofFence(node: NodeName): Cause | null {
    const cause = this.#fences.get(node) ?? null
    this.#fences.delete(node)
    return cause
  }

  proposed(index: number, cause: Cause): void {
    this.#proposals.set(index, cause)
  }

  ofApplied(index: number): Cause | null {
    const cause = this.#proposals.get(index) ?? null
    for (const earlier of this.#proposals.keys()) if (earlier <= index) this.#proposals.delete(earlier)
    return cause
  }
}
