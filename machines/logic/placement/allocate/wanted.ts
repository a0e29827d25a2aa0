/**
 * How much of an assignment could be placed if it were alone, and whether it has that already: then it is content, and the best that
 * can be done for it is to leave it as it is (`allocate.ts` says why that holds for all of them together).
 */
import type { Situations } from './situation.ts'
import { isPrimaryRole, isSecondaryRole } from './situation.ts'

/** Beside what is fixed. */
export interface Wanted {
  readonly primaryRequired: number
  readonly primaryPreferred: number
  readonly secondaryRequired: number
  readonly secondaryPreferred: number
}

export function wantedOf({ of, fixedPrimaryCounts, fixedSecondaryCounts }: Situations, index: number): Wanted {
  const assignment = of.assignments[index]!
  const [primaries, secondaries] = [fixedPrimaryCounts[index]!, fixedSecondaryCounts[index]!]
  return {
    primaryRequired: Math.max(0, assignment.primaryRequired - primaries),
    primaryPreferred: Math.max(0, assignment.primaryPreferred - primaries),
    secondaryRequired: Math.max(0, assignment.secondaryRequired - secondaries),
    secondaryPreferred: Math.max(0, assignment.secondaryPreferred - secondaries),
  }
}

/** A secondary follows somebody: there is none without a primary, or one that is so in name; unless it alone has the state. */
export function hasPrimaryToFollow({ fixedPrimaryCounts, holders, keepsState }: Situations, index: number): boolean {
  return fixedPrimaryCounts[index]! > 0 || holders[index]! >= 0 || keepsState[index] === 1
}

const gradeCount = 16
/** How many places have each grade: tiers and moves, of all that are open, and of those it has. */
const grades = new Int32Array(5 * gradeCount)
const tiersOfAll = 0
const standbysOfAll = gradeCount
const tiersHad = 2 * gradeCount
const movesHad = 3 * gradeCount
const standbysHad = 4 * gradeCount

/** True where no other choice for it, whatever the others do, is better in any of the leading terms of the objective. */
export function isContent(situations: Situations, index: number): boolean {
  const { of, mayBePrimary, mayBeSecondary, present, heirs } = situations
  if (of.assignments[index]!.isFailingBack) return false
  grades.fill(0)
  let primaries = 0
  let secondaries = 0
  let either = 0
  let primariesHad = 0
  let secondariesHad = 0
  let bestHeir = 255
  let heirHad = 255
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    if (mayBePrimary[slot] === 0 && mayBeSecondary[slot] === 0) continue
    either++
    const role = present[slot]!
    if (mayBePrimary[slot] === 1) {
      primaries++
      gradePrimary(situations, slot, role === isPrimaryRole)
      if (role === isPrimaryRole) primariesHad++
    }
    if (mayBeSecondary[slot] === 0) continue
    secondaries++
    bestHeir = Math.min(bestHeir, heirs[slot]!)
    gradeSecondary(situations, slot, role)
    if (role !== isSecondaryRole) continue
    secondariesHad++
    heirHad = Math.min(heirHad, heirs[slot]!)
  }
  const wanted = wantedOf(situations, index)
  const firstPrimaries = Math.min(wanted.primaryRequired, primaries)
  const firstSecondaries = Math.min(wanted.secondaryRequired, secondaries, either - firstPrimaries)
  const mostPrimaries = Math.min(wanted.primaryPreferred, primaries, either - firstSecondaries)
  const isFollowing = mostPrimaries > 0 || hasPrimaryToFollow(situations, index)
  const mostSecondaries = isFollowing ? Math.min(wanted.secondaryPreferred, secondaries, either - mostPrimaries) : 0
  return (
    primariesHad === mostPrimaries &&
    secondariesHad === mostSecondaries &&
    lowest(tiersHad, firstPrimaries) === lowest(tiersOfAll, firstPrimaries) &&
    heirHad === bestHeir &&
    lowest(movesHad, mostPrimaries) === 0 &&
    lowest(standbysHad, mostSecondaries) === lowest(standbysOfAll, mostSecondaries)
  )
}

function gradePrimary({ tiers, primaryMoves }: Situations, slot: number, isHad: boolean): void {
  grades[tiersOfAll + tiers[slot]!]!++
  if (!isHad) return
  grades[tiersHad + tiers[slot]!]!++
  grades[movesHad + primaryMoves[slot]!]!++
}

/** Where it is primary it would have to move for that. */
function gradeSecondary({ secondaryMoves }: Situations, slot: number, role: number): void {
  if (role !== isPrimaryRole) grades[standbysOfAll + secondaryMoves[slot]!]!++
  if (role === isSecondaryRole) grades[standbysHad + secondaryMoves[slot]!]!++
}

/** Sum of the so many lowest grades. */
function lowest(from: number, count: number): number {
  let sum = 0
  let left = count
  for (let grade = 0; left > 0 && grade < gradeCount; grade++) {
    const taken = Math.min(left, grades[from + grade]!)
    sum += taken * grade
    left -= taken
  }
  return sum
}
