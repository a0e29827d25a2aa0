/** What a placement is worth: for tests, and for those who compare placements. Terms in `cost.ts`. */
import type { PlanInput } from '../input.ts'
import { decided, type Target } from '../target.ts'
import { placeFixed } from './allocate.ts'
import { addOwnCost, type Cost, layoutFor, mayFollow, softCost, zeroCost } from './cost.ts'
import { emptyLedger, fits, type GivenRole, type Ledger, place, remove } from './ledger.ts'
import { reserveHolds } from './reserve.ts'
import { isPrimaryRole, isSecondaryRole } from './situation.ts'

/** The objective of all targets together, to be compared from its first number on; null: a hard constraint forbids them. */
export function objectiveOf(input: PlanInput, targets: readonly Target[]): Cost | null {
  const { situations } = decided(input).survey
  const ledger = emptyLedger(situations)
  placeFixed(ledger)
  const byName = new Map(targets.map((target) => [target.assignment, target]))
  for (const index of ledger.of.order) {
    const target = byName.get(ledger.of.assignments[index]!.name)
    if (!target || !placeTarget(ledger, index, target)) return null
  }
  return isAllowed(ledger) ? objectiveOfLedger(ledger) : null
}

/** False: somebody is given what is not open to it, or more than it may have. */
function placeTarget(ledger: Ledger, index: number, { roles }: Target): boolean {
  const { of, situations } = ledger
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    const role = roles[of.slotIds[slot]!]
    if (situations.fixed[slot] !== 0 || isHolder(ledger, index, slot)) continue
    if (role !== 'primary' && role !== 'secondary') continue
    const may = role === 'primary' ? situations.mayBePrimary : situations.mayBeSecondary
    if (may[slot] === 0) return false
    place(ledger, slot, role === 'primary' ? isPrimaryRole : isSecondaryRole)
  }
  const { primaryPreferred, secondaryPreferred } = of.assignments[index]!
  const primaries = ledger.primaryCounts[index]!
  const secondaries = ledger.secondaryCounts[index]! - situations.fixedSecondaryCounts[index]!
  return (
    primaries <= Math.max(primaryPreferred, situations.fixedPrimaryCounts[index]!) &&
    secondaries <= Math.max(0, secondaryPreferred - situations.fixedSecondaryCounts[index]!) &&
    (secondaries === 0 || mayFollow(situations, index, primaries))
  )
}

/** Every place that was given fits beside all others. */
function isAllowed(ledger: Ledger): boolean {
  for (let slot = 0; slot < ledger.of.slotCount; slot++) if (!stillFits(ledger, slot)) return false
  return reserveHolds(ledger)
}

/** What the place was given, if anything, fits beside all others as they are now. */
export function stillFits(ledger: Ledger, slot: number): boolean {
  const role = ledger.roles[slot] as 0 | GivenRole
  if (role === 0 || ledger.situations.fixed[slot] !== 0) return true
  remove(ledger, slot)
  const doesFit = fits(ledger, slot, role)
  place(ledger, slot, role)
  return doesFit
}

/** Primary in name only: nothing is placed there. */
function isHolder({ situations }: Ledger, index: number, slot: number): boolean {
  const holder = situations.candidates[index]![situations.holders[index]!]
  return holder?.slot === slot && situations.mayBePrimary[slot] === 0
}

/** Of all assignments, or of those named: to compare two ledgers in which the others have the same. */
export function objectiveOfLedger(ledger: Ledger, assignments: Iterable<number> = ledger.of.order): Cost {
  const { of, situations, nodePrimaryCounts, nodeSecondaryCounts } = ledger
  const layout = layoutFor(of, assignments)
  const cost = zeroCost(layout)
  for (const index of assignments)
    addOwnCost(cost, layout, {
      situations,
      index,
      primaries: given(ledger, index, isPrimaryRole),
      secondaries: given(ledger, index, isSecondaryRole),
    })
  cost[layout.wishes] = cost[layout.wishes]! + softCost(ledger)
  for (const count of nodePrimaryCounts) cost[layout.balance] = cost[layout.balance]! + count * count
  for (const count of nodeSecondaryCounts) cost[layout.balance + 1] = cost[layout.balance + 1]! + count * count
  return cost
}

function given({ of, roles, situations }: Ledger, index: number, role: GivenRole): number[] {
  const slots: number[] = []
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (roles[slot] === role && situations.fixed[slot] === 0) slots.push(slot)
  return slots
}
