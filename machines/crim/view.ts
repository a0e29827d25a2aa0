/**
 * What the planner is shown: what is known, and what recovery has chosen, in the planner's own words. A component that is restarted in
 * place is shown as one that has not failed; one that is failed over, as barred for this once; one that hands over, as if asked to.
 */

import { isReadySecondary, typeOf } from '../logic/placement/candidate.ts'
import { candidatesOf, type PlanInput } from '../logic/placement/index.ts'
import { type AssignmentName, type ComponentId, hostOf } from '../model/ids.ts'
import type { ComponentStatus } from '../model/status.ts'
import type { CrimContext } from './context.ts'
import { planInputOf } from './propose.ts'

export function viewOf(context: CrimContext): PlanInput {
  const input = planInputOf(context)
  const names = Object.keys(context.recovering) as ComponentId[]
  if (names.length === 0) return input
  const statuses: Record<ComponentId, ComponentStatus> = { ...input.statuses }
  const barred = { ...input.barred }
  const requests = { ...input.requests }
  for (const place of names) {
    const { recovery } = context.recovering[place]!
    const status = statuses[place]
    const assignment = assignmentServedBy(context, place)
    if (status === undefined || status.failure === null || assignment === null) continue
    if (recovery === 'restart') statuses[place] = { ...status, failure: null }
    else if (recovery === 'switchover') requests[assignment] ??= { to: null }
    else if (recovery !== null && recovery !== 'reset' && canBeLeft(input, assignment)) barred[hostOf(place)] = true
  }
  return { ...input, statuses, barred, requests }
}

/** The assignment that a place is to be primary of. */
function assignmentServedBy({ intents }: CrimContext, place: ComponentId): AssignmentName | null {
  return Object.values(intents).find(({ roles }) => roles[place]?.role === 'primary')?.assignment ?? null
}

/** What a hot primary alone has is not given up for a first failure (trap 16): without a standby in step it is restarted. */
function canBeLeft(input: PlanInput, assignment: AssignmentName): boolean {
  const configured = input.configuration.assignments[assignment]
  if (!configured) return true
  const isStepNeeded = typeOf(input.configuration, configured).standby === 'hot' && configured.redundancy !== 'none'
  return !isStepNeeded || candidatesOf(input, assignment).some(isReadySecondary)
}
