/** What a relationship that stands in the way has against a place, in words. */
import type { CompiledApart, CompiledDependency, CompiledTogether, Need } from '../compile/relationships.ts'
import { type Ledger, type Obstacle, servedCount } from './ledger.ts'
import { isPrimaryRole } from './situation.ts'

export function obstacleText(ledger: Ledger, { slot, obstacle }: { slot: number; obstacle: Obstacle }): string {
  if (obstacle === 'releases') return `'releases' (${releasesText(ledger, slot)})`
  return `'${obstacle.name}' (${detailOf(ledger, slot, obstacle)})`
}

function detailOf(ledger: Ledger, slot: number, obstacle: Exclude<Obstacle, 'releases'>): string {
  if ('mode' in obstacle) return sponsorText(ledger, obstacle)
  if ('kind' in obstacle) return needText(ledger, slot, obstacle)
  if ('classes' in obstacle) return apartText(ledger, slot, obstacle)
  return togetherText(ledger, slot, obstacle)
}

function sponsorText(ledger: Ledger, { sponsor, instanceCountMin }: CompiledDependency): string {
  const { name } = ledger.of.assignments[sponsor]!
  const count = servedCount(ledger, sponsor)
  return count === 0 ? `${name} is not served` : `${name} has ${count} of ${instanceCountMin} primaries`
}

function needText({ of }: Ledger, slot: number, { kind, sponsor }: Need): string {
  const node = of.nodes[of.slotNodes[slot]!]!
  const { name } = of.components[sponsor]!
  return kind === 'proxy' ? `its proxy ${name} is not primary on ${node}` : `${name} has no role on ${node}`
}

function togetherText(ledger: Ledger, slot: number, { members, domains }: CompiledTogether): string {
  const { of } = ledger
  const domain = domains[of.slotNodes[slot]!]!
  const other = firstPlace(ledger, members, (node, role) => role === isPrimaryRole && domains[node] !== domain)
  return other === null ? 'the others are elsewhere' : `${other.name} is on ${other.node}`
}

function apartText(ledger: Ledger, slot: number, { classes, domains }: CompiledApart): string {
  const { of } = ledger
  const domain = domains[of.slotNodes[slot]!]!
  const own = of.slotAssignments[slot]!
  const others = classes.length === 1 ? [own] : classes.filter((members) => !members.includes(own)).flat()
  const other = firstPlace(ledger, others, (node) => domains[node] === domain)
  return other === null ? 'another is there' : `${other.name} is on ${other.node}`
}

function firstPlace(
  { of, roles }: Ledger,
  members: readonly number[],
  isMeant: (node: number, role: number) => boolean,
): { name: string; node: string } | null {
  for (const member of members)
    for (let slot = of.slotsFrom[member]!; slot < of.slotsFrom[member + 1]!; slot++)
      if (roles[slot] !== 0 && isMeant(of.slotNodes[slot]!, roles[slot]!))
        return { name: of.assignments[member]!.name, node: of.nodes[of.slotNodes[slot]!]! }
  return null
}

function releasesText({ of, roles, situations }: Ledger, slot: number): string {
  const { releases, releaseNames } = situations
  const assignment = of.slotAssignments[slot]!
  const own = releaseNames[releases[slot]!]!
  for (let other = of.slotsFrom[assignment]!; other < of.slotsFrom[assignment + 1]!; other++) {
    const release = releaseNames[releases[other]!]!
    if (other !== slot && roles[other] !== 0 && of.incompatible.has(`${own} ${release}`))
      return `${own} beside ${release}`
  }
  return own
}
