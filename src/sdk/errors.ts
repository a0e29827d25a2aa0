import type { ComponentId } from '../../machines/model/ids.ts'
import type { CheckpointFailureCode, RegisterRefusalCode } from './protocol.ts'

/** What goes wrong between a program and its node, with a stable code. */
export class RolecallError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'RolecallError'
    this.code = code
  }
}

/** The node could not be reached, or would not have this program: `connect` rejects with it. */
export class RegisterError extends RolecallError {
  declare readonly code: RegisterRefusalCode | 'unreachable' | 'no-environment'
}

/**
 * A checkpoint that a peer does not have, as far as anyone knows. `timed-out`, `unreachable` and `disconnected` leave open
 * whether it does; after `stale-token` another primary has been chosen, and this program must not act any more.
 */
export class CheckpointError extends RolecallError {
  declare readonly code: CheckpointFailureCode | 'not-primary' | 'no-assignment' | 'disconnected'
  /** The peer it was for; null: every secondary. */
  readonly to: ComponentId | null
  /** With `refused`: the code that the peer's program gave. */
  readonly reason: string | null

  constructor(code: CheckpointError['code'], of: { to: ComponentId | null; reason?: string | null }) {
    const reason = of.reason ?? null
    super(code, `checkpoint to ${of.to ?? 'the secondaries'}: ${code}${reason === null ? '' : ` (${reason})`}`)
    this.name = 'CheckpointError'
    this.to = of.to
    this.reason = reason
  }
}

/** Thrown by a handler: its code travels to the node or to the peer. Of other errors only the message does. */
export function codeOf(error: unknown, otherwise: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/.test(code) ? code : otherwise
}

export function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
