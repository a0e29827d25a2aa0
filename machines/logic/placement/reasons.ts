/** Why things are not as configured, in words for operators. */
import type { Candidate } from './candidate.ts'

/** Why a component can't be used, or null when it can. */
export function whyNot(candidate: Candidate): string | null {
  if (candidate.isUsable) return null
  if (candidate.isRetired) return `${candidate.component} is no longer configured for it`
  if (candidate.isPending) return `${candidate.component} has not said what it is`
  if (candidate.isLocked) return `${candidate.component} is locked`
  if (candidate.isBarred) return `${candidate.component} failed too often`
  if (candidate.status?.phase === 'stopFailed') return `${candidate.component} failed to stop`
  if (candidate.isOnStandby) return `the node of ${candidate.component} is on standby`
  return `the node of ${candidate.component} is ${candidate.node}`
}

export function pendingReason({ component }: Candidate): string {
  return `waiting for ${component} to say what it is`
}

export function unreachableReason({ component }: Candidate): string {
  return `waiting until ${component}, which cannot be reached, has stopped by itself`
}

export function notInStepReason({ component, node }: Candidate): string {
  return `no standby is in step with ${component}, whose node is ${node}: waiting for it, or for a switch-over that gives up what only it has`
}

export function handOverReason({ component }: Candidate, to: Candidate): string {
  return `${component} hands over as soon as ${to.component} is in step with it`
}

export function announcedTwiceReason({ component }: Candidate, keeper: Candidate | null): string {
  const why = keeper === null ? 'the place is taken' : `${keeper.component}, whose node comes first, keeps it`
  return `${component} says that it is primary too: ${why}`
}
