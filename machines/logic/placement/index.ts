/**
 * Placement (DESIGN §4): `plan(input) -> { targets, steps }`. Pure: no clock, no randomness, sorted names. A fixpoint plans
 * nothing. Redundancy models are numbers here, not machines.
 */
import type { PlanInput } from './input.ts'
import { staged } from './staging.ts'
import { type Step, stepsOfAll } from './steps.ts'
import { type Target, targetOf } from './target.ts'

export { type Candidate, candidatesOf } from './candidate.ts'
export type { Administrative, Command, NodeState, PlanInput } from './input.ts'
export { peersOf } from './peers.ts'
export { requestedSuccessor } from './primary.ts'
export { startingCountMax } from './staging.ts'
export { type Step, stepsOf } from './steps.ts'
export { isRenewed, isSponsorChanged, sponsorTokens } from './stepsRenewal.ts'
export { type Target, targetOf } from './target.ts'

export interface Plan {
  readonly targets: readonly Target[]
  /** Steps towards what was last decided (`input.intents`), for all assignments; starts are staged (`staging.ts`). */
  readonly steps: readonly Step[]
}

/** Assignments that are no longer configured are planned for until nothing of them is left. */
export function plan(input: PlanInput): Plan {
  const names = [...new Set([...Object.keys(input.configuration.assignments), ...Object.keys(input.intents)])].sort()
  return {
    targets: names.map((name) => targetOf(input, name)),
    steps: staged(input, stepsOfAll(input)),
  }
}
