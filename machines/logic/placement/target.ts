/**
 * Which role each component of an assignment should have (SPEC R2, R3, R7; DESIGN §4). The objective, in order: a primary
 * that has the state; the redundancy; fewest moves of primaries; fewest moves of secondaries; the preferred node. What a
 * failure did not touch stays where it is, and nothing fails back by itself.
 */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import { stoppedAvailabilities, upAvailabilities } from '../../model/status.ts'
import { type Candidate, candidatesOf, isReadySecondary, type PlanInput, typeOf } from './candidate.ts'

export interface Target {
  readonly assignment: AssignmentName
  readonly roles: Readonly<Record<ComponentId, Role>>
  /** Why it is not as configured, in words for operators; null when it is. */
  readonly reason: string | null
}

interface Choice {
  readonly primary: Candidate | null
  readonly reason: string | null
}

export function targetOf(input: PlanInput, assignment: AssignmentName): Target {
  const candidates = candidatesOf(input, assignment)
  const { primary, reason } = choosePrimary(input, assignment, candidates)
  const secondaryCount = input.configuration.assignments[assignment]!.redundancy === '2N' ? 1 : 0
  const secondaries = chooseSecondaries({ candidates, primary, count: secondaryCount })
  const roles: Record<ComponentId, Role> = {}
  for (const candidate of candidates) {
    roles[candidate.component] = roleOf(candidate, { primary, secondaries })
  }
  return {
    assignment,
    roles,
    reason: reason ?? redundancyReason({ candidates, missingCount: secondaryCount - secondaries.length }),
  }
}

function roleOf(candidate: Candidate, chosen: { primary: Candidate | null; secondaries: readonly Candidate[] }): Role {
  if (candidate === chosen.primary) return 'primary'
  if (chosen.secondaries.includes(candidate)) return 'secondary'
  if (candidate.isPending) return candidate.intended?.role ?? 'offline'
  return candidate.isUsable ? 'spare' : 'offline'
}

function choosePrimary(input: PlanInput, assignment: AssignmentName, candidates: readonly Candidate[]): Choice {
  const current = candidates.find((candidate) => candidate.intended?.role === 'primary')
  if (!current) return chooseFirst(candidates)
  if (current.isPending) return { primary: current, reason: `waiting for ${current.component} to say what it is` }

  const isExclusive = typeOf(input.configuration, input.configuration.assignments[assignment]!).exclusive
  const isNodeGone = !upAvailabilities.includes(current.node)
  if (isNodeGone && isExclusive && !stoppedAvailabilities.includes(current.node)) {
    return {
      primary: current,
      reason: `waiting until ${current.component}, which cannot be reached, has stopped by itself`,
    }
  }
  const successor = chooseSuccessor(candidates, current)
  if (!current.isUsable) {
    if (successor) return { primary: successor, reason: null }
    return { primary: null, reason: nobodyReason(candidates) }
  }
  if (current.hasFailed) {
    const standby = candidates.find((candidate) => candidate !== current && isReadySecondary(candidate))
    return { primary: standby ?? current, reason: null }
  }
  const request = input.requests[assignment]
  return { primary: request ? (chooseRequested(candidates, current, request.to) ?? current) : current, reason: null }
}

/** Nobody was primary before: whoever acts already, else the preferred one that has not failed. */
function chooseFirst(candidates: readonly Candidate[]): Choice {
  const usable = candidates.filter((candidate) => candidate.isUsable)
  const acting = usable.find((candidate) => candidate.mayAct)
  const primary = acting ?? usable.find((candidate) => !candidate.hasFailed) ?? usable[0] ?? null
  return { primary, reason: primary ? null : nobodyReason(candidates) }
}

/** Who follows a primary that can't go on: a ready secondary, else any secondary, else a spare; the sound before the failed. */
function chooseSuccessor(candidates: readonly Candidate[], current: Candidate): Candidate | null {
  const others = candidates.filter((candidate) => candidate !== current && candidate.isUsable)
  return bestOf(others, (candidate) => [
    isReadySecondary(candidate) ? 0 : 1,
    candidate.hasFailed ? 1 : 0,
    candidate.intended?.role === 'secondary' ? 0 : 1,
  ])
}

/** Where an operator's switch-over goes: only to one that is sound. A standby that is not in step is taken only where named. */
function chooseRequested(
  candidates: readonly Candidate[],
  current: Candidate,
  to: ComponentId | null,
): Candidate | null {
  const others = candidates.filter((candidate) => candidate !== current && candidate.isUsable && !candidate.hasFailed)
  if (to !== null) return others.find((candidate) => candidate.component === to) ?? null
  return chooseSuccessor(others, current)
}

function chooseSecondaries(of: {
  candidates: readonly Candidate[]
  primary: Candidate | null
  count: number
}): Candidate[] {
  if (of.primary === null) return []
  const preference = (candidate: Candidate) => [
    candidate.hasFailed ? 1 : 0,
    candidate.intended?.role === 'secondary' ? 0 : 1,
    candidate.intended?.role === 'primary' ? 0 : 1,
  ]
  const pending = of.candidates.filter(
    (candidate) => candidate.isPending && candidate.intended?.role === 'secondary' && candidate !== of.primary,
  )
  const usable = of.candidates.filter((candidate) => candidate.isUsable && candidate !== of.primary)
  return [...pending, ...sortBy(usable, preference)].slice(0, of.count)
}

function redundancyReason(of: { candidates: readonly Candidate[]; missingCount: number }): string | null {
  if (of.missingCount <= 0) return null
  return `no secondary: ${of.candidates.map(whyNot).filter(Boolean).join('; ') || 'no other component is configured'}`
}

function nobodyReason(candidates: readonly Candidate[]): string {
  return `no component can be primary: ${candidates.map(whyNot).filter(Boolean).join('; ')}`
}

/** Why a component can't be used, or null when it can. */
function whyNot(candidate: Candidate): string | null {
  if (candidate.isUsable) return null
  if (candidate.isPending) return `${candidate.component} has not said what it is`
  if (candidate.isLocked) return `${candidate.component} is locked`
  if (candidate.isBarred) return `${candidate.component} failed too often`
  if (candidate.status?.phase === 'stopFailed') return `${candidate.component} failed to stop`
  return `the node of ${candidate.component} is ${candidate.node}`
}

/** Lexicographic by the key; among equals the first of the list, which is the preferred one. */
function sortBy(candidates: readonly Candidate[], key: (candidate: Candidate) => readonly number[]): Candidate[] {
  return [...candidates].sort((a, b) => {
    const [keyA, keyB] = [key(a), key(b)]
    const at = keyA.findIndex((value, index) => value !== keyB[index])
    return at < 0 ? 0 : keyA[at]! - keyB[at]!
  })
}

function bestOf(candidates: readonly Candidate[], key: (candidate: Candidate) => readonly number[]): Candidate | null {
  return sortBy(candidates, key)[0] ?? null
}
