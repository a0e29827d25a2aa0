/**
 * Components that pick their own role (SPEC C4): what one announces is a fact that is planned around. It is given the role it has
 * announced where nothing forbids it; one that says nothing yet stays a spare, if it runs as one. Where more announce a role than
 * the assignment has places for, those on the nodes of lower rank keep it (then in the order of the component's nodes); the others
 * are told to be spare, and the reason says so.
 */

import { needsProcess } from '../../../model/standby.ts'
import { stoppedAvailabilities } from '../../../model/status.ts'
import { type Candidate, isLeftAlone, isUpAvailability } from '../candidate.ts'
import { announcedTwiceReason, unreachableReason } from '../reasons.ts'
import { type Case, fix, isPrimaryRole } from './situation.ts'
import { primaryMoveOf, tierOfOther, tiers } from './tiers.ts'

export function settleSelfDetermined(of: Case): void {
  const { into, index, candidates, assignment } = of
  const open = candidates.filter((candidate) => candidate.slot >= 0 && !isLeftAlone(candidate))
  for (const candidate of candidates) fixUnreachable(of, candidate)
  for (const candidate of open) settleOne(of, candidate)
  const primaryCount = assignment.primaryPreferred - into.fixedPrimaryCounts[index]!
  keepFirst(of, { open, announced: 'primary', among: into.mayBePrimary, count: primaryCount })
  const secondaryCount = assignment.secondaryPreferred - into.fixedSecondaryCounts[index]!
  keepFirst(of, { open, announced: 'secondary', among: into.mayBeSecondary, count: secondaryCount })
}

function fixUnreachable(of: Case, candidate: Candidate): void {
  const { node, intended } = candidate
  if (intended?.role !== 'primary' || isLeftAlone(candidate)) return
  if (isUpAvailability(node) || stoppedAvailabilities.includes(node) || !of.assignment.type.exclusive) return
  fix(of, candidate, isPrimaryRole)
  of.into.holders[of.index] = of.candidates.indexOf(candidate)
  of.into.notes[of.index] = unreachableReason(candidate)
}

function settleOne({ into, assignment }: Case, candidate: Candidate): void {
  const { slot, status } = candidate
  const announced = status?.announced
  into.tiers[slot] = tierOfOwn(candidate)
  into.primaryMoves[slot] = announced === 'primary' ? 0 : primaryMoveOf(candidate)
  if (announced === 'secondary') into.secondaryMoves[slot] = 0
  if (announced === undefined && !needsProcess(assignment.type.standby, 'spare')) return
  if (announced !== 'primary') into.mayBePrimary[slot] = 0
  if (announced !== 'secondary') into.mayBeSecondary[slot] = 0
}

/** One that says nothing, as it does not run, is what it was meant to be: its secondary would change places with it for ever. */
function tierOfOwn(candidate: Candidate): number {
  const { status, intended, hasFailed } = candidate
  if (status?.announced === 'primary') return tiers.present
  if (status?.announced !== undefined || intended?.role !== 'primary') return tierOfOther(candidate)
  return hasFailed ? tiers.restarted : tiers.present
}

function keepFirst(
  of: Case,
  its: { open: readonly Candidate[]; announced: string; among: Uint8Array; count: number },
): void {
  const { into, input, index } = of
  const rankOf = ({ slot }: Candidate) => input.configuration.nodes[into.of.nodes[into.of.slotNodes[slot]!]!]!.rank
  const claiming = its.open
    .filter(({ slot, status }) => its.among[slot] === 1 && status?.announced === its.announced)
    .sort((a, b) => rankOf(a) - rankOf(b) || a.slot - b.slot)
  for (const { slot } of claiming.slice(Math.max(0, its.count))) its.among[slot] = 0
  const [first, second] = [claiming[Math.max(0, its.count - 1)], claiming[Math.max(0, its.count)]]
  if (second && its.announced === 'primary')
    into.notes[index] = announcedTwiceReason(second, first === second ? null : first!)
}
