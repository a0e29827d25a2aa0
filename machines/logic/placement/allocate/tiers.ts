/** How well a place would do as primary, as far as its state goes: the tier, and what choosing it would disturb. Lower is better. */
import { type Candidate, isReadySecondary } from '../candidate.ts'

export const tiers = {
  /** Is primary now, or is as good: the state is there, or none is needed. */
  present: 0,
  /** A standby in step. */
  ready: 1,
  /** Was primary, fell, and is restarted in place. */
  restarted: 2,
  secondary: 3,
  spare: 4,
  failedSecondary: 5,
  failed: 6,
  /** Is primary, and is asked to hand over to anyone but itself. */
  leaving: 7,
} as const

/** Any that is not the present primary: a standby in step, another standby, a spare; the sound before the failed. */
export function tierOfOther(candidate: Candidate): number {
  const isSecondary = candidate.intended?.role === 'secondary'
  if (candidate.hasFailed) return isSecondary ? tiers.failedSecondary : tiers.failed
  if (!isSecondary) return tiers.spare
  return isReadySecondary(candidate) ? tiers.ready : tiers.secondary
}

/** The same, where state tells the sound ones apart only if there is any. */
export function tierOf({ isStateless }: { readonly isStateless: boolean }, candidate: Candidate): number {
  return isStateless && !candidate.hasFailed ? tiers.present : tierOfOther(candidate)
}

/** Nothing is disturbed where it is primary already; then standbys before spares, the sound before the failed. */
export function primaryMoveOf({ intended, hasFailed }: Candidate): number {
  if (intended?.role === 'primary') return 0
  const move = intended?.role === 'secondary' ? 1 : 2
  return hasFailed ? move + 2 : move
}

/** Who is secondary already, then who was primary and has the state, then the spares; the sound before the failed. */
export function secondaryMoveOf({ intended, hasFailed }: Candidate): number {
  const move = intended?.role === 'secondary' ? 0 : intended?.role === 'primary' ? 1 : 2
  return hasFailed ? move + 3 : move
}
