/** What operators and clients see of the cluster: assembled by the node that is asked, from its own sight and the master's last word. */
import type { AssignmentName, ComponentId, Incarnation, NodeName } from './ids.ts'
import type { Role } from './roles.ts'
import type { Failure, NodeAvailability, Phase } from './status.ts'

export interface ClusterView {
  readonly cluster: string
  /** The node that answers. */
  readonly node: NodeName
  readonly epoch: number
  readonly master: NodeName | null
  readonly vice: NodeName | null
  /** Which all members understand, as far as they were heard (`logic/protocol.ts`). */
  readonly protocol: number
  readonly quorum: QuorumView
  readonly nodes: readonly NodeView[]
  /** null: none is configured. */
  readonly arbiter: ArbiterView | null
  readonly assignments: readonly AssignmentView[]
  readonly components: readonly ComponentView[]
  /** The whole cluster is in maintenance. */
  readonly isMaintained?: true
  /** Worst first. Empty: nothing is wrong. */
  readonly problems: readonly Problem[]
}

export interface QuorumView {
  readonly isQuorate: boolean
  readonly voterCount: number
  readonly aliveVoterCount: number
  readonly neededCount: number
}

export interface NodeView {
  readonly name: NodeName
  readonly availability: NodeAvailability
  /** What an operator or recovery has set of it. Left out: nothing. */
  readonly state?: 'standby' | 'held' | 'maintenance'
  readonly incarnation: Incarnation
  readonly mastership: 'master' | 'vice' | 'member'
  /** In the replicated log: its vote counts; it only follows; or it is no member (yet). */
  readonly vote: 'voter' | 'learner' | 'none'
  readonly rank: number
  /** What its release understands, `1-2`; null: it has not said. */
  readonly protocols: string | null
  readonly links: readonly LinkView[]
}

/** The process that only votes. */
export interface ArbiterView {
  readonly name: NodeName
  readonly isAlive: boolean
  readonly links: readonly LinkView[]
}

export interface LinkView {
  /** `127.0.0.1:7101` */
  readonly address: string
  readonly isUp: boolean
}

export interface AssignmentView {
  readonly name: AssignmentName
  readonly redundancy: string
  /** served: as configured; degraded: has its primary but not its redundancy; unserved: no primary is ready, or fewer than it needs. */
  readonly health: 'served' | 'degraded' | 'unserved'
  readonly primary: ComponentId | null
  readonly endpoint: string | null
  /** Of one that may have several at once: all that are ready, the first of which is `primary`. */
  readonly primaries?: readonly ComponentId[]
  readonly secondaries: readonly ComponentId[]
  readonly spares: readonly ComponentId[]
  /** Why it is not as configured; null when it is. */
  readonly reason: string | null
  /** What an operator has set of it. Left out: nothing. */
  readonly state?: 'locked' | 'maintenance'
}

export interface ComponentView {
  readonly component: ComponentId
  readonly type: string
  readonly assignment: AssignmentName | null
  /** What it is. `unknown` while its node has not said. */
  readonly role: Role | 'unknown'
  readonly phase: Phase | 'unknown'
  /** What it should be. */
  readonly intendedRole: Role
  readonly incarnation: Incarnation
  readonly isLocked: boolean
  /** Failed too often: not used until it is unlocked. */
  readonly isBarred: boolean
  /** The component itself is in maintenance, whatever its node or the cluster is. */
  readonly isMaintained?: true
  readonly failure: Failure | null
  readonly endpoint: string | null
}

export interface Problem {
  readonly severity: 'critical' | 'warning'
  /** Stable: `quorum.lost`, `assignment.unserved`, `assignment.degraded`, `component.failed`, `component.barred`, `component.locked`, `node.unreachable`, `link.down`, … */
  readonly code: string
  /** What it concerns: a node, component or assignment. */
  readonly subject: string
  readonly text: string
  /** A command that helps, where there is one. */
  readonly next: string | null
}
