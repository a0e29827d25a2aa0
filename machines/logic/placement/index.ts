/**
 * Placement (DESIGN §4): `plan(input) -> { targets, steps }`. Pure: no clock, no randomness, sorted names. A fixpoint plans
 * nothing. Redundancy models are numbers here, not machines.
 */
import type { PlanInput } from './input.ts'
import { type Step, stepsFrom } from './steps.ts'
import { type Progress, progressOf } from './stepsProgress.ts'
import { type Decided, decided, type Target } from './target.ts'

export { objectiveOf } from './allocate/objective.ts'
export { type Candidate, candidatesOf } from './candidate.ts'
export { type Compiled, compiled } from './compile.ts'
export type { Administrative, Command, NodeState, PlanInput } from './input.ts'
export { peersOf } from './peers.ts'
export { startingCountMax } from './staging.ts'
export { type Step, stepsOf, stepsOfAll } from './steps.ts'
export { isRenewed, isSponsorChanged, sponsorTokens } from './stepsRenewal.ts'
export { requestedSuccessor, whyNotFollowed } from './successor.ts'
export { type Target, targetOf } from './target.ts'

export interface Plan {
  readonly targets: readonly Target[]
  /** Steps towards what was last decided (`input.intents`), for all assignments; starts are staged (`staging.ts`). */
  readonly steps: readonly Step[]
  /** No better placement exists. False: too many depended on each other for all to be tried (`allocate/search.ts` has the bounds). */
  readonly isExhaustive: boolean
}

interface Made {
  readonly decision: Decided
  readonly progress: Progress
}

const made = new WeakMap<Plan, Made>()

/**
 * Assignments that are no longer configured are planned for until nothing of them is left. A plan for an earlier input saves most of
 * the work where little has changed since; the result is the same.
 */
export function plan(input: PlanInput, previous?: Plan): Plan {
  const before = (previous && made.get(previous)) ?? null
  const decision = decided(input, before?.decision ?? null)
  const progress = progressOf(input, before?.progress ?? null, decision.survey.situations.candidates)
  const { targets, allocation } = decision
  const planned: Plan = { targets, steps: stepsFrom(progress), isExhaustive: allocation.isExhaustive }
  made.set(planned, { decision, progress })
  return planned
}
