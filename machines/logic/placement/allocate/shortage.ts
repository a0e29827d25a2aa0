/** Why an assignment is not as configured, with names and numbers, from what was decided for all. */
import type { Candidate } from '../candidate.ts'
import { whyNot } from '../reasons.ts'
import { type GivenRole, hasHostRoom, type Ledger, lacking, obstacleOf, place, remove } from './ledger.ts'
import { obstacleText } from './obstacles.ts'
import { keepsReserve } from './reserve.ts'
import { isPrimaryRole, isSecondaryRole } from './situation.ts'

/** Null: it is as configured. */
export function reasonOf(ledger: Ledger, index: number): string | null {
  const { situations, of } = ledger
  const { primaryRequired, secondaryPreferred, primaryPreferred } = of.assignments[index]!
  const primaries = ledger.primaryCounts[index]!
  const note = situations.notes[index]!
  // Who only holds the place in name has been followed by another.
  const isSettled = situations.holders[index]! >= 0 && situations.fixedPrimaryCounts[index] === 0 && primaries > 0
  if (note !== null && !isSettled) return note
  if (primaries < primaryRequired) return noPrimaryReason(ledger, index, primaries)
  if (ledger.secondaryCounts[index]! < secondaryPreferred)
    return `no secondary: ${whyNotOthers(ledger, index, isSecondaryRole)}`
  const wanted = Math.min(primaryPreferred, of.slotsFrom[index + 1]! - of.slotsFrom[index]!)
  if (primaries >= wanted) return null
  return `${primaries} of ${wanted} primaries: ${whyNotOthers(ledger, index, isPrimaryRole)}`
}

function noPrimaryReason(ledger: Ledger, index: number, primaries: number): string {
  const why = whyNotOthers(ledger, index, isPrimaryRole)
  if (primaries === 0) return `no component can be primary: ${why}`
  return `${primaries} of ${ledger.of.assignments[index]!.primaryRequired} required primaries: ${why}`
}

function whyNotOthers(ledger: Ledger, index: number, role: GivenRole): string {
  const candidates = ledger.situations.candidates[index]!
  const reasons = candidates.map((candidate) => whyNotHere(ledger, candidate, role)).filter((why) => why !== null)
  return reasons.join('; ') || 'no other component is configured'
}

/** Why a place has not got the role; null: it has one, or nothing is in the way. */
export function whyNotHere(ledger: Ledger, candidate: Candidate, role: GivenRole): string | null {
  const { situations, of, roles } = ledger
  const { slot } = candidate
  if (slot >= 0 && roles[slot] !== 0) return whyNotPromoted(ledger, candidate, role)
  const unusable = whyNot(candidate)
  if (unusable !== null) return unusable
  const node = of.nodes[of.slotNodes[slot]!]!
  if (of.slotForbids[slot]) return `${node} forbidden by its wishes`
  if (candidate.isHeld) return `${node} is held: it is given nothing more`
  const may = role === isPrimaryRole ? situations.mayBePrimary : situations.mayBeSecondary
  if (!may[slot]) return whyNotNow(ledger, candidate, role)
  const resource = lacking(ledger, slot, role)
  if (resource >= 0) return lackReason(ledger, slot, { role, resource })
  if (!hasHostRoom(ledger, slot, role)) return hostReason(ledger, slot)
  const obstacle = obstacleOf(ledger, slot, role)
  if (obstacle !== null) return `${candidate.component} forbidden by ${obstacleText(ledger, { slot, obstacle })}`
  return keepsReserve(ledger, slot, role) ? null : reserveReason(ledger, slot, role)
}

function whyNotNow({ of }: Ledger, { component, slot, status }: Candidate, role: GivenRole): string {
  const { type } = of.assignments[of.slotAssignments[slot]!]!
  if (type.selfDetermining) return `${component} says that it is ${status?.announced ?? 'nothing yet'}`
  if (role === isPrimaryRole) return `${component} is not in step`
  return `${component} cannot be secondary`
}

function lackReason(
  { of, used }: Ledger,
  slot: number,
  { role, resource }: { role: GivenRole; resource: number },
): string {
  const count = of.resources.length
  const weights = role === isPrimaryRole ? of.primaryWeights : of.secondaryWeights
  const [node, assignment] = [of.slotNodes[slot]!, of.slotAssignments[slot]!]
  const left = of.capacities[node * count + resource]! - used[node * count + resource]!
  const needed = weights[assignment * count + resource]!
  return `needs ${needed} ${of.resources[resource]!}, ${of.nodes[node]!} has ${Math.max(0, left)}`
}

function reserveReason({ of }: Ledger, slot: number, role: GivenRole): string {
  const count = of.resources.length
  const weights = role === isPrimaryRole ? of.primaryWeights : of.secondaryWeights
  const from = of.slotAssignments[slot]! * count
  const resource = of.resources.findIndex((_, index) => weights[from + index]! > 0)
  return `needs ${weights[from + resource]!} ${of.resources[resource]!}, which is reserved on ${of.nodes[of.slotNodes[slot]!]!}`
}

function hostReason({ of, hostPrimaryCounts, hostSecondaryCounts }: Ledger, slot: number): string {
  const host = of.slotHosts[slot]!
  const [primaries, secondaries] = [hostPrimaryCounts[host]!, hostSecondaryCounts[host]!]
  return `${of.hostIds[host]!} serves ${primaries} as primary and ${secondaries} as secondary already`
}

/** Why one that has a role has not got a better one: as if it had none. */
function whyNotPromoted(ledger: Ledger, candidate: Candidate, role: GivenRole): string | null {
  const { slot } = candidate
  if (role !== isPrimaryRole || ledger.roles[slot] !== isSecondaryRole || ledger.situations.fixed[slot] !== 0)
    return null
  remove(ledger, slot)
  const why = whyNotHere(ledger, candidate, role)
  place(ledger, slot, isSecondaryRole)
  return why
}
