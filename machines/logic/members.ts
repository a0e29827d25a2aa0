/** Who should be a member of the replicated log, by the configuration (SPEC M1): voters by rank, then learners, then the arbiter. */
import type { Configuration } from '../model/configuration.ts'
import type { NodeName } from '../model/ids.ts'

export interface WantedMember {
  readonly name: NodeName
  /** A learner holds everything and never votes; an arbiter votes and never leads. */
  readonly kind: 'voter' | 'arbiter' | 'learner'
}

export function wantedMembers({
  nodes,
  arbiter,
}: Pick<Configuration, 'nodes'> & Partial<Pick<Configuration, 'arbiter'>>): readonly WantedMember[] {
  const byRank = nodesByRank(nodes)
  const voters = byRank.filter((name) => nodes[name]!.isEligible !== false)
  const learners = byRank.filter((name) => nodes[name]!.isEligible === false)
  return [
    ...voters.map((name): WantedMember => ({ name, kind: 'voter' })),
    ...learners.map((name): WantedMember => ({ name, kind: 'learner' })),
    ...(arbiter ? [{ name: arbiter.name, kind: 'arbiter' } as const] : []),
  ]
}

/** In order of rank, those of one rank by name. */
export function nodesByRank(nodes: Configuration['nodes']): NodeName[] {
  return Object.keys(nodes).sort((a, b) => nodes[a]!.rank - nodes[b]!.rank || (a < b ? -1 : 1))
}
