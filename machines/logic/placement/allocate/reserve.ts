/**
 * Room for what reserves it, should one node fail (SPEC R6). For every node, the primaries on it that reserve are packed into what is
 * left on the others, the more important first, each on the first node of its own that has room, its secondaries' before others.
 * One that finds none may not lack it because of a place that was given anew to an assignment that reserves nothing and is decided
 * after it, being less important: such a place is not given. What runs already is not stopped for a reserve, and those that reserve may use it.
 */

import { withDependents } from './island.ts'
import { clear, type GivenRole, type Ledger, place, remove } from './ledger.ts'
import { isPrimaryRole, isSecondaryRole } from './situation.ts'

/** Whether nothing given anew takes room that is reserved. */
export function reserveHolds(ledger: Ledger): boolean {
  const { of } = ledger
  if (!of.isReserving || of.resources.length === 0) return true
  for (let node = 0; node < of.nodes.length; node++) {
    const left = Float64Array.from(ledger.used)
    for (const slot of reservedOn(ledger, node)) {
      if (pack(ledger, left, slot)) continue
      if (couldPackWithout(ledger, node, slot)) return false
    }
  }
  return true
}

/** Whether the place can be given without taking room that is reserved. */
export function keepsReserve(ledger: Ledger, slot: number, role: GivenRole): boolean {
  const { of, situations } = ledger
  if (!of.isReserving) return true
  if (situations.present[slot] === role) return true
  place(ledger, slot, role)
  const holds = reserveHolds(ledger)
  remove(ledger, slot)
  return holds
}

/**
 * Where what was placed greedily has come to take reserved room together with what has it by right: gives the room back, what was
 * decided last first.
 */
export function giveBackReserved(ledger: Ledger, members: readonly number[]): void {
  const { of } = ledger
  for (const index of [...members].reverse()) {
    if (reserveHolds(ledger)) return
    if (of.assignments[index]!.isReserving || !hasNewPlace(ledger, index)) continue
    const marks = new Uint8Array(of.assignments.length)
    withDependents(of, index, marks)
    for (let other = 0; other < marks.length; other++) if (marks[other] === 1) clear(ledger, other)
  }
}

function hasNewPlace({ of, roles, situations }: Ledger, index: number): boolean {
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (roles[slot] !== 0 && situations.fixed[slot] === 0 && situations.present[slot] !== roles[slot]) return true
  return false
}

/** Slots of primaries on the node that reserve, the more important first. */
function reservedOn({ of, roles }: Ledger, node: number): number[] {
  const found: number[] = []
  for (const slot of of.reservingSlots)
    if (of.slotNodes[slot] === node && roles[slot] === isPrimaryRole) found.push(slot)
  return found
}

/** Takes the room where there is some. */
function pack({ of, roles, situations }: Ledger, used: Float64Array, slot: number): boolean {
  const assignment = of.slotAssignments[slot]!
  for (const standby of [isSecondaryRole, 0]) {
    for (let other = of.slotsFrom[assignment]!; other < of.slotsFrom[assignment + 1]!; other++) {
      if (other === slot || roles[other] !== standby || situations.mayBeSpare[other] === 0) continue
      if (takeRoom(of, used, { slot: other, isSecondary: standby === isSecondaryRole })) return true
    }
  }
  return false
}

function takeRoom(
  of: Ledger['of'],
  used: Float64Array,
  { slot, isSecondary }: { slot: number; isSecondary: boolean },
): boolean {
  const count = of.resources.length
  const [node, assignment] = [of.slotNodes[slot]! * count, of.slotAssignments[slot]! * count]
  const more = (resource: number) =>
    of.primaryWeights[assignment + resource]! - (isSecondary ? of.secondaryWeights[assignment + resource]! : 0)
  for (let resource = 0; resource < count; resource++)
    if (more(resource) > 0 && used[node + resource]! + more(resource) > of.capacities[node + resource]!) return false
  for (let resource = 0; resource < count; resource++) used[node + resource] = used[node + resource]! + more(resource)
  return true
}

/** Whether it is the new places of others, decided later and without a reserve, that it lacks room for. */
function couldPackWithout(ledger: Ledger, node: number, slot: number): boolean {
  const { of, roles, situations } = ledger
  const position = of.positions[of.slotAssignments[slot]!]!
  const count = of.resources.length
  const used = Float64Array.from(ledger.used)
  for (let other = 0; other < of.slotCount; other++) {
    const role = roles[other]!
    if (role === 0 || situations.fixed[other] !== 0 || situations.present[other] === role) continue
    const assignment = of.slotAssignments[other]!
    if (of.assignments[assignment]!.isReserving || of.positions[assignment]! < position) continue
    const weights = role === isPrimaryRole ? of.primaryWeights : of.secondaryWeights
    for (let resource = 0; resource < count; resource++) {
      const at = of.slotNodes[other]! * count + resource
      used[at] = used[at]! - weights[assignment * count + resource]!
    }
  }
  for (const each of reservedOn(ledger, node)) {
    const isPacked = pack(ledger, used, each)
    if (each === slot) return isPacked
  }
  return false
}
