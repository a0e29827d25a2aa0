/** What the SDK server needs from its node, and what it gives it. */
import type { AssignmentName, ComponentId, Incarnation } from '../../../machines/model/ids.ts'
import type { Role } from '../../../machines/model/roles.ts'
import type { Peer } from '../../../machines/model/status.ts'
import type { Token } from '../../../machines/model/token.ts'
import type { Clock } from '../../engine/clock.ts'
import type { ProxyWord } from '../proxiedProcess.ts'

export interface SdkServerOptions {
  /** Of the Unix socket; at most 107 bytes. A socket file that is left there is replaced. */
  readonly path: string
  readonly callbacks: SdkCallbacks
  /** Whether this node runs the component, in this life. */
  readonly isExpected: (component: ComponentId, incarnation: Incarnation) => boolean
  /** Whether it has places for several assignments: roles are then those of places, and its program says for which it speaks. */
  readonly isShared?: (component: ComponentId) => boolean
  readonly clock?: Clock
  readonly limits?: Partial<SdkLimits>
}

export interface SdkLimits {
  /** A connection that has not registered by then is closed. */
  readonly registerTimeoutMs: number
  /** A program that has not answered a peer's checkpoint by then: `timed-out`. */
  readonly deliveryTimeoutMs: number
  /** A checkpoint of a program here that has no answer from the peer's node by then: `timed-out`. */
  readonly checkpointTimeoutMs: number
  /** What a program has not read; beyond, it is disconnected. */
  readonly backlogBytesMax: number
  /** One more is closed at once. */
  readonly connectionCountMax: number
}

export const defaultLimits: SdkLimits = {
  registerTimeoutMs: 5_000,
  deliveryTimeoutMs: 4_000,
  checkpointTimeoutMs: 5_000,
  backlogBytesMax: 8 * 1024 * 1024,
  connectionCountMax: 1024,
}

/** Names one role command. Of a program with several places `component` is the place, and the incarnation that of the program. */
export interface RoleCommand {
  readonly component: ComponentId
  readonly incarnation: Incarnation
  readonly role: Role
  readonly token: Token
}

export interface RoleInvocation extends RoleCommand {
  readonly assignment: AssignmentName
  readonly peers: readonly Peer[]
  readonly level: number
  readonly timeLimitMs: number
  /** The proxy whose program speaks for the component. Left out: the component's own. */
  readonly via?: ProgramLife
}

/** One life of a program. */
export interface ProgramLife {
  readonly component: ComponentId
  readonly incarnation: Incarnation
}

export type Introduction = Omit<RoleInvocation, 'level' | 'timeLimitMs'>

/** What a program is asked to do beside its roles. */
export interface Errand {
  readonly kind: 'reset' | 'selfTest'
  readonly component: ComponentId
  readonly incarnation: Incarnation
  readonly timeLimitMs: number
}

/** The program's own code, `unsupported`, `reset.timedOut` or `selfTest.timedOut`, or `sdk.disconnected`. */
export interface ErrandFailure {
  readonly code: string
  readonly detail: string
}

export interface Checkpoint {
  readonly from: ComponentId
  readonly to: ComponentId
  readonly token: Token
  /** JSON text, as another node's SDK server gave it; nodes carry it and don't look into it. */
  readonly data: unknown
}

/**
 * Codes: `stale-token`, `no-such-peer`, `unreachable`, `timed-out`, `overloaded`, `too-large`, and `refused` or
 * `refused.<code of the program>`.
 */
export type CheckpointResult = { readonly ok: true } | { readonly ok: false; readonly code: string }

/** Called in the order in which things happen, never from within a method of the server. */
export interface SdkCallbacks {
  onRegistered(registered: {
    readonly component: ComponentId
    readonly incarnation: Incarnation
    readonly endpoint: string | null
    readonly release: string | null
    readonly properties: Readonly<Record<string, string>>
  }): void
  onRoleDone(done: RoleCommand): void
  /** The program's own code, or `role.timedOut`. */
  onRoleFailed(failed: RoleCommand & { readonly code: string; readonly detail: string }): void
  /** Of the component, or of the place that it concerns. */
  onErrorReport(report: {
    readonly component: ComponentId
    readonly incarnation: Incarnation
    readonly code: string
    readonly detail: string
  }): void
  /** Of the component, or of the place that it concerns. As often as the program says it. */
  onLoad(load: {
    readonly component: ComponentId
    readonly incarnation: Incarnation
    readonly loadPercent: number
  }): void
  onAnnounced(announced: {
    readonly component: ComponentId
    readonly incarnation: Incarnation
    readonly role: Role
  }): void
  /** Of the component, or of the place that it concerns. Within its bounds; so many before it were not. */
  onRecord(record: {
    readonly component: ComponentId
    readonly incarnation: Incarnation
    readonly name: string
    /** Plain JSON. */
    readonly data: unknown
    readonly missingCount: number
  }): void
  /** The program wants its component to be tested. */
  onSelfTestAsked(asked: { readonly component: ComponentId; readonly incarnation: Incarnation }): void
  /** A proxy's program, of a component that it speaks for. */
  onProxied(said: { readonly by: ProgramLife; readonly component: ComponentId; readonly word: ProxyWord }): void
  onDisconnected(disconnected: { readonly component: ComponentId; readonly incarnation: Incarnation }): void
  /** Carries it to the peer's node, which calls `deliverCheckpoint` there. */
  onCheckpoint(checkpoint: Checkpoint): Promise<CheckpointResult>
}

export function commandOf({ component, incarnation, role, token }: RoleInvocation): RoleCommand {
  return { component, incarnation, role, token }
}
