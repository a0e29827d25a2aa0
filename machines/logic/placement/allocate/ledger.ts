/**
 * Who has been given what so far, and what that leaves: roles by slot, and what they use of nodes (SPEC R6), components and the
 * places that relationships speak of (SPEC R5). `place` and `remove` undo each other exactly.
 */
import { isUpAvailability } from '../candidate.ts'
import type { CompiledApart, CompiledDependency, CompiledTogether, Need } from '../compile/relationships.ts'
import type { Compiled } from '../compile.ts'
import { hostOn } from '../compile.ts'
import { isPrimaryRole, type isSecondaryRole, type Situations } from './situation.ts'

export type GivenRole = typeof isPrimaryRole | typeof isSecondaryRole

export interface Ledger {
  readonly situations: Situations
  readonly of: Compiled
  /** By slot: 0 none, 1 secondary, 2 primary; what is fixed included. */
  readonly roles: Uint8Array
  /** By assignment; fixed ones that have no slot included. */
  readonly primaryCounts: Int32Array
  readonly secondaryCounts: Int32Array
  readonly hostPrimaryCounts: Int32Array
  readonly hostSecondaryCounts: Int32Array
  readonly nodePrimaryCounts: Int32Array
  readonly nodeSecondaryCounts: Int32Array
  /** By node and resource. */
  readonly used: Float64Array
  /** By relationship, then by domain: primaries there; the last entry is their sum. */
  readonly together: readonly Int32Array[]
  /** By relationship, then by domain: members with a place there; and by domain and member, how many places. */
  readonly apart: readonly { readonly memberCounts: Int32Array; readonly placeCounts: Int32Array }[]
}

type Arrays = Pick<
  Ledger,
  | 'roles'
  | 'primaryCounts'
  | 'secondaryCounts'
  | 'hostPrimaryCounts'
  | 'hostSecondaryCounts'
  | 'nodePrimaryCounts'
  | 'nodeSecondaryCounts'
  | 'used'
>

/** All in one piece of memory, so that a copy is one step. What has to be aligned comes first. */
function arraysIn(buffer: ArrayBuffer, of: Compiled): Arrays {
  const [nodes, assignments] = [of.nodes.length, of.assignments.length]
  let at = 8 * nodes * of.resources.length
  const words = (length: number) => {
    at += 4 * length
    return new Int32Array(buffer, at - 4 * length, length)
  }
  return {
    used: new Float64Array(buffer, 0, nodes * of.resources.length),
    primaryCounts: words(assignments),
    secondaryCounts: words(assignments),
    hostPrimaryCounts: words(of.hostCount),
    hostSecondaryCounts: words(of.hostCount),
    nodePrimaryCounts: words(nodes),
    nodeSecondaryCounts: words(nodes),
    roles: new Uint8Array(buffer, at, of.slotCount),
  }
}

export function emptyLedger(situations: Situations): Ledger {
  const { of } = situations
  const nodeCount = of.nodes.length
  const wordCount = 2 * (of.assignments.length + of.hostCount + nodeCount)
  const size = 8 * nodeCount * of.resources.length + 4 * wordCount + of.slotCount
  return {
    situations,
    of,
    ...arraysIn(new ArrayBuffer(size), of),
    together: of.togethers.map(() => new Int32Array(nodeCount + 1)),
    apart: of.aparts.map(({ classes }) => ({
      memberCounts: new Int32Array(nodeCount),
      placeCounts: new Int32Array(nodeCount * classes.length),
    })),
  }
}

/** The same, for what is known now. */
export function copyOf(ledger: Ledger, situations: Situations): Ledger {
  return {
    situations,
    of: ledger.of,
    ...arraysIn(ledger.roles.buffer.slice(0) as ArrayBuffer, ledger.of),
    together: ledger.together.map((counts) => counts.slice()),
    apart: ledger.apart.map(({ memberCounts, placeCounts }) => ({
      memberCounts: memberCounts.slice(),
      placeCounts: placeCounts.slice(),
    })),
  }
}

export function place(ledger: Ledger, slot: number, role: GivenRole): void {
  ledger.roles[slot] = role
  count(ledger, slot, role, 1)
}

