import type { AssignmentName, ComponentId, Incarnation, NodeName } from './ids.ts'
import type { Role } from './roles.ts'
import type { Token } from './token.ts'

/**
 * How far a component is in its role. `preparing`: its process is being started or stopped as the role needs;
 * `assuming`: the role command runs; `ready`: it has the role. In `offline`: `stopping`, `stopped`, and `stopFailed`,
 * which counts as active until someone proves otherwise.
 */
export type Phase = 'preparing' | 'assuming' | 'ready' | 'stopping' | 'stopped' | 'stopFailed'

/** Why a component fell out of its role. Codes are stable: `process.exited`, `start.timedOut`, `role.failed`, `probe.failed`, … */
export interface Failure {
  readonly code: string
  /** For people: `exit code 1`, `signal SIGKILL`, … */
  readonly detail: string
}

/** What a component's own node says of it: the actual state, reported and never stored as truth. */
export interface ComponentStatus {
  readonly component: ComponentId
  readonly role: Role
  readonly phase: Phase
  /** Lives of the process; 0 before the first. */
  readonly incarnation: Incarnation
  /** Token of the last command it took. */
  readonly token: Token
  /** Set when it fell out of its role by itself; cleared by the next command. */
  readonly failure: Failure | null
  /** It may be acting as primary: from before its process is told, until it has taken another role or has exited. */
  readonly isActive: boolean
  readonly endpoint: string | null
  /** Of a self-determining component: the role it says it has. */
  readonly announced?: Role
  /** What it says of its load: 100 is as much as it should bear. */
  readonly loadPercent?: number
  /** Its software release, if its program gave one; else its node's. */
  readonly release?: string
}

/** What a component is told of the others of its assignment (rendezvous, SPEC R4). */
export interface Peer {
  readonly component: ComponentId
  readonly node: NodeName
  readonly role: Role
  readonly endpoint: string | null
  /** Its software release domain (SPEC R12), where one is known. */
  readonly release?: string
  /** Among the standbys of its assignment: 1 is the first to follow. Of a primary 0. */
  readonly rank?: number
  /** Token of its role: a checkpoint of a primary that carries an older one is refused. */
  readonly token: Token
}

/**
 * What is known of a node's life.
 * `unknown`: not heard yet; `alive`; `suspect`: silent, not yet confirmed; `unreachable`: silent, may still act;
 * `isolated`: silent for so long that it has stopped its exclusive primaries by itself; `ended`: its processes are known
 * to have ended; `leaving`: alive, handing its roles over; `left`: it said good-bye, its components stopped.
 */
export type NodeAvailability =
  | 'unknown'
  | 'alive'
  | 'suspect'
  | 'unreachable'
  | 'isolated'
  | 'ended'
  | 'leaving'
  | 'left'

/** In these a node can be talked to, as far as anyone can tell. */
export const upAvailabilities: readonly NodeAvailability[] = ['alive', 'suspect', 'leaving']

/** In these nothing of the node can still be acting. */
export const stoppedAvailabilities: readonly NodeAvailability[] = ['isolated', 'ended', 'left']

/** What the CRIM decided for one assignment; kept in the CCR under `intent/<assignment>`. */
export interface Intent {
  readonly assignment: AssignmentName
  /** Every component the assignment may use, with the role it should have and the token of the decision that gave it. */
  readonly roles: Readonly<Record<ComponentId, IntendedRole>>
  /** Tokens of the sponsors' primaries that it was started for: a later one restarts it, where the dependency says so. */
  readonly sponsors?: Readonly<Record<AssignmentName, Token>>
}

export interface IntendedRole {
  readonly role: Role
  readonly token: Token
}
