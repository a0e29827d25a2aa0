/** Who is configured, and who is named by what was decided: made once for a configuration, and for what was decided. */
import { type ComponentId, componentId, hostOf, type NodeName, nodeOf } from '../model/ids.ts'
import type { CrimContext } from './context.ts'

const assignedHostsOf = new WeakMap<CrimContext['configuration'], ReadonlySet<ComponentId>>()

/** Components that serve an assignment, on each of their nodes. */
export function assignedHosts(configuration: CrimContext['configuration']): ReadonlySet<ComponentId> {
  const before = assignedHostsOf.get(configuration)
  if (before) return before
  const hosts = new Set<ComponentId>()
  for (const { component } of Object.values(configuration.assignments))
    for (const node of configuration.components[component]!.nodes) hosts.add(componentId({ node, component }))
  assignedHostsOf.set(configuration, hosts)
  return hosts
}

interface Named {
  readonly places: ReadonlySet<ComponentId>
  readonly hosts: ReadonlySet<ComponentId>
  readonly nodes: ReadonlySet<NodeName>
}

const namedBy = new WeakMap<CrimContext['intents'], Named>()

/** In the intents. */
export function namedIn(intents: CrimContext['intents']): Named {
  const before = namedBy.get(intents)
  if (before) return before
  const places = new Set(Object.values(intents).flatMap(({ roles }) => Object.keys(roles) as ComponentId[]))
  const named = { places, hosts: new Set([...places].map(hostOf)), nodes: new Set([...places].map(nodeOf)) }
  namedBy.set(intents, named)
  return named
}
