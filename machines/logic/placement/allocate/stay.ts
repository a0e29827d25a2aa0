/**
 * What is decided greedily may be worse than what is there already, and two such plans could take turns for ever. So it is measured
 * against the placement as it stands, with what is missing placed beside it where there is room: nothing moves but for the better.
 */
import { compareCosts, mayFollow } from './cost.ts'
import { fill, placeTheRest } from './greedy.ts'
import { clear, fits, type GivenRole, type Ledger, place } from './ledger.ts'
import { objectiveOfLedger, stillFits } from './objective.ts'
import { reserveHolds } from './reserve.ts'
import { isPrimaryRole } from './situation.ts'
import { wantedOf } from './wanted.ts'

/** The better of the two; of equal ones the placement as it stands. `begun` is what was decided from: the members have nothing in it. */
export function unlessStaying(decided: Ledger, begun: Ledger, members: readonly number[]): Ledger {
  if (!takesAway(decided)) return decided
  const staying = asItStands(begun, members)
  if (staying === null || !isAllowed(staying)) return decided
  const differing = differingIn(decided, staying)
  return compareCosts(objectiveOfLedger(staying, differing), objectiveOfLedger(decided, differing)) <= 0
    ? staying
    : decided
}

/** Room on nodes and in components was seen to as each was placed; what has relationships may have lost what it needs since. */
function isAllowed(ledger: Ledger): boolean {
  const { isUnrelated, slotAssignments, slotCount } = ledger.of
  for (let slot = 0; slot < slotCount; slot++)
    if (isUnrelated[slotAssignments[slot]!] === 0 && !stillFits(ledger, slot)) return false
  return reserveHolds(ledger)
}

/** Assignments of which some place has another role. */
function differingIn({ of, roles }: Ledger, { roles: others }: Ledger): number[] {
  const found = new Set<number>()
  for (let slot = 0; slot < of.slotCount; slot++) if (roles[slot] !== others[slot]) found.add(of.slotAssignments[slot]!)
  return [...found]
}

/** Some place loses what it has: where none does, nothing can go back and forth. */
function takesAway({ roles, situations: { present } }: Ledger): boolean {
  for (let slot = 0; slot < roles.length; slot++) if (roles[slot]! < present[slot]!) return true
  return false
}

/** Null: it cannot stay. */
function asItStands(ledger: Ledger, members: readonly number[]): Ledger | null {
  const { situations } = ledger
  for (const index of members) if (!placeWanted(ledger, index)) return null
  for (const index of members) fill(ledger, index, { role: isPrimaryRole, isRequired: true })
  for (const index of members) if (!mayFollow(situations, index, ledger.primaryCounts[index]!)) clear(ledger, index)
  placeTheRest(ledger, members)
  return ledger
}

/** What it has, as far as it is to have so many. False: not all of that fits. */
function placeWanted(ledger: Ledger, index: number): boolean {
  const { of, situations } = ledger
  const wanted = wantedOf(situations, index)
  const left = [0, wanted.secondaryPreferred, wanted.primaryPreferred]
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    const role = situations.present[slot] as 0 | GivenRole
    if (role === 0 || left[role]! <= 0) continue
    if (!fits(ledger, slot, role)) return false
    place(ledger, slot, role)
    left[role] = left[role]! - 1
  }
  return true
}
