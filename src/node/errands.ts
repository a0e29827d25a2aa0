/**
 * Errands: what the CRIM has a component do once, beside its role: to begin anew without a restart (soft reset), or to test itself.
 * The answer goes to the master of the moment, which knows by the token whether it still waits for it.
 */
import type { ComponentId } from '../../machines/model/ids.ts'
import type { Token } from '../../machines/model/token.ts'
import type { Cause } from '../engine/record.ts'
import { actorOf, type Parts } from './parts.ts'

export interface Errand {
  readonly type: 'reset.command' | 'selfTest.command'
  readonly component: ComponentId
  readonly token: Token
  readonly timeLimitMs: number
  /** The mastership that asks. */
  readonly epoch: number
  readonly cause: Cause | null
}

export interface ErrandAnswer {
  readonly component: ComponentId
  readonly token: Token
  /** null: done. */
  readonly code: string | null
  readonly detail: string
  readonly cause: Cause | null
}

/** An errand of the master for a component here. */
export function runErrand(parts: Parts, { type, component, token, epoch, cause }: Errand): void {
  if (epoch < parts.commandEpoch.highest) return
  parts.commandEpoch.highest = epoch
  const what = type === 'reset.command' ? 'soft reset' : 'self-test'
  answer(parts, { component, token, code: 'unsupported', detail: `its agent knows no ${what}`, cause })
}

function answer(parts: Parts, of: ErrandAnswer): void {
  const { cause, ...rest } = of
  const master = parts.replica.leader
  if (master === parts.self) errandEnded(parts, of)
  else if (master !== null) parts.post(master, { type: 'errand.answer', ...rest }, cause)
}

/** What a node says of an errand -> the CRIM here. */
export function errandEnded(parts: Parts, { component, token, code, detail, cause }: ErrandAnswer): void {
  const ended = { component, token, detail }
  const event = code === null ? { type: 'errand.done', ...ended } : { type: 'errand.failed', ...ended, code }
  parts.engine.send(actorOf.crim, event, cause)
}
