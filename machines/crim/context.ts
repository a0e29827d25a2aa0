/** What the CRIM knows: the configuration, what was decided (from the repository), what is (from the nodes), what is under way. */
import type { Administrative, Command } from '../logic/placement/index.ts'
import type { Configuration } from '../model/configuration.ts'
import type { AssignmentName, ComponentId, Incarnation, NodeName } from '../model/ids.ts'
import type { Operation, OperationResult } from '../model/operation.ts'
import type { Role } from '../model/roles.ts'
import type { ComponentStatus, Intent, NodeAvailability, Peer } from '../model/status.ts'
import type { Token } from '../model/token.ts'

export interface CrimInput {
  readonly self: NodeName
  readonly incarnation: Incarnation
  readonly configuration: Configuration
}

export interface KnownNode {
  readonly availability: NodeAvailability
  readonly incarnation: Incarnation
}

export interface PendingOperation {
  readonly id: string
  readonly operation: Operation
  /** Where a switch-over goes. */
  readonly to: ComponentId | null
}

export interface Proposal {
  readonly id: number
  readonly changes: readonly Change[]
  /** It did not get into the log, and is made anew after a while. */
  readonly isRefused: boolean
}

/** A key of the repository with its new value; null deletes it. */
export interface Change {
  readonly key: string
  readonly value: unknown
}

/** An entry of the repository as it was applied: the place in the log gives the token of what it decided. */
export interface AppliedEntry extends Change {
  readonly epoch: number
  readonly index: number
}

/** An intent as it is kept: `token: null` stands for the place of the entry itself. */
export interface StoredIntent {
  readonly roles: Readonly<Record<ComponentId, { readonly role: Role; readonly token: Token | null }>>
  /** As of `Intent`. */
  readonly sponsors?: Readonly<Record<AssignmentName, Token>>
}

export interface CrimContext extends CrimInput {
  readonly epoch: number
  readonly nodes: Readonly<Record<NodeName, KnownNode>>
  readonly statuses: Readonly<Record<ComponentId, ComponentStatus>>
  readonly intents: Readonly<Record<AssignmentName, Intent>>
  readonly locked: Readonly<Record<ComponentId, true>>
  /** The latest life of each node that may have been commanded, as decided: no other was by any master. */
  readonly lives: Readonly<Record<NodeName, Incarnation>>
  /** What operators and recovery have set. */
  readonly administrative: Administrative
  /** Times of failures inside the window of the type's recovery policy. */
  readonly failures: Readonly<Record<ComponentId, readonly number[]>>
  readonly barred: Readonly<Record<ComponentId, true>>
  readonly commanded: Readonly<Record<ComponentId, Command>>
  /** The peers each component was last told of. */
  readonly introduced: Readonly<Record<ComponentId, readonly Peer[]>>
  readonly requests: Readonly<Record<AssignmentName, { readonly to: ComponentId | null }>>
  readonly operations: readonly PendingOperation[]
  /** Nodes that have not answered the survey. */
  readonly awaited: readonly NodeName[]
  readonly proposal: Proposal | null
  readonly proposalCount: number
  /** Why an assignment is not as configured. */
  readonly reasons: Readonly<Record<AssignmentName, string | null>>
  /** What the steps still to do wait for. */
  readonly waits: readonly string[]
}

export type CrimEvent =
  | { type: 'node.changed'; node: NodeName; availability: NodeAvailability; incarnation: Incarnation; how: string }
  | { type: 'mastership.acquired'; epoch: number; entries: readonly AppliedEntry[] }
  | { type: 'mastership.lost' }
  | { type: 'survey.answered'; node: NodeName; incarnation: Incarnation; statuses: readonly ComponentStatus[] }
  | { type: 'status.reported'; node: NodeName; incarnation: Incarnation; status: ComponentStatus; atMs: number }
  | { type: 'repository.applied'; entries: readonly AppliedEntry[] }
  /** As the repository has it from now on. */
  | { type: 'configuration.changed'; configuration: Configuration }
  | { type: 'proposal.refused'; proposal: number; code: string }
  | { type: 'operation.requested'; id: string; operation: Operation }
  /** A soft reset or a self-test has come to its end. An answer with another token than that of the errand is stale. */
  | { type: 'errand.done'; component: ComponentId; token: Token; detail: string }
  | { type: 'errand.failed'; component: ComponentId; token: Token; code: string; detail: string }

export type CrimEffect =
  | { type: 'survey.request'; nodes: readonly NodeName[]; epoch: number }
  | { type: 'repository.propose'; proposal: number; changes: readonly Change[] }
  | {
      type: 'role.command'
      component: ComponentId
      assignment: AssignmentName
      role: Role
      token: Token
      level: number
      timeLimitMs: number
      peers: readonly Peer[]
      epoch: number
    }
  | {
      type: 'peers.command'
      component: ComponentId
      assignment: AssignmentName
      token: Token
      peers: readonly Peer[]
      epoch: number
    }
  /** Soft reset (SPEC R7): the process that runs there is told to begin anew, and keeps its role. Answered as an errand. */
  | { type: 'reset.command'; component: ComponentId; token: Token; timeLimitMs: number; epoch: number }
  /** Of a component that is offline. Answered as an errand. */
  | { type: 'selfTest.command'; component: ComponentId; token: Token; timeLimitMs: number; epoch: number }
  | { type: 'operation.answer'; id: string; result: OperationResult }

/** The part of the context that a step replaces. */
export type CrimChange = Partial<CrimContext>
