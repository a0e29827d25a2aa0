/**
 * How much of an assignment could be placed if it were alone, and whether it has that already: then it is content, and the best that
 * can be done for it is to leave it as it is (`allocate.ts` says why that holds for all of them together).
 */
import type { Situations } from './situation.ts'
import { isPrimaryRole } from './situation.ts'

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

/** A secondary follows somebody: there is none without a primary, or one that is so in name. */
export function hasPrimaryToFollow({ fixedPrimaryCounts, holders }: Situations, index: number): boolean {
  return fixedPrimaryCounts[index]! > 0 || holders[index]! >= 0
}

const gradeCount = 32
const all = {
  tiers: new Int32Array(gradeCount),
  moves: new Int32Array(gradeCount),
  standbys: new Int32Array(gradeCount),
}
const had = {
  tiers: new Int32Array(gradeCount),
  moves: new Int32Array(gradeCount),
  standbys: new Int32Array(gradeCount),
}

/** True where no other choice for it, whatever the others do, is better in any of the leading terms of the objective. */
export function isContent(situations: Situations, index: number): boolean {
  const { of, mayBePrimary, mayBeSecondary, present, tiers, primaryMoves, secondaryMoves, heirs } = situations
  if (of.assignments[index]!.isFailingBack) return false
  for (const grades of [all, had]) for (const array of [grades.tiers, grades.moves, grades.standbys]) array.fill(0)
  let [primaries, secondaries, either, primariesHad, secondariesHad, bestHeir, heirHad] = [0, 0, 0, 0, 0, 255, 255]
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    const [mayP, mayS] = [mayBePrimary[slot]!, mayBeSecondary[slot]!]
    if (mayP + mayS === 0) continue
    either++
    const isPrimary = present[slot] === isPrimaryRole
    const isSecondary = present[slot] === 1
    if (mayP) {
      primaries++
      all.tiers[tiers[slot]!]!++
      all.moves[primaryMoves[slot]!]!++
      if (isPrimary) {
        primariesHad++
        had.tiers[tiers[slot]!]!++
        had.moves[primaryMoves[slot]!]!++
      }
    }
    if (mayS) {
      secondaries++
      if (!isPrimary) all.standbys[secondaryMoves[slot]!]!++
      bestHeir = Math.min(bestHeir, heirs[slot]!)
      if (isSecondary) {
        secondariesHad++
        had.standbys[secondaryMoves[slot]!]!++
        heirHad = Math.min(heirHad, heirs[slot]!)
      }
    }
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
    lowest(had.tiers, firstPrimaries) === lowest(all.tiers, firstPrimaries) &&
    heirHad === bestHeir &&
    lowest(had.moves, mostPrimaries) === 0 &&
    lowest(had.standbys, mostSecondaries) === lowest(all.standbys, mostSecondaries)
  )
}

/** Sum of the so many lowest grades. */
function lowest(grades: Int32Array, count: number): number {
  let [sum, left] = [0, count]
  for (let grade = 0; left > 0 && grade < gradeCount; grade++) {
    const taken = Math.min(left, grades[grade]!)
    sum += taken * grade
    left -= taken
  }
  return sum
}
