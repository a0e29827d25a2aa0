/**
 * What the planner is shown: what is known, and what recovery has chosen, in the planner's own words. A component that is restarted in
 * place is shown as one that has not failed; one that is failed over, as barred for this once; one that hands over, as if asked to.
 */

import { isReadySecondary, typeOf } from '../logic/placement/candidate.ts'
import { candidatesOf, type PlanInput } from '../logic/placement/index.ts'
import type { Recovery } from '../model/configuration.ts'
import { type AssignmentName, type ComponentId, hostOf } from '../model/ids.ts'
import type { Role } from '../model/roles.ts'
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
    const { recovery, isRelieved } = context.recovering[place]!
    const status = statuses[place]
    const intent = Object.values(context.intents).find(({ roles }) => roles[place] !== undefined)
    if (status === undefined || status.failure === null || intent === undefined) continue
    const { role } = intent.roles[place]!
    if (recovery === 'restart') statuses[place] = { ...status, failure: null }
    else if (recovery === 'switchover' && role === 'primary') requests[intent.assignment] ??= { to: null }
    else if (isLeft(recovery) && isToBeLeft(input, { ...intent, role, status, isRelieved }))
      barred[hostOf(place)] = true
  }
  return { ...input, statuses, barred, requests }
}

/** It loses its role to another; what node it is on is seen to elsewhere (`nodes.ts`). */
function isLeft(recovery: Recovery | null): boolean {
  return recovery === 'failover' || recovery === 'nodeSwitchover' || recovery === 'nodeFailover'
}

/** Until it has stopped: then it may be used again, for what others leave it. */
function isToBeLeft(
  input: PlanInput,
  of: { assignment: AssignmentName; role: Role; status: ComponentStatus; isRelieved: boolean },
): boolean {
  const { assignment, role, status, isRelieved } = of
  if (role === 'primary') return !isRelieved && canBeLeft(input, assignment)
  return role === 'offline' && !(status.role === 'offline' && status.phase === 'stopped')
}

/** What a hot primary alone has is not given up for a first failure (trap 16): without a standby in step it is restarted. */
function canBeLeft(input: PlanInput, assignment: AssignmentName): boolean {
  const configured = input.configuration.assignments[assignment]
  if (!configured) return true
  const isStepNeeded = typeOf(input.configuration, configured).standby === 'hot' && configured.redundancy !== 'none'
  return !isStepNeeded || candidatesOf(input, assignment).some(isReadySecondary)
}