export function remove(ledger: Ledger, slot: number): void {
  const role = ledger.roles[slot] as GivenRole
  ledger.roles[slot] = 0
  count(ledger, slot, role, -1)
}

/** Takes back all that is not fixed. */
export function clear(ledger: Ledger, index: number): void {
  const { situations, of, roles } = ledger
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (roles[slot] !== 0 && situations.fixed[slot] === 0) remove(ledger, slot)
}

function count(ledger: Ledger, slot: number, role: GivenRole, by: 1 | -1): void {
  const { of } = ledger
  const assignment = of.slotAssignments[slot]!
  const host = of.slotHosts[slot]!
  const node = of.slotNodes[slot]!
  const isPrimary = role === isPrimaryRole
  const counts = isPrimary ? ledger.primaryCounts : ledger.secondaryCounts
  counts[assignment] = counts[assignment]! + by
  const hostCounts = isPrimary ? ledger.hostPrimaryCounts : ledger.hostSecondaryCounts
  hostCounts[host] = hostCounts[host]! + by
  const nodeCounts = isPrimary ? ledger.nodePrimaryCounts : ledger.nodeSecondaryCounts
  nodeCounts[node] = nodeCounts[node]! + by
  const resourceCount = of.resources.length
  if (resourceCount > 0) {
    const weights = isPrimary ? of.primaryWeights : of.secondaryWeights
    for (let resource = 0; resource < resourceCount; resource++) {
      const at = node * resourceCount + resource
      ledger.used[at] = ledger.used[at]! + by * weights[assignment * resourceCount + resource]!
    }
  }
  if (isPrimary)
    for (const { index, domains } of of.togethersOf[assignment]!) {
      const here = ledger.together[index]!
      here[domains[node]!] = here[domains[node]!]! + by
      here[here.length - 1] = here[here.length - 1]! + by
    }
  for (const { index, domains, classes, classSets } of of.apartsOf[assignment]!) {
    const { memberCounts, placeCounts } = ledger.apart[index]!
    const domain = domains[node]!
    for (let member = 0; member < classes.length; member++) {
      if (!classSets[member]!.has(assignment)) continue
      const at = domain * classes.length + member
      const before = placeCounts[at]!
      placeCounts[at] = before + by
      if (by > 0 ? before === 0 : before === 1) memberCounts[domain] = memberCounts[domain]! + by
    }
  }
}

/** Whether the place may be given the role beside all that has been given so far. */
export function fits(ledger: Ledger, slot: number, role: GivenRole): boolean {
  if (!hasHostRoom(ledger, slot, role) || lacking(ledger, slot, role) >= 0) return false
  return ledger.of.isUnrelated[ledger.of.slotAssignments[slot]!] === 1 || obstacleOf(ledger, slot, role) === null
}

export function hasHostRoom(ledger: Ledger, slot: number, role: GivenRole): boolean {
  const host = ledger.of.slotHosts[slot]!
  const { primaryCountMax, secondaryCountMax, isMixed } = ledger.of.components[ledger.of.hostComponents[host]!]!.limits
  const primaries = ledger.hostPrimaryCounts[host]!
  const secondaries = ledger.hostSecondaryCounts[host]!
  if (role === isPrimaryRole) return primaries < primaryCountMax && (isMixed || secondaries === 0)
  return secondaries < secondaryCountMax && (isMixed || primaries === 0)
}

/** The first resource of which its node has too little left; -1: none. */
export function lacking(ledger: Ledger, slot: number, role: GivenRole): number {
  const { of, used } = ledger
  const count = of.resources.length
  if (count === 0) return -1
  const weights = role === isPrimaryRole ? of.primaryWeights : of.secondaryWeights
  const node = of.slotNodes[slot]! * count
  const assignment = of.slotAssignments[slot]! * count
  for (let resource = 0; resource < count; resource++) {
    const weight = weights[assignment + resource]!
    if (weight > 0 && used[node + resource]! + weight > of.capacities[node + resource]!) return resource
  }
  return -1
}

export type Obstacle = CompiledDependency | CompiledTogether | CompiledApart | Need | 'releases'

