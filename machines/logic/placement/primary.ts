/**
 * Who should be primary (SPEC R7). A hot standby is promoted only when it is in step: what the primary acknowledged is worth
 * more than being served a little sooner (trap 16). Only an operator, by a switch-over, can decide otherwise.
 */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import { stoppedAvailabilities, upAvailabilities } from '../../model/status.ts'
import { type Candidate, isReadySecondary, typeOf } from './candidate.ts'
import type { PlanInput } from './input.ts'
import { successorOf } from './preference.ts'
import { handOverReason, noPrimaryReason, notInStepReason, pendingReason, unreachableReason } from './reasons.ts'

export interface PrimaryChoice {
  readonly primary: Candidate | null
  /** Is to be in step with the primary before it can follow it: the secondary to choose first. */
  readonly heir: Candidate | null
  /** Why it is not, or not yet, as wanted. */
  readonly reason: string | null
}

const chosen = (primary: Candidate): PrimaryChoice => ({ primary, heir: null, reason: null })
const kept = (primary: Candidate, reason: string): PrimaryChoice => ({ primary, heir: null, reason })

export function choosePrimary(
  input: PlanInput,
  assignment: AssignmentName,
  candidates: readonly Candidate[],
): PrimaryChoice {
  const current = candidates.find((candidate) => candidate.intended?.role === 'primary')
  if (!current) return chooseFirst(candidates)
  if (current.isPending) return kept(current, pendingReason(current))

  const { exclusive } = typeOf(input.configuration, input.configuration.assignments[assignment]!)
  const isGone = !upAvailabilities.includes(current.node)
  if (isGone && exclusive && !stoppedAvailabilities.includes(current.node)) {
    return kept(current, unreachableReason(current))
  }
  const request = input.requests[assignment] ?? null
  const rules = { candidates, isStepNeeded: isStepNeeded(input, assignment), request }
  if (isGone) return chooseAfterLoss(current, rules)
  if (current.hasFailed && !current.isBarred && !current.isLocked && !current.isRetired)
    return chooseAfterFailure(current, rules)
  if (!current.isUsable) return handOver(current, successorOf(candidates, current), rules)
  return request ? handOver(current, requestedSuccessor(candidates, current, request.to), rules) : chosen(current)
}

interface Rules {
  readonly candidates: readonly Candidate[]
  /** Only a secondary that is in step may follow. */
  readonly isStepNeeded: boolean
  readonly request: { readonly to: ComponentId | null } | null
}

function isStepNeeded({ configuration }: PlanInput, name: AssignmentName): boolean {
  const assignment = configuration.assignments[name]!
  return typeOf(configuration, assignment).standby === 'hot' && assignment.redundancy !== 'none'
}

/** Nobody was primary before: whoever acts already, else the preferred one that has not failed. */
function chooseFirst(candidates: readonly Candidate[]): PrimaryChoice {
  const usable = candidates.filter((candidate) => candidate.isUsable)
  const acting = usable.find((candidate) => candidate.mayAct)
  const primary = acting ?? usable.find((candidate) => !candidate.hasFailed) ?? usable[0]
  return primary ? chosen(primary) : { primary: null, heir: null, reason: noPrimaryReason(candidates) }
}

/** Its node is gone, and with it what only it had. */
function chooseAfterLoss(current: Candidate, { candidates, isStepNeeded, request }: Rules): PrimaryChoice {
  const successor = successorOf(candidates, current)
  if (successor && (!isStepNeeded || isReadySecondary(successor))) return chosen(successor)
  const named = candidates.find((candidate) => candidate.isUsable && candidate.component === request?.to)
  if (named) return chosen(named)
  // One that is no longer configured is not waited for: what only it has was given up with it.
  if (isStepNeeded && !current.isRetired) return kept(current, notInStepReason(current))
  if (successor) return chosen(successor)
  return { primary: null, heir: null, reason: noPrimaryReason(candidates) }
}

/** Its process fell, its node is there: to the hot standby at once, else restarted in place; `recovery` bounds how often. */
function chooseAfterFailure(current: Candidate, { candidates, isStepNeeded }: Rules): PrimaryChoice {
  const standby = candidates.find((candidate) => candidate !== current && isReadySecondary(candidate))
  return chosen((isStepNeeded && standby) || current)
}

/** A hand-over while the primary works waits until its successor is in step; of one that doesn't work nothing can be had. */
function handOver(current: Candidate, successor: Candidate | null, { candidates, isStepNeeded }: Rules): PrimaryChoice {
  if (successor === null) {
    if (current.isUsable) return chosen(current)
    return { primary: null, heir: null, reason: noPrimaryReason(candidates) }
  }
  const canBeAwaited = current.status?.role === 'primary' && !successor.hasFailed
  if (!isStepNeeded || isReadySecondary(successor) || !canBeAwaited) return chosen(successor)
  return { primary: current, heir: successor, reason: handOverReason(current, successor) }
}

/** Where an operator's switch-over goes, or null: only to one that is sound. */
export function requestedSuccessor(
  candidates: readonly Candidate[],
  current: Candidate | null,
  to: ComponentId | null,
): Candidate | null {
  const sound = candidates.filter((candidate) => candidate !== current && candidate.isUsable && !candidate.hasFailed)
  if (to !== null) return sound.find((candidate) => candidate.component === to) ?? null
  return successorOf(sound, current)
}
