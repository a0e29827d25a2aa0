/** Everything the planner knows. Plain data; the same input gives the same plan. */
import type { Configuration } from '../../model/configuration.ts'
import type { AssignmentName, ComponentId, NodeName } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import type { ComponentStatus, Intent, NodeAvailability } from '../../model/status.ts'
import type { Token } from '../../model/token.ts'

export interface PlanInput {
  readonly configuration: Configuration
  readonly nodes: Readonly<Record<NodeName, NodeAvailability>>
  /** What nodes said last. A component that is missing is unknown: its node has not said yet. */
  readonly statuses: Readonly<Record<ComponentId, ComponentStatus>>
  readonly intents: Readonly<Record<AssignmentName, Intent>>
  /** Commands not yet reflected in a status: what they ask for may be happening. */
  readonly commanded: Readonly<Record<ComponentId, Command>>
  readonly locked: Readonly<Record<ComponentId, true>>
  readonly barred: Readonly<Record<ComponentId, true>>
  /** Nodes that are up and have not yet said what is. */
  readonly awaited: readonly NodeName[]
  /** Switch-overs that an operator asked for: where to, or null for the planner's choice. */
  readonly requests: Readonly<Record<AssignmentName, { readonly to: ComponentId | null }>>
  /** What operators and recovery have set. Left out: nothing. */
  readonly administrative?: Administrative
  /** To be offline for now, and to be what it was again after that: restarted, or about to test itself. By component, not place. */
  readonly withheld?: Readonly<Record<ComponentId, true>>
  /** Assignments that have been without a ready primary for longer than their dependents tolerate: `dependent` by name. */
  readonly lapsed?: Readonly<Record<AssignmentName, true>>
}

/** A command that no status reflects yet. */
export interface Command {
  readonly role: Role
  readonly token: Token
  /** It, or one before it that was not answered either, lets the component act. */
  readonly mayAct: boolean
}

/**
 * `standby`: hosts nothing. `held`: keeps what it has and is given nothing more. `maintenance`: nothing there is touched, and what
 * runs there is taken to run on.
 */
export type NodeState = 'standby' | 'held' | 'maintenance'

export interface Administrative {
  readonly nodes: Readonly<Record<NodeName, NodeState>>
  /** `locked`: not served. */
  readonly assignments: Readonly<Record<AssignmentName, 'locked' | 'maintenance'>>
  readonly components: Readonly<Record<ComponentId, 'maintenance'>>
  /** The whole cluster is in maintenance. */
  readonly isMaintained: boolean
}
