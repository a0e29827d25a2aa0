/** What of the configuration guard and heartbeats have to know. */

import { nodesByRank } from '../../machines/logic/members.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import type { Surroundings } from './heartbeatService.ts'

export function surroundingsOf({ nodes, timing }: Configuration, self: NodeName): Surroundings {
  const others = Object.entries(nodes).filter(([node]) => node !== self)
  return {
    peers: Object.fromEntries(others.map(([node, { links }]) => [node, links])),
    voters: votersOf(nodes),
    timing,
  }
}

/** Those that can be master, in order of rank. */
export function votersOf(nodes: Configuration['nodes']): NodeName[] {
  return nodesByRank(nodes).filter((name) => nodes[name]!.isEligible !== false)
}
