/** What the CRIM knows: the configuration, what was decided (from the repository), what is (from the nodes), what is under way. */
import type { Administrative, Command } from '../logic/placement/index.ts'
import type { Times } from '../logic/recovery/window.ts'
import type { Configuration, Recovery } from '../model/configuration.ts'
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
  /** Checked, and under way; else it waits for the decision that is being committed. */
  readonly isBegun: boolean
  /** The repository has what it asked for; should that be changed again, somebody else did it. */
  readonly isDecided: boolean
  /** Where the roles of each assignment go that is handed over. */
  readonly successors: Readonly<Record<AssignmentName, ComponentId>>
  /** What is restarted or tested, with the life it had before. */
  readonly hosts: Readonly<Record<ComponentId, Incarnation>>
}

/** A component that failed, until it is in its role again. */
export interface Recovering {
  /** What was chosen to bring it back; null: what the planner makes of it. */
  readonly recovery: Recovery | null
  /** The life that failed: places of one component fall together, and count once. */
  readonly incarnation: Incarnation
  /** Its role was given to another, or to nobody: should it come back to it, that is no longer what is to be recovered. */
  readonly isRelieved: boolean
}

/** What a component was asked to do beside its role, and has not answered yet. */
export interface Errand {
  readonly kind: 'reset' | 'selfTest'
  readonly token: Token
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

/** Of a component that failed of late, in the repository under `state/failures/<component>`. */
export interface FailureRecord {
  readonly count: number
  readonly isBarred: boolean
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
  readonly failures: Readonly<Record<ComponentId, Times>>
  readonly resets: Readonly<Record<ComponentId, Times>>
  readonly barred: Readonly<Record<ComponentId, true>>
  /** Failures and bars as the repository has them, for a successor. */
  readonly records: Readonly<Record<ComponentId, FailureRecord>>
  readonly recovering: Readonly<Record<ComponentId, Recovering>>
  /** Of each node the components that were barred or failed over there, with the time of the last. */
  readonly nodeFailures: Readonly<Record<NodeName, Readonly<Record<ComponentId, number>>>>
  /** Times at which a node came back. */
  readonly nodeReturns: Readonly<Record<NodeName, Times>>
  /** Nodes that were ordered to be fenced or restarted, in which of their lives. */
  readonly felled: Readonly<Record<NodeName, Incarnation>>
  /** To be offline for now, as the planner has it: restarted, or tested. */
  readonly withheld: Readonly<Record<ComponentId, true>>
  readonly errands: Readonly<Record<ComponentId, Errand>>
  /** Waits that run, and those that are over and still matter (`timers.ts`). */
  readonly timers: Readonly<Record<string, 'running' | 'due'>>
  readonly commanded: Readonly<Record<ComponentId, Command>>
  /** The peers each component was last told of. */
  readonly introduced: Readonly<Record<ComponentId, readonly Peer[]>>
  readonly requests: Readonly<Record<AssignmentName, { readonly to: ComponentId | null }>>
  readonly operations: readonly PendingOperation[]
  /** Nodes that have not answered the survey. */
  readonly awaited: readonly NodeName[]
  /** How often each of them was asked again in vain. */
  readonly unanswered: Readonly<Record<NodeName, number>>
  readonly proposal: Proposal | null
  readonly proposalCount: number
  /** Why an assignment is not as configured. */
  readonly reasons: Readonly<Record<AssignmentName, string | null>>
  /** What the steps still to do wait for. */
  readonly waits: readonly string[]
}

export type CrimEvent =
  | {
      type: 'node.changed'
      node: NodeName
      availability: NodeAvailability
      incarnation: Incarnation
      how: string
      atMs?: number
    }
  | { type: 'mastership.acquired'; epoch: number; entries: readonly AppliedEntry[]; atMs?: number }
  | { type: 'mastership.lost' }
  | { type: 'survey.answered'; node: NodeName; incarnation: Incarnation; statuses: readonly ComponentStatus[] }
  | { type: 'status.reported'; node: NodeName; incarnation: Incarnation; status: ComponentStatus; atMs: number }
  | { type: 'repository.applied'; entries: readonly AppliedEntry[] }
  /** As the repository has it from now on. */
  | { type: 'configuration.changed'; configuration: Configuration }
  | { type: 'proposal.refused'; proposal: number; code: string }
  | { type: 'operation.requested'; id: string; operation: Operation }
  /** From this machine itself: a wait is over (`timers.ts`). */
  | { type: 'timer.elapsed'; timer: string }
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
  /** Its agent is to cut its power: something there does not stop, or it has failed too often. */
  | { type: 'fence.order'; node: NodeName; reason: string }
  /** It has no agent: its guard is to end all that runs there, and begin anew. */
  | { type: 'node.restart'; node: NodeName; incarnation: Incarnation; reason: string; epoch: number }
  | { type: 'operation.answer'; id: string; result: OperationResult }

/** The part of the context that a step replaces. */
export type CrimChange = Partial<CrimContext>
