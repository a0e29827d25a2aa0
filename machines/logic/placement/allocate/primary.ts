/**
 * Who may be the one primary of an assignment, and how good each would be (SPEC R7). A hot standby is promoted only when it is in
 * step: what the primary acknowledged is worth more than being served a little sooner (trap 16). Only an operator, by a switch-over,
 * can decide otherwise.
 */
import { stoppedAvailabilities } from '../../../model/status.ts'
import { type Candidate, isLeftAlone, isReadySecondary, isUpAvailability } from '../candidate.ts'
import { handOverReason, notInStepReason, pendingReason, unreachableReason } from '../reasons.ts'
import { type Case, fix, isPrimaryRole, mayBePrimary, onlyPrimaries } from './situation.ts'
import { primaryMoveOf, tierOf, tierOfOther, tiers } from './tiers.ts'

export function settlePrimary(of: Case): void {
  const { into, index, candidates, assignment } = of
  const current = candidates.find(isMeantPrimary) ?? null
  for (const candidate of candidates) grade(of, candidate)
  if (current === null) return settleFirst(of)
  if (isLeftAlone(current)) {
    if (current.isPending) into.notes[index] = pendingReason(current)
    return keepFixed(of, current)
  }
  const isGone = !isUpAvailability(current.node)
  if (isGone && assignment.type.exclusive && !stoppedAvailabilities.includes(current.node)) {
    into.notes[index] = unreachableReason(current)
    return keepFixed(of, current)
  }
  if (isGone) return settleLoss(of, current)
  if (current.hasFailed && !current.isBarred && !current.isLocked && !current.isRetired && !current.isOnStandby)
    return settleFailure(of, current)
  if (!mayBePrimary(of, current)) return settleHandOver(of, current, successors(of, current))
  settleKept(of, current)
}

const isMeantPrimary = ({ intended }: Candidate) => intended?.role === 'primary'

function grade({ into, assignment }: Case, candidate: Candidate): void {
  if (candidate.slot < 0) return
  into.tiers[candidate.slot] = tierOf(assignment, candidate)
  into.primaryMoves[candidate.slot] = primaryMoveOf(candidate)
}

function setTier({ into }: Case, { slot }: Candidate, tier: number): void {
  if (slot >= 0) into.tiers[slot] = tier
}

/** It is primary, and stays so whatever there is to choose from. */
function keepFixed(of: Case, current: Candidate): void {
  const { into, index } = of
  if (current.slot < 0 || into.fixed[current.slot] !== isPrimaryRole) fix(of, current, isPrimaryRole)
  into.holders[index] = of.candidates.indexOf(current)
  onlyPrimaries(of, () => false)
}

/** Nobody was primary before: whoever acts already, else the best there is. */
function settleFirst(of: Case): void {
  for (const candidate of of.candidates)
    setTier(of, candidate, candidate.mayAct ? tiers.present : tierOfOther(candidate))
  if (of.assignment.isStepNeeded) settleDisplaced(of)
}

/** It had to go for something more important, and a standby that was in step has what it acknowledged: so nobody else follows. */
function settleDisplaced(of: Case): void {
  const { into, index, candidates, assignment, input } = of
  if (!candidates.some(isReadySecondary)) return
  if (!candidates.some((candidate) => isReadySecondary(candidate) && mayBePrimary(of, candidate))) return
  const named = input.requests[assignment.name]?.to ?? null
  into.keepsState[index] = 1
  onlyPrimaries(of, (each) => isReadySecondary(each) || each.mayAct || each.component === named)
  for (const candidate of candidates)
    if (candidate.slot >= 0 && !isReadySecondary(candidate)) into.mayBeSecondary[candidate.slot] = 0
}

