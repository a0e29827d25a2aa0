import { endedWith } from '../../machines/logic/contents.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { ComponentId } from '../../machines/model/ids.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import type { Message } from '../../src/engine/step.ts'
import type { Node } from './roleNode.ts'

/** Places that end with a container, as the real node has it. */
export function contentsEnded(
  configuration: Configuration,
  of: { node: Node; statuses: ReadonlyMap<ComponentId, Message>; container: ComponentId },
): ComponentId[] {
  const own = of.node.components.flatMap(({ id }) => of.statuses.get(id) ?? []) as unknown as ComponentStatus[]
  const statuses = new Map(own.map((status) => [status.component, status]))
  return endedWith(configuration, statuses, { component: of.container })
}
