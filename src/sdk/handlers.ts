/** What a program does when its node tells it something. */
import type { AssignmentName, ComponentId } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { Peer } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'
import type { Json, RecordRefusalCode } from './protocol.ts'

export interface RoleCommand {
  readonly role: Role
  /** To a proxy: of the component that it speaks for. Left out: its own. */
  readonly component?: ComponentId
  readonly assignment: AssignmentName
  readonly token: Token
  readonly peers: readonly Peer[]
  readonly level: number
  /** The node takes no answer for a failure after this long. */
  readonly timeLimitMs: number
  /** Aborted when another command comes before this one is done, or the connection ends: its answer counts no more. */
  readonly signal: AbortSignal
}

export interface PeersChange {
  /** As in a role command. */
  readonly component?: ComponentId
  readonly assignment: AssignmentName
  readonly token: Token
  readonly peers: readonly Peer[]
}

export interface Checkpoint {
  /** Given where the program can serve several. */
  readonly assignment?: AssignmentName
  readonly from: ComponentId
  /** Token of the sender's primary role; the node has refused older ones already. */
  readonly token: Token
  readonly data: Json
}

/**
 * Called in the order in which the node said it. The part of a handler before its first `await` is therefore never
 * overtaken; what comes after may be, so a role command can interrupt one that waits (see its `signal`). A program that serves
 * several assignments takes commands for each, at the same time; `offline` for one ends that one alone.
 */
export interface Handlers {
  /** Take the role; resolve when it is taken, reject when it can't be (`code` and message of the error are reported). */
  onRole(command: RoleCommand): Promise<void> | void
  onPeers?(change: PeersChange): void
  /** Resolve when it is as safe here as the primary may rely on; reject to refuse it. Default: refused. */
  onCheckpoint?(checkpoint: Checkpoint): Promise<void> | void
  /** The node's lease was renewed: what `mayAct` held back may go on. */
  onLease?(): void
  /** Of a proxy: speak for this component from now on, and say so with `proxied`, within the time limit. */
  onProxiedStart?(start: {
    readonly component: ComponentId
    readonly assignment: AssignmentName
    readonly timeLimitMs: number
  }): void
  /** Begin anew without ending, and keep the roles: resolve when that is done. Default: `unsupported`. */
  onReset?(errand: { readonly timeLimitMs: number }): Promise<void> | void
  /** Test yourself, while you have no role: resolve when all is well. Default: `unsupported`. */
  onSelfTest?(errand: { readonly timeLimitMs: number }): Promise<void> | void
  /** So many records, this one the last of them, are not in the black box: too large, or too many in a second. Default: ignored. */
  onRecordRefused?(refused: { readonly name: string; readonly code: RecordRefusalCode; readonly count: number }): void
  /** Asked to end by itself within the time limit; after it comes SIGKILL. */
  onStop?(stop: { readonly timeLimitMs: number }): void
  /** The node is gone. Stop acting at once, and end: a new life of this program will be started. */
  onDisconnected?(): void
}
