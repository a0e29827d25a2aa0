/**
 * Rendezvous (SPEC R4): whom a component is told of. The protection group of an assignment as it is, not as it will be.
 */
import { type AssignmentName, type ComponentId, componentNameOf, nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import type { Peer } from '../../model/status.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import { type Candidate, candidatesOf } from './candidate.ts'
import type { PlanInput } from './input.ts'

/** Of more than these it is told of the primaries and of those that come first after them (the wire's bound, `src/wire/messages/roles.ts`). */
const peerCountMax = 100

/** The candidates of an assignment are the same objects as long as nothing about them has changed, and so are their peers. */
const known = new WeakMap<readonly Candidate[], Map<ComponentId, readonly Peer[]>>()

/**
 * A secondary is introduced once it has taken its role, and goes only with a decision that takes the role from it: so a primary that
 * waits for its secondaries' acknowledgements is released only after nobody can promote the one that is gone. A successor that has not
 * been promoted yet is still the secondary it was. Ranks count all standbys, the one that is told included, in the order of preference.
 */
export function peersOf(input: PlanInput, assignment: AssignmentName, component: ComponentId): readonly Peer[] {
  const candidates = candidatesOf(input, assignment)
  const made = known.get(candidates) ?? new Map<ComponentId, readonly Peer[]>()
  known.set(candidates, made)
  const before = made.get(component)
  if (before) return before
  const peers = bounded(peersAmong(input, candidates, component))
  made.set(component, peers)
  return peers
}

function peersAmong(input: PlanInput, candidates: readonly Candidate[], component: ComponentId): Peer[] {
  const peers: Peer[] = []
  let standbyCount = 0
  for (const candidate of candidates) {
    const standing = standingOf(candidate)
    if (standing === null) continue
    if (standing.role === 'secondary') standbyCount += 1
    if (candidate.component === component) continue
    peers.push(peerOf(input, candidate, { ...standing, rank: standing.role === 'secondary' ? standbyCount : 0 }))
  }
  return peers
}

function bounded(peers: readonly Peer[]): readonly Peer[] {
  if (peers.length <= peerCountMax) return peers
  return [...peers].sort((a, b) => a.rank! - b.rank!).slice(0, peerCountMax)
}

function peerOf(
  input: PlanInput,
  { component, status }: Candidate,
  standing: { role: Role; token: Token; rank: number },
): Peer {
  const node = nodeOf(component)
  const endpoint = status?.endpoint ?? configuredEndpoint(input, component)
  const release = status?.release ?? input.configuration.nodes[node]?.release
  return { component, node, endpoint, ...standing, ...(release === undefined ? {} : { release }) }
}

function standingOf({ intended, status }: Candidate): { role: Role; token: Token } | null {
  if (intended === null || (intended.role !== 'primary' && intended.role !== 'secondary')) return null
  const hasTaken = status === null || compareTokens(status.token, intended.token) >= 0
  if (hasTaken && status?.role !== 'spare') return intended
  return intended.role === 'primary' && status?.role === 'secondary' ? { role: 'secondary', token: status.token } : null
}

function configuredEndpoint(input: PlanInput, id: ComponentId): string | null {
  return input.configuration.components[componentNameOf(id)]?.instances[nodeOf(id)]?.endpoint ?? null
}
