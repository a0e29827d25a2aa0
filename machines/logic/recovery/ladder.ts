/**
 * Which recovery answers a failure (SPEC R7; DESIGN §5): chosen from the type and the report, a rung up where the one before failed or
 * came too often. Rungs, least radical first, are `recoveries` in the model; `null` leaves the choice to the planner, which fails over to
 * a hot standby in step and restarts in place otherwise.
 *
 * Limits multiply where they nest, so the outer ones are small: a few resets within a restart, a few restarts until the component is
 * barred, a few bars until its node is (`node.ts`).
 */
import { type Recovery, type RecoveryPolicy, recoveries } from '../../model/configuration.ts'

export interface Trouble {
  /** The code of the report. */
  readonly code: string
  /** It still has its role: it can be reset, and can hand over. */
  readonly isInRole: boolean
  /** What it was being recovered by when this happened; null: nothing. */
  readonly under: Recovery | null
  /** Soft resets within the window, without this one. */
  readonly resetCount: number
  /** Failures within the window that a reset did not answer, without this one. */
  readonly failureCount: number
}

export interface Answer {
  readonly recovery: Recovery | null
  /** It has failed too often, and is not used on its node for now. */
  readonly isBarred: boolean
}

export function answerTo(policy: RecoveryPolicy, trouble: Trouble): Answer {
  const wanted = possible(policy, raised(wantedFor(policy, trouble), trouble.under), trouble)
  if (wanted === 'reset') return { recovery: wanted, isBarred: false }
  const isBarred = trouble.failureCount + 1 > policy.restartLimit
  return { recovery: isBarred ? higher(wanted, 'failover') : wanted, isBarred }
}

function wantedFor({ byCode, first }: RecoveryPolicy, { code }: Trouble): Recovery | null {
  return (byCode && Object.hasOwn(byCode, code) ? byCode[code] : first) ?? null
}

/** At least the rung above the one that has failed. */
function raised(wanted: Recovery | null, failed: Recovery | null): Recovery | null {
  if (failed === null) return wanted
  return higher(wanted, above(failed))
}

/** The next rung. Above a fail-over, which left the component alone, it is restarted again until its limit bars it. */
function above(rung: Recovery): Recovery {
  if (rung === 'reset') return 'restart'
  if (rung === 'nodeSwitchover' || rung === 'nodeFailover') return 'nodeFailover'
  return 'failover'
}

/** Only what runs in its role can be reset or hand over; and only so often. */
function possible({ resetLimit = 1 }: RecoveryPolicy, wanted: Recovery | null, trouble: Trouble): Recovery | null {
  if (wanted === 'reset') return trouble.isInRole && trouble.resetCount < resetLimit ? 'reset' : 'restart'
  if (wanted === 'switchover' && !trouble.isInRole) return 'failover'
  return wanted
}

function higher(a: Recovery | null, b: Recovery): Recovery {
  return a !== null && recoveries.indexOf(a) > recoveries.indexOf(b) ? a : b
}
