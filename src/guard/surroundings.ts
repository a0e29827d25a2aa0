/** What of the configuration guard and heartbeats have to know. */

import { nodesByRank } from '../../machines/logic/members.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Surroundings } from './heartbeatService.ts'

/** As the file has it, until the node process tells what the cluster has. */
export function surroundingsOf({ nodes, arbiter, timing }: Configuration, self: NodeName): Surroundings {
  const all = [...Object.entries(nodes), ...(arbiter ? [[arbiter.name, arbiter] as const] : [])]
  return {
    peers: Object.fromEntries(all.filter(([name]) => name !== self).map(([name, { links }]) => [name, links])),
    voters: [...votersOf(nodes), ...(arbiter ? [arbiter.name] : [])],
    timing,
    holding: timing,
  }
}

/** Those that can be master, in order of rank. */
export function votersOf(nodes: Configuration['nodes']): NodeName[] {
  return nodesByRank(nodes).filter((name) => nodes[name]!.isEligible !== false)
}
