/** Components in others (SPEC C8): what ends the container ends what is in it, on each node by itself. */
import type { Configuration } from '../model/configuration.ts'
import { type ComponentId, componentId, componentNameOf, hostOf, nodeOf } from '../model/ids.ts'
import type { ComponentStatus } from '../model/status.ts'

/** The components in this one, on its node; not those that are in these again. */
export function contentsOf({ relationships }: Configuration, container: ComponentId): ComponentId[] {
  const [node, name] = [nodeOf(container), componentNameOf(container)]
  const contained = Object.values(relationships ?? {}).flatMap((of) =>
    of.kind === 'containment' && of.container === name ? [of.contained] : [],
  )
  return [...new Set(contained)].sort().map((component) => componentId({ node, component }))
}

/**
 * Places that end since this status says that their container has: nothing runs in it any more, whether it was stopped or fell. As long
 * as one of its places is not stopped, its process is there. `statuses` are those of the node's own components.
 */
export function endedWith(
  configuration: Configuration,
  statuses: ReadonlyMap<ComponentId, Pick<ComponentStatus, 'component' | 'role' | 'phase'>>,
  { component }: Pick<ComponentStatus, 'component'>,
): ComponentId[] {
  const container = hostOf(component)
  const contents = contentsOf(configuration, container)
  if (contents.length === 0) return []
  const all = [...statuses.values()]
  const isEnded = all
    .filter((of) => hostOf(of.component) === container)
    .every(({ role, phase }) => role === 'offline' && phase === 'stopped')
  if (!isEnded) return []
  return all
    .filter((of) => of.role !== 'offline' && contents.includes(hostOf(of.component)))
    .map((of) => of.component)
    .sort()
}
