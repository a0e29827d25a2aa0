/**
 * Suspicion of one life of one peer (SPEC M1, E5), by time-outs on silence in the manner of Chen, Toueg and Aguilera (2002),
 * confirmed with the help of others as in SWIM (Das, Gupta and Motivala, 2002). Sans-I/O: the caller tells the time.
 *
 *     unheard ──heard──► alive ──silent──► suspected ──still silent, nobody else hears it──► confirmed
 *        └──────────────────silent──────────▲  │ heard                                         │ heard for a while
 *                             alive ◄──────────┴───────────────────────────────────────────────┘
 *
 * A peer that comes back after its silence was confirmed must be heard for `suspectAfterMs` without such a gap again, so that
 * a flapping link does not move roles to and fro. A new life of the peer starts afresh with `firstHeard`.
 *
 * Invariants: `forgivenMs` never exceeds the silence so far; `heardAtMs` never goes back; only `heard` leads to alive.
 */
import type { Timing } from '../model/configuration.ts'

export interface Suspicion {
  readonly status: 'unheard' | 'alive' | 'suspected' | 'confirmed'
  /** Last packet, on whatever link; for an unheard peer, when we began to listen. */
  readonly heardAtMs: number
  /** The part of the silence that was our own: we were late, so it is not held against the peer. */
  readonly forgivenMs: number
  /** When another live peer last heard it, by our clock. */
  readonly vouchedAtMs: number
  /** Since when a confirmed silence is broken without a gap. */
  readonly returningSinceMs: number | null
}

export type SuspicionTiming = Pick<Timing, 'suspectAfterMs' | 'confirmAfterMs' | 'nodeLeaseMs'>

/** A peer nobody heard yet. It is not alive, but its silence is judged like that of one. */
export function unheard(nowMs: number): Suspicion {
  return { status: 'unheard', heardAtMs: nowMs, forgivenMs: 0, vouchedAtMs: nowMs, returningSinceMs: null }
}

/** The first packet of a life. */
export function firstHeard(nowMs: number): Suspicion {
  return { ...unheard(nowMs), status: 'alive' }
}

/** A packet of the same life. */
export function heard(s: Suspicion, nowMs: number, timing: SuspicionTiming): Suspicion {
  if (s.status !== 'confirmed') return { ...s, status: 'alive', heardAtMs: nowMs, forgivenMs: 0 }
  const fresh = { ...s, heardAtMs: nowMs, forgivenMs: 0 }
  const isBroken = s.returningSinceMs === null || nowMs - s.heardAtMs >= timing.suspectAfterMs
  const returningSinceMs = isBroken ? nowMs : s.returningSinceMs!
  return nowMs - returningSinceMs < timing.suspectAfterMs
    ? { ...fresh, returningSinceMs }
    : { ...fresh, status: 'alive', returningSinceMs: null }
}

/** Another peer, itself alive, says that it heard this one at `heardAtMs` by our clock. */
export function vouched(s: Suspicion, heardAtMs: number): Suspicion {
  return heardAtMs > s.vouchedAtMs ? { ...s, vouchedAtMs: heardAtMs } : s
}

/** Our own tick came `lateMs` late: every deadline moves by as much, as far as the peer was silent at all. */
export function forgiven(s: Suspicion, by: { nowMs: number; lateMs: number }): Suspicion {
  const forgivenMs = Math.min(s.forgivenMs + by.lateMs, Math.max(0, by.nowMs - s.heardAtMs))
  return forgivenMs === s.forgivenMs ? s : { ...s, forgivenMs }
}

/** Silence that counts against the peer. */
export function silenceMs(s: Suspicion, nowMs: number): number {
  return nowMs - s.heardAtMs - s.forgivenMs
}

/**
 * Judges the silence. One step a check, so that a caller sees each change.
 *
 * Others that hear the peer hold the confirmation up, but at most until it was silent for `nodeLeaseMs`: by then it has no
 * permission to keep its primaries if we are the master, and to spare it for longer would only leave its roles unserved.
 */
export function checked(s: Suspicion, at: { nowMs: number; multiplier: number }, timing: SuspicionTiming): Suspicion {
  const silentForMs = silenceMs(s, at.nowMs)
  const suspectAfterMs = timing.suspectAfterMs * at.multiplier
  if (s.status === 'unheard' || s.status === 'alive') {
    return silentForMs < suspectAfterMs ? s : { ...s, status: 'suspected' }
  }
  if (s.status === 'confirmed' || silentForMs < suspectAfterMs + timing.confirmAfterMs) return s
  const isHeardByOthers = at.nowMs - s.vouchedAtMs < suspectAfterMs
  if (isHeardByOthers && silentForMs < timing.nodeLeaseMs) return s
  return { ...s, status: 'confirmed', returningSinceMs: null }
}
