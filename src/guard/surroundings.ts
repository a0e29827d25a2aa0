/** What of the configuration guard and heartbeats have to know. */
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

/** In order of rank, those of one rank by name. */
export function votersOf(nodes: Configuration['nodes']): NodeName[] {
  return Object.keys(nodes).sort((a, b) => nodes[a]!.rank - nodes[b]!.rank || (a < b ? -1 : 1))
}
