/**
 * What the simulator sees of the cluster from outside, with its all-knowing eye: what checkers judge. `atMs` is true time,
 * which no node knows; it never goes back in a stream of observations. All of one instant counts as simultaneous: what ends and what begins
 * in the same millisecond does not overlap.
 */
import type { Role } from '../../machines/model/roles.ts'
import type { Token } from '../../machines/model/token.ts'
import type { Recorded } from './checkers/history.ts'

/** How one node sees the cluster. */
export interface NodeSight {
  readonly node: string
  readonly epoch: number
  readonly master: string | null
  readonly members: readonly string[]
}

/** What one component is doing for its assignment, as its process would say. */
export interface HeldRole {
  readonly node: string
  readonly component: string
  readonly assignment: string
  readonly role: Role
}

export interface SeenPlacement {
  /** Primaries and secondaries, as the plan has them. */
  readonly wanted: readonly HeldRole[]
  /** What the planner would still decide or do. */
  readonly unsettled: readonly string[]
}

export type ObservedEvent =
  /** A node's processes began (a new life), or ended: by a crash, a kill, or an orderly stop. */
  | { readonly type: 'node.started' | 'node.ended'; readonly node: string }
  /** Voted for by a majority: it leads the epoch, and becomes its master when its first entry is committed. */
  | { readonly type: 'leader.elected'; readonly node: string; readonly epoch: number }
  | { readonly type: 'mastership.acquired' | 'mastership.lost'; readonly node: string; readonly epoch: number }
  /** The true instants between which the node would act on its lease as leader. */
  | { readonly type: 'leaderLease.gained' | 'leaderLease.lost'; readonly node: string; readonly epoch: number }
  /** Likewise for its permission to keep exclusive primaries. */
  | { readonly type: 'nodeLease.gained'; readonly node: string }
  /** Again, with a later end, when an echo came that was too late to keep it and tells how long it lasted. */
  | { readonly type: 'nodeLease.lost'; readonly node: string; readonly endedAtMs: number }
  /** The node holds the entry for committed. `hash` is of epoch and command. */
  | {
      readonly type: 'entry.committed'
      readonly node: string
      readonly index: number
      readonly epoch: number
      readonly hash: string
    }
  /** A client was told that its write is committed. `value` null: the key was deleted. */
  | { readonly type: 'write.acknowledged'; readonly key: string; readonly index: number; readonly value: string | null }
  /** A client asks for a key to be deleted, whatever comes of it. */
  | { readonly type: 'deletion.asked'; readonly key: string }
  /** The repository of a node that just began to lead, or of any at the end of the run, applied up to `index`. */
  | {
      readonly type: 'repository.seen'
      readonly node: string
      readonly index: number
      readonly keys: ReadonlyMap<string, { readonly value: string; readonly index: number }>
    }
  /** The component's process took up a role (began to act so), or reached it. */
  | {
      readonly type: 'role.changed'
      readonly node: string
      readonly component: string
      readonly assignment: string
      readonly role: Role
      /** At most one primary at any true instant. */
      readonly isExclusive: boolean
      readonly token: Token
    }
  /** A process of the component began. */
  | {
      readonly type: 'component.started'
      readonly node: string
      readonly component: string
      readonly incarnation: number
    }
  /** A master tells a component, or its place, to be primary: again and again until it hears that it was told. */
  | {
      readonly type: 'primary.commanded'
      readonly component: string
      readonly assignment: string
      /** How many primaries an assignment is to have, as decided at that moment. */
      readonly decidedCount: (assignment: string) => number
    }
  /** The component's process is gone, and every role with it. */
  | { readonly type: 'component.ended'; readonly node: string; readonly component: string }
  /** A master tells a component that has the role which is decided for it, and is well, to take another. */
  | {
      readonly type: 'role.withdrawn'
      readonly component: string
      readonly assignment: string
      readonly from: Role
      readonly to: Role
    }
  /** An operator asked for something that takes these components offline for a while (restart, self-test), and the master took it on. */
  | { readonly type: 'outage.asked'; readonly covers: (component: string) => boolean }
  /** A component took a command, or a resource behind it a write, with this token. */
  | { readonly type: 'token.taken'; readonly holder: string; readonly token: Token }
  /** A client's operation on the repository, when its outcome is known, or at the end of the run. */
  | { readonly type: 'operation.ended'; readonly operation: Recorded }
  | { readonly type: 'fault.began' | 'fault.ended'; readonly fault: string }
  /** No fault is in force from here on, and every node that is to run does. */
  | { readonly type: 'healed'; readonly nodes: readonly string[] }
  /** The cluster has come together. Until it ends nothing happens but that the mastership is handed on. */
  | { readonly type: 'calm.began' | 'calm.ended' }
  /** How things stand, from time to time, and always at the end of the bound on convergence. */
  | {
      readonly type: 'cluster.seen'
      readonly sights: readonly NodeSight[]
      readonly roles: readonly HeldRole[]
      /** Assignments that can have the primaries they require with the nodes that are alive. */
      readonly servable: readonly string[]
      /** What is not as it should be with the members of the log. */
      readonly strangers: readonly string[]
      /** Where everything should be at that moment: it is planned for who asks. */
      readonly placement: () => SeenPlacement
    }
  /** The black boxes of the run, closed, are below this folder. */
  | { readonly type: 'boxes.closed'; readonly directory: string }
  | { readonly type: 'run.ended' }

export type Observation = { readonly atMs: number } & ObservedEvent

export interface Observer {
  observe(observation: Observation): void
}