/** Its node is gone, and with it what only it had. */
function settleLoss(of: Case, current: Candidate): void {
  const { into, index, candidates, assignment, input } = of
  if (!assignment.isStepNeeded) return
  // One that is no longer configured is not waited for: what only it has was given up with it.
  if (!current.isRetired) {
    into.holders[index] = candidates.indexOf(current)
    into.notes[index] = notInStepReason(current)
  }
  const isReady = (candidate: Candidate) => mayBePrimary(of, candidate) && isReadySecondary(candidate)
  if (candidates.some(isReady)) {
    // One that is in step, and still does not follow, has something else in its way.
    into.notes[index] = null
    return onlyPrimaries(of, isReadySecondary)
  }
  const named = input.requests[assignment.name]?.to ?? null
  const isNamed = ({ component }: Candidate) => component === named
  if (candidates.some((candidate) => mayBePrimary(of, candidate) && isNamed(candidate))) onlyPrimaries(of, isNamed)
  else if (!current.isRetired) onlyPrimaries(of, () => false)
}

/** Its process fell, its node is there: to the hot standby at once, else restarted in place; `recovery` bounds how often. */
function settleFailure(of: Case, current: Candidate): void {
  const { into, assignment } = of
  if (into.of.slotForbids[current.slot]) return settleHandOver(of, current, successors(of, current))
  if (assignment.canBePrimary) into.mayBePrimary[current.slot] = 1
  // What a proxy speaks for moves with that, in step or not; but a failure of its own is no reason to pass over who is.
  if (assignment.hasHotStandby) for (const other of of.candidates) setTier(of, other, tierOfOther(other))
  setTier(of, current, assignment.hasHotStandby ? tiers.restarted : tiers.present)
  if (assignment.isStepNeeded) onlyPrimaries(of, (candidate) => candidate === current || isReadySecondary(candidate))
}

/** A hand-over while the primary works waits until its successor is in step; of one that doesn't work nothing can be had. */
export function settleHandOver(of: Case, current: Candidate, to: readonly Candidate[]): void {
  const { into, index, assignment } = of
  const canBeAwaited = current.status?.role === 'primary' && !assignment.type.selfDetermining
  const sound = to.filter(({ hasFailed }) => !hasFailed)
  if (!assignment.isStepNeeded || !canBeAwaited || to.some(isReadySecondary) || sound.length === 0) return
  let best = sound[0]!
  for (const heir of sound) {
    into.heirs[heir.slot] = into.tiers[heir.slot]!
    if (into.tiers[heir.slot]! < into.tiers[best.slot]!) best = heir
  }
  into.awaitsHeir[index] = 1
  into.notes[index] = handOverReason(current, best)
  keepFixed(of, current)
}

function successors(of: Case, current: Candidate): Candidate[] {
  return of.candidates.filter((candidate) => candidate !== current && mayBePrimary(of, candidate))
}

/** It works. It goes on unless an operator wants another, or it would rather be elsewhere (`failBack`). */
function settleKept(of: Case, current: Candidate): void {
  const { into, input, assignment, candidates } = of
  setTier(of, current, tiers.present)
  const request = input.requests[assignment.name]
  if (request && settleRequest(of, current, request.to)) return
  if (assignment.isStepNeeded) {
    onlyPrimaries(of, (candidate) => candidate === current || isReadySecondary(candidate))
    if (candidates.some(isReadySecondary)) into.keepsState[of.index] = 1
  }
  // Who was asked for is not sent back before he has come.
  if (!assignment.isFailingBack || request?.to === current.component) return
  for (const candidate of candidates)
    if (!candidate.hasFailed && (!assignment.isStepNeeded || isReadySecondary(candidate)))
      setTier(of, candidate, tiers.present)
}

/** False: there is nobody sound to switch over to. */
function settleRequest(of: Case, current: Candidate, to: string | null): boolean {
  const sound = successors(of, current).filter(({ hasFailed }) => !hasFailed)
  const wanted = to === null ? sound : sound.filter(({ component }) => component === to)
  if (wanted.length === 0) return false
  settleHandOver(of, current, wanted)
  if (of.into.awaitsHeir[of.index]) return true
  const isStepNeeded = of.assignment.isStepNeeded && current.status?.role === 'primary'
  const isAllowed = (candidate: Candidate) =>
    wanted.includes(candidate) && (!isStepNeeded || isReadySecondary(candidate))
  onlyPrimaries(of, (candidate) => candidate === current || isAllowed(candidate))
  setTier(of, current, to === null ? tiers.leaving : tiers.ready)
  if (to !== null) setTier(of, wanted[0]!, tiers.present)
  return true
}
