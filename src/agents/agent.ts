/**
 * A component agent: the face of real things towards the component machines of a node (component manager, SPEC C3). It
 * obeys orders and says what happens; it decides nothing. Events never come from within the call of an order.
 */
import type { AssignmentName, ComponentId, Incarnation } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { Peer } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'

/** One life of a component's process. */
export interface ComponentLife {
  readonly component: ComponentId
  readonly incarnation: Incarnation
}

/** What a component is told of its role. */
export interface RoleWords extends ComponentLife {
  readonly assignment: AssignmentName
  readonly role: Role
  readonly token: Token
  readonly peers: readonly Peer[]
}

export interface StopOrder extends ComponentLife {
  /** Until the whole process group is killed; 0: at once. */
  readonly timeoutMs: number
}

export interface InvokeOrder extends RoleWords {
  readonly level: number
  readonly timeLimitMs: number
}

/** Beside its role. `reset`: the process begins anew without ending; `selfTest`: of a component that is offline. */
export interface ErrandOrder {
  readonly kind: 'reset' | 'selfTest'
  readonly component: ComponentId
  /** The last life of the component, that of a node process before this one included: a self-test has no later one. */
  readonly incarnation: Incarnation
  readonly timeLimitMs: number
}

export interface ComponentAgent {
  /** Ends in `process.ready`, `process.startFailed` or `process.exited`. */
  start(order: RoleWords): void
  /** Ends in `process.exited` or `process.stopFailed`; a process that is not there has exited. */
  stop(order: StopOrder): void
  /** Ends in `role.done` or `role.failed`, unless the process ends first; `role.done` where there is nobody to tell. */
  invoke(order: InvokeOrder): void
  /** The others of its assignment, or their roles, have changed (rendezvous, SPEC R4). */
  introduce(order: RoleWords): void
  /** Resolves to null when it is done: by its end, or that of its time limit, or of the process. */
  run(errand: ErrandOrder): Promise<Reason | null>
  /** What a life of a component is called where its process is known: that of a place is its process's. */
  lifeOf(life: ComponentLife): Incarnation
  /** Whether it may be acting as primary: for the guard, which ends it should the lease be over. */
  setActive(activity: ComponentLife & { readonly isActive: boolean }): void
  /** Forgets everything without stopping anything: that is the guard's to do. */
  close(): void
}

export type AgentEvent =
  /** A program that speaks the SDK protocol has registered; another runs, and its first probe has passed. Comes again with a new endpoint. */
  | ({
      readonly type: 'process.ready'
      readonly endpoint: string | null
      /** Of its software, as it says itself. */
      readonly release?: string | null
    } & ComponentLife)
  /** It could not be started, or was not ready in time (`start.timedOut`); in the latter case `process.exited` follows. */
  | ({ readonly type: 'process.startFailed' } & ComponentLife & Reason)
  /** Nothing of the process, its descendants and its hooks is left. */
  | ({ readonly type: 'process.exited'; readonly detail: string; readonly atMs: number } & ComponentLife)
  /** It resists SIGKILL; `process.exited` follows if it ends after all. */
  | ({ readonly type: 'process.stopFailed'; readonly detail: string } & ComponentLife)
  | ({ readonly type: 'role.done' } & RoleAnswer)
  /** `role.failed`: a hook's exit code; `role.timedOut`; or the program's own code. */
  | ({ readonly type: 'role.failed' } & RoleAnswer & Reason)
  /** `probe.failed`, `sdk.disconnected`, or the code of the program's own error report. */
  | ({ readonly type: 'health.failed' } & ComponentLife & Reason)
  /** Of what it should bear; not as often as it says so. */
  | ({ readonly type: 'load.changed'; readonly loadPercent: number } & ComponentLife)
  /** Of a self-determining component: the role it has picked. */
  | ({ readonly type: 'role.announced'; readonly role: Role } & ComponentLife)

export interface Reason {
  /** Stable. */
  readonly code: string
  /** For people. */
  readonly detail: string
}

interface RoleAnswer extends ComponentLife {
  readonly role: Role
  readonly token: Token
}
