/** What a component's machine knows, hears and asks for. */
import type { RecoveryPolicy, Standby, WithoutQuorum } from '../model/configuration.ts'
import type { AssignmentName, ComponentId, Incarnation, NodeName } from '../model/ids.ts'
import type { Role } from '../model/roles.ts'
import type { ComponentStatus, Failure, Peer } from '../model/status.ts'
import type { Token } from '../model/token.ts'

export interface ComponentInput {
  readonly component: ComponentId
  readonly node: NodeName
  readonly assignment: AssignmentName
  readonly standby: Standby
  /** Two primaries at once would do harm: without the quorum's lease it acts no more. */
  readonly exclusive: boolean
  readonly withoutQuorum: WithoutQuorum
  /** What its error reports lead to: by some of it, it stays in its role (`reports.ts`). */
  readonly recovery: Pick<RecoveryPolicy, 'first' | 'byCode'>
  /** Its program can be told to do nothing more as primary and yet run on. If not, it must end before another may act. */
  readonly standsDown: boolean
  /** Time limit of a role command that brings none of its own. */
  readonly roleTimeoutMs: number
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
  /** What the process is given before it is killed, once the lease is lost. */
  readonly selfStopMs: number
  /** Number of the process's first life under this machine: above those under an earlier node process. At least 1. */
  readonly firstIncarnation: Incarnation
}

/** What may change of a component while it is there. That it is exclusive never does. */
export type TypeWords = Pick<
  ComponentInput,
  | 'standby'
  | 'standsDown'
  | 'withoutQuorum'
  | 'recovery'
  | 'roleTimeoutMs'
  | 'startTimeoutMs'
  | 'stopTimeoutMs'
  | 'selfStopMs'
>

/**
 * `absent`: there is none; `starting`: started, not yet ready; `running`: ready, or not to be got rid of; `stopping`: told
 * to stop. Anything but `absent` may be acting.
 */
export type ProcessState = 'absent' | 'starting' | 'running' | 'stopping'

export interface ComponentContext extends ComponentInput {
  /** Of the last command taken. Never goes back. */
  readonly token: Token
  readonly level: number
  readonly timeLimitMs: number
  readonly peers: readonly Peer[]
  /** Of the process that is, or of the last one. */
  readonly incarnation: Incarnation
  readonly process: ProcessState
  /** The time that the last order to stop gave, before the kill. */
  readonly stopGivenMs: number
  /** It may be acting as primary: from before its process is told, until it is known that it is not. */
  readonly isActive: boolean
  readonly endpoint: string | null
  readonly failure: Failure | null
  /** What the present process says of itself; null: nothing. */
  readonly announced: Role | null
  readonly loadPercent: number | null
  readonly release: string | null
  /** Of the quorum. Not kept of one that leaves its role when it is lost. */
  readonly isLeaseLost: boolean
  /** Restarts by itself (`alone.ts`). */
  readonly aloneRestartCount: number
}

export type ComponentEvent =
  /** From the CRIM. */
  | { type: 'role.assign'; role: Role; token: Token; level: number; timeLimitMs: number; peers: readonly Peer[] }
  | { type: 'peers.change'; peers: readonly Peer[]; token: Token }
  /** From the agent. */
  | { type: 'process.ready'; incarnation: Incarnation; endpoint: string | null; release?: string | null }
  | { type: 'process.startFailed'; incarnation: Incarnation; code: string; detail: string }
  | { type: 'process.exited'; incarnation: Incarnation; detail: string }
  | { type: 'process.stopFailed'; incarnation: Incarnation; detail: string }
  | { type: 'role.done'; role: Role; token: Token; incarnation: Incarnation }
  | { type: 'role.failed'; role: Role; token: Token; incarnation: Incarnation; code: string; detail: string }
  | { type: 'health.failed'; incarnation: Incarnation; code: string; detail: string }
  /** It was reset: what was reported of it is over. */
  | { type: 'health.restored'; incarnation: Incarnation }
  | { type: 'load.changed'; incarnation: Incarnation; loadPercent: number }
  | { type: 'role.announced'; incarnation: Incarnation; role: Role }
  /** From the node. */
  | ({ type: 'type.changed' } & TypeWords)
  | { type: 'lease.lost' }
  | { type: 'lease.gained' }
  | { type: 'node.leave' }
  /** What it is part of has ended. */
  | { type: 'container.ended'; container: ComponentId }

export type ComponentEventOf<T extends ComponentEvent['type']> = Extract<ComponentEvent, { type: T }>

/** Stable codes of refused commands. */
export type RefusalCode = 'stale-token' | 'not-allowed' | 'stop-failed'

/** What the process or its hooks are told of a role. */
interface RoleWords {
  component: ComponentId
  incarnation: Incarnation
  assignment: AssignmentName
  role: Role
  token: Token
  peers: readonly Peer[]
}

export type ComponentEffect =
  | ({ type: 'process.start' } & RoleWords)
  /** Stop it, and kill its whole group after `timeoutMs`; 0: kill at once. A process that is not there has exited. */
  | { type: 'process.stop'; component: ComponentId; incarnation: Incarnation; timeoutMs: number }
  /** Answered by `role.done` or `role.failed`, at once where there is nobody to tell. */
  | ({ type: 'role.invoke'; level: number; timeLimitMs: number } & RoleWords)
  | ({ type: 'peers.introduce' } & RoleWords)
  | { type: 'component.active'; component: ComponentId; incarnation: Incarnation; isActive: boolean }
  | { type: 'status.report'; status: ComponentStatus }
  | { type: 'command.refused'; component: ComponentId; role: Role; token: Token; code: RefusalCode }

/** What a step changes and asks for. */
export interface Decided {
  readonly change: Partial<ComponentContext>
  readonly effects: readonly ComponentEffect[]
}
