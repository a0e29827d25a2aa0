/** The planner against all that could have been done instead: on small clusters of every kind the objective is the same. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { placeFixed } from '../../../../../machines/logic/placement/allocate/allocate.ts'
import { compareCosts, mayFollow } from '../../../../../machines/logic/placement/allocate/cost.ts'
import {
  emptyLedger,
  fits,
  type Ledger,
  place,
  remove,
} from '../../../../../machines/logic/placement/allocate/ledger.ts'
import { objectiveOfLedger } from '../../../../../machines/logic/placement/allocate/objective.ts'
import { reserveHolds } from '../../../../../machines/logic/placement/allocate/reserve.ts'
import { objectiveOf, type PlanInput, plan } from '../../../../../machines/logic/placement/index.ts'
import { decided } from '../../../../../machines/logic/placement/target.ts'
import { planInputs } from '../../../../support/placementCases.ts'

/** Tries every choice of every assignment, in the order of deciding. */
function bestOf(input: PlanInput): number[] {
  // With what stays for its state's sake.
  const { situations } = decided(input).survey
  const ledger = emptyLedger(situations)
  placeFixed(ledger)
  const order = [...ledger.of.order]
  let best: number[] | null = null
  const decide = (depth: number): void => {
    const index = order[depth]
    if (index !== undefined) return choose(ledger, index, () => decide(depth + 1))
    if (!reserveHolds(ledger)) return
    const cost = objectiveOfLedger(ledger)
    if (best === null || compareCosts(cost, best) < 0) best = cost
  }
  decide(0)
  return best!
}

function choose(ledger: Ledger, index: number, then: () => void): void {
  const { of, situations } = ledger
  const { primaryPreferred, secondaryPreferred } = of.assignments[index]!
  const end = of.slotsFrom[index + 1]!
  const secondaries = (slot: number): void => {
    if (slot === end) return then()
    secondaries(slot + 1)
    const isFull = ledger.secondaryCounts[index]! >= secondaryPreferred
    if (isFull || !situations.mayBeSecondary[slot] || ledger.roles[slot] !== 0 || !fits(ledger, slot, 1)) return
    if (!mayFollow(situations, index, ledger.primaryCounts[index]!)) return
    place(ledger, slot, 1)
    secondaries(slot + 1)
    remove(ledger, slot)
  }
  const primaries = (slot: number): void => {
    if (slot === end) return secondaries(of.slotsFrom[index]!)
    primaries(slot + 1)
    const isFull = ledger.primaryCounts[index]! >= primaryPreferred
    if (isFull || !situations.mayBePrimary[slot] || !fits(ledger, slot, 2)) return
    place(ledger, slot, 2)
    primaries(slot + 1)
    remove(ledger, slot)
  }
  primaries(of.slotsFrom[index]!)
}

describe('against brute force', () => {
  test.each([
    { nodeCountMax: 3, assignmentCountMax: 2, numRuns: 1500 },
    { nodeCountMax: 4, assignmentCountMax: 3, numRuns: 400 },
    { nodeCountMax: 5, assignmentCountMax: 4, numRuns: 600 },
  ])('%o', ({ numRuns, ...size }) => {
    fc.assert(
      fc.property(planInputs(size), (input) => {
        const made = plan(input)
        const objective = objectiveOf(input, made.targets)
        expect(objective).not.toBeNull()
        expect(made.isExhaustive).toBe(true)
        expect(objective).toEqual(bestOf(input))
      }),
      { numRuns },
    )
  })
})
