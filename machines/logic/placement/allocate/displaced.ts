/**
 * What a hot primary acknowledged is worth more than serving something more important a little sooner (trap 16): one that would have to
 * go, and of which nobody is in step, stays until a secondary is; where there is room for one. Then it moves, or goes, and its state
 * stays with that secondary.
 */
import { type Candidate, isLeftAlone } from '../candidate.ts'
import { type Allocation, allocate } from './allocate.ts'
import { settleHandOver } from './primary.ts'
import { type Case, copyOf, isPrimaryRole, type Situations } from './situation.ts'
import type { Survey } from './survey.ts'

/** Those who come into the way of what stays are looked at again, so many times at most; after that they go. */
const roundCountMax = 4

export interface Outcome {
  readonly survey: Survey
  readonly allocation: Allocation
  /** Something stays for a while that would not otherwise: the next plan can take over nothing from this one. */
  readonly isForNow: boolean
}

export function withStatesKept(survey: Survey, allocation: Allocation): Outcome {
  let outcome: Outcome = { survey, allocation, isForNow: false }
  const staying: number[] = []
  for (let round = 0; round < roundCountMax; round++) {
    const stranded = strandedIn(outcome)
    if (stranded.length === 0) return outcome
    staying.push(...stranded)
    const next = allocatedWith(survey, staying)
    // No room for it to be brought in step anywhere: it has to go as it is.
    if (!staying.every((index) => next.allocation.ledger.secondaryCounts[index]! > 0)) return outcome
    outcome = next
  }
  return outcome
}

/** They have lost their primary, which works, and alone has its state; and for want of room only. */
function strandedIn({ survey, allocation }: Outcome): number[] {
  const { situations } = survey
  const { of } = situations
  const found: number[] = []
  for (let index = 0; index < of.assignments.length; index++) {
    if (allocation.ledger.primaryCounts[index]! > 0 || situations.keepsState[index] === 1) continue
    if (!of.assignments[index]!.isStepNeeded || of.isUnrelated[index] === 0) continue
    if (workingPrimary(situations, index) !== null) found.push(index)
  }
  return found
}

function workingPrimary({ candidates, present }: Situations, index: number): Candidate | null {
  const isWorking = (candidate: Candidate) =>
    candidate.slot >= 0 &&
    !isLeftAlone(candidate) &&
    present[candidate.slot] === isPrimaryRole &&
    candidate.status?.role === 'primary' &&
    candidate.status.phase === 'ready'
  return candidates[index]!.find(isWorking) ?? null
}

function allocatedWith(before: Survey, staying: readonly number[]): Outcome {
  const situations = copyOf(before.situations, before.situations.candidates)
  const isAnew = before.isAnew.slice()
  for (const index of staying) {
    hold({ ...before, situations }, index)
    isAnew[index] = 1
  }
  const survey: Survey = { input: before.input, situations, isAnew }
  return { survey, allocation: allocate(survey, null), isForNow: true }
}

/** As if it were asked to hand over. */
function hold({ input, situations: into }: Survey, index: number): void {
  const candidates = into.candidates[index]!
  const of: Case = { input, into, index, assignment: into.of.assignments[index]!, candidates }
  const current = workingPrimary(into, index)!
  const mayFollow = ({ slot }: Candidate) => slot >= 0 && into.mayBeSpare[slot] === 1 && into.mayBeSecondary[slot] === 1
  settleHandOver(
    of,
    current,
    candidates.filter((candidate) => candidate !== current && mayFollow(candidate)),
  )
  if (into.fixed[current.slot] === isPrimaryRole) into.present[current.slot] = 0
  into.isContent[index] = 0
}
