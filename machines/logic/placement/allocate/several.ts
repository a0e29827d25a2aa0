/**
 * Which places may be among the several primaries of an assignment (SPEC R3, load-sharing). Each is judged by itself: their state is
 * not in one of them, so nobody has to be in step.
 *
 * Load (SPEC R6): a primary that reports `loadHighPercent` or more is moved to a node on which nobody reports more than
 * `loadLowPercent`, the busiest first, one at a time, and only while all primaries of the assignment are ready. Between the two limits
 * nothing moves: the gap is wide enough that a primary does not bring its new node above the upper one by itself.
 */
import { stoppedAvailabilities } from '../../../model/status.ts'
import { type Candidate, isLeftAlone, isUpAvailability } from '../candidate.ts'
import { pendingReason, unreachableReason } from '../reasons.ts'
import { nodeLoadsOf } from './loads.ts'
import { type Case, fix, isPrimaryRole, mayBePrimary } from './situation.ts'
import { primaryMoveOf, tierOf, tiers } from './tiers.ts'

export const loadHighPercent = 90
export const loadLowPercent = 50

export function settlePrimaries(of: Case): void {
  const { into, index, candidates } = of
  for (const candidate of candidates) {
    if (candidate.intended?.role === 'primary') settlePresent(of, candidate)
    else if (candidate.slot >= 0) {
      into.tiers[candidate.slot] =
        of.assignment.isFailingBack && !candidate.hasFailed ? 0 : tierOf(of.assignment, candidate)
      into.primaryMoves[candidate.slot] = primaryMoveOf(candidate)
    }
    if (candidate.intended?.role === 'primary' && candidate.isPending) into.notes[index] = pendingReason(candidate)
  }
  favourRequested(of)
  relieveBusiest(of)
}

function settlePresent(of: Case, candidate: Candidate): void {
  const { into, index, assignment } = of
  if (isLeftAlone(candidate)) {
    if (candidate.slot < 0) fix(of, candidate, isPrimaryRole)
    return
  }
  const mayStillAct = !isUpAvailability(candidate.node) && !stoppedAvailabilities.includes(candidate.node)
  if (mayStillAct && assignment.type.exclusive) {
    into.notes[index] = unreachableReason(candidate)
    return fix(of, candidate, isPrimaryRole)
  }
  if (candidate.slot < 0) return
  into.tiers[candidate.slot] = candidate.hasFailed && !assignment.isStateless ? tiers.restarted : tiers.present
  into.primaryMoves[candidate.slot] = 0
}

/** An operator's switch-over names who is to be one of the primaries. */
function favourRequested(of: Case): void {
  const to = of.input.requests[of.assignment.name]?.to ?? null
  if (to === null) return
  const named = of.candidates.find(({ component }) => component === to)
  if (!named || !mayBePrimary(of, named) || named.hasFailed || named.intended?.role === 'primary') return
  for (const candidate of of.candidates) if (candidate.slot >= 0) raise(of, candidate.slot)
  of.into.tiers[named.slot] = tiers.present
  of.into.primaryMoves[named.slot] = 0
}

function raise({ into }: Case, slot: number): void {
  into.tiers[slot] = into.tiers[slot]! + 1
  into.primaryMoves[slot] = into.primaryMoves[slot]! + 1
}

function relieveBusiest(of: Case): void {
  const { into, candidates } = of
  const present = candidates.filter((each) => each.intended?.role === 'primary' && mayBePrimary(of, each))
  const isSettled = present.every(({ status }) => status?.role === 'primary' && status.phase === 'ready')
  const busiest = isSettled ? mostLoaded(present) : null
  if (busiest === null) return
  into.isBusy[of.index] = 1
  const others = candidates.filter((each) => mayBePrimary(of, each) && !present.includes(each))
  if (!others.some((each) => isCalm(of, each))) return
  into.primaryMoves[busiest.slot] = busiestMove
  for (const other of others) {
    if (isCalm(of, other)) into.tiers[other.slot] = tiers.present
    else into.primaryMoves[other.slot] = busiestMove + 1
  }
}

/** Of one that stays: more than to move it to a calm node, less than to any other. Nothing that counts for more gives way to that. */
const busiestMove = 5

function mostLoaded(present: readonly Candidate[]): Candidate | null {
  let most: Candidate | null = null
  for (const candidate of present) {
    const load = candidate.status?.loadPercent ?? 0
    if (load >= loadHighPercent && load > (most?.status?.loadPercent ?? 0)) most = candidate
  }
  return most
}

function isCalm({ input, into }: Case, { slot, hasFailed }: Candidate): boolean {
  return !hasFailed && nodeLoadsOf(input)[into.of.slotNodes[slot]!]! <= loadLowPercent
}