/** The relationship that stands in the way; null: none does. */
export function obstacleOf(ledger: Ledger, slot: number, role: GivenRole): Obstacle | null {
  const { of } = ledger
  const assignment = of.slotAssignments[slot]!
  const node = of.slotNodes[slot]!
  if (role === isPrimaryRole) {
    for (const dependency of of.sponsorsOf[assignment]!)
      if (isWithout(ledger, dependency) && !isTolerated(ledger, slot, dependency)) return dependency
    for (const together of of.togethersOf[assignment]!)
      if (together.weight === null && isElsewhere(ledger, together.index, together.domains[node]!)) return together
  }
  for (const need of of.needsOf[of.assignments[assignment]!.component]!)
    if (!isInRole(ledger, need.sponsor, node, need.kind === 'proxy')) return need
  for (const apart of of.apartsOf[assignment]!)
    if (apart.weight === null && isTaken(ledger, assignment, { apart, domain: apart.domains[node]! })) return apart
  return of.incompatible.size > 0 && isIncompatible(ledger, slot, role) ? 'releases' : null
}

function isWithout(ledger: Ledger, { sponsor, mode, instanceCountMin }: CompiledDependency): boolean {
  return mode !== 'start' && servedCount(ledger, sponsor) < instanceCountMin
}

/** It serves, and its sponsor fell: it goes on until `lapsed` says otherwise. Of a sponsor that works and is to stop it goes first. */
function isTolerated({ situations }: Ledger, slot: number, dependency: CompiledDependency): boolean {
  const { sponsor, instanceCountMin, toleranceMs } = dependency
  if (toleranceMs === 0 || situations.present[slot] !== isPrimaryRole) return false
  if (situations.isWithout[situations.of.slotAssignments[slot]!] === 1) return false
  const working = situations.candidates[sponsor]!.filter(
    ({ node, status }) => isUpAvailability(node) && status?.role === 'primary' && status.phase === 'ready',
  )
  return working.length < instanceCountMin
}

/** Primaries of an assignment, one that stays so in name only included: its dependents are not stopped before their tolerance ends. */
export function servedCount({ primaryCounts, situations }: Ledger, assignment: number): number {
  return Math.max(primaryCounts[assignment]!, situations.holders[assignment]! >= 0 ? 1 : 0)
}

function isElsewhere({ together }: Ledger, index: number, domain: number): boolean {
  const here = together[index]!
  return here[here.length - 1]! > here[domain]!
}

function isInRole(
  { of, hostPrimaryCounts, hostSecondaryCounts }: Ledger,
  component: number,
  node: number,
  isProxy: boolean,
): boolean {
  const host = hostOn(of, component, node)
  return host >= 0 && (hostPrimaryCounts[host]! > 0 || (!isProxy && hostSecondaryCounts[host]! > 0))
}

function isTaken(
  ledger: Ledger,
  assignment: number,
  { apart, domain }: { apart: CompiledApart; domain: number },
): boolean {
  const { classes, classSets, domains, index } = apart
  if (classes.length === 1) return placesIn(ledger, assignment, domains, domain) > 0
  const { memberCounts, placeCounts } = ledger.apart[index]!
  for (let member = 0; member < classes.length; member++) {
    if (!classSets[member]!.has(assignment)) continue
    const isHere = placeCounts[domain * classes.length + member]! > 0
    if (memberCounts[domain]! > (isHere ? 1 : 0)) return true
  }
  return false
}

/** Places of one assignment within a domain. */
export function placesIn({ of, roles }: Ledger, assignment: number, domains: Int32Array, domain: number): number {
  let found = 0
  for (let slot = of.slotsFrom[assignment]!; slot < of.slotsFrom[assignment + 1]!; slot++)
    if (roles[slot] !== 0 && domains[of.slotNodes[slot]!] === domain) found++
  return found
}

/** A primary and a secondary of one assignment whose releases do not go together (SPEC R12). */
function isIncompatible({ of, roles, situations }: Ledger, slot: number, role: GivenRole): boolean {
  const { releases, releaseNames } = situations
  const assignment = of.slotAssignments[slot]!
  for (let other = of.slotsFrom[assignment]!; other < of.slotsFrom[assignment + 1]!; other++) {
    if (other === slot || roles[other] === 0 || roles[other] === role) continue
    if (of.incompatible.has(`${releaseNames[releases[slot]!]} ${releaseNames[releases[other]!]}`)) return true
  }
  return false
}
