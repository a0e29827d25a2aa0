import type { Allocation } from './allocate.ts'
import { placePresent } from './allocate.ts'
import { withDependents } from './island.ts'
import { copyOf, fits, type GivenRole, type Ledger, place, remove } from './ledger.ts'
import type { Survey } from './survey.ts'

/**
 * What `begin` would give, from the allocation before: all that had what it could have, and of which nothing has changed, has it still.
 * Null where that is not certain: something that was not there before does not fit beside it.
 */
export function continued(survey: Survey, before: Allocation): Pick<Allocation, 'ledger' | 'open'> | null {
  const { situations } = survey
  const { of } = situations
  if (before.ledger.of !== of) return null
  const open = new Uint8Array(of.assignments.length)
  for (let index = 0; index < open.length; index++)
    if (situations.isContent[index] === 0) withDependents(of, index, open)
  const ledger = copyOf(before.ledger, situations)
  const isTouched = touchedIn(survey)
  const touched: number[] = []
  for (let index = 0; index < open.length; index++)
    if (isTouched[index] === 1 || before.open[index] === 1 || open[index] === 1) touched.push(index)
  for (const index of touched) clearAll(ledger, index)
  for (const index of touched) if (!placeFixedOf(ledger, index)) return null
  touched.sort((a, b) => of.positions[a]! - of.positions[b]!)
  for (const index of touched) if (open[index] === 0 && !placePresent(ledger, index)) return null
  return { ledger, open }
}

/** By assignment: 1 where something of it, or of a sponsor that it may go on without for a while, is another now. */
function touchedIn({ isAnew, situations }: Survey): Uint8Array {
  const isTouched = isAnew.slice()
  for (const { dependent, sponsor } of situations.of.dependencies) if (isAnew[sponsor] === 1) isTouched[dependent] = 1
  return isTouched
}

function clearAll(ledger: Ledger, index: number): void {
  const { of, roles, primaryCounts, secondaryCounts } = ledger
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++)
    if (roles[slot] !== 0) remove(ledger, slot)
  // What is left are fixed ones without a slot.
  primaryCounts[index] = 0
  secondaryCounts[index] = 0
}

function placeFixedOf(ledger: Ledger, index: number): boolean {
  const { of, situations } = ledger
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    const role = situations.fixed[slot] as 0 | GivenRole
    if (role === 0) continue
    if (!fits(ledger, slot, role)) return false
    place(ledger, slot, role)
  }
  ledger.primaryCounts[index] = situations.fixedPrimaryCounts[index]!
  ledger.secondaryCounts[index] = situations.fixedSecondaryCounts[index]!
  return true
}
