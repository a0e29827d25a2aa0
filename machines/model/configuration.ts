/**
 * The configuration of a cluster as the machines see it: validated, with every default filled in. The file's schema,
 * with its documentation, is `src/configuration/schema.ts`; all durations are milliseconds.
 */
import type { AssignmentName, NodeName } from './ids.ts'

export interface Configuration {
  readonly cluster: string
  /** Shared by all nodes; datagrams are sealed with a key derived from it. `null`: derived from the cluster's name (integrity only). */
  readonly secret: string | null
  /** Where logs, epochs, votes and black boxes are kept; each node uses a folder of its own name below it. */
  readonly stateDirectory: string
  /** Where sockets are kept. Each node uses a folder of its own name below it. */
  readonly runtimeDirectory: string
  readonly timing: Timing
  readonly guard: GuardConfiguration
  /** null: the machine has none, or it is not ours to feed. */
  readonly watchdog: WatchdogConfiguration | null
  readonly recorder: RecorderConfiguration
  readonly nodes: Readonly<Record<NodeName, NodeConfiguration>>
  /** Votes and does nothing else; null: there is none. */
  readonly arbiter?: ArbiterConfiguration | null
  readonly types: Readonly<Record<string, ComponentType>>
  readonly components: Readonly<Record<string, ComponentConfiguration>>
  readonly assignments: Readonly<Record<AssignmentName, AssignmentConfiguration>>
}

export interface NodeConfiguration {
  /** One address a link, in the same order on every node: UDP for messages, TCP for liveness; heartbeats use UDP at the port after it. */
  readonly links: readonly LinkAddress[]
  /** Lower is preferred, as vice and as a place for primaries. Default: its place in the file. */
  readonly rank: number
  /** Whether it votes and can be master. Left out: it does. */
  readonly isEligible?: boolean
  /** How others cut its power; without it only time, evidence or an operator proves its end. */
  readonly fence?: FenceConfiguration
}

export interface ArbiterConfiguration {
  readonly name: NodeName
  /** As of a node. */
  readonly links: readonly LinkAddress[]
}

/** How a node is fenced, by others (docs/fencing.md). */
export interface FenceConfiguration {
  /** `agent`: options on its standard input, as Debian's fence-agents take them; `command`: the action as last argument. */
  readonly kind: 'agent' | 'command'
  readonly command: readonly string[]
  readonly options: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Attempts after the first. */
  readonly retryCountMax: number
  /** null: as the rank has it, in a cluster of two voters; none in others. */
  readonly delayMs: number | null
}

export interface LinkAddress {
  readonly host: string
  readonly port: number
}

export interface GuardConfiguration {
  /** Heartbeats run at real-time priority, where that is permitted. */
  readonly realtime: boolean
}

export interface WatchdogConfiguration {
  readonly device: string
  readonly timeoutMs: number
}

export interface RecorderConfiguration {
  readonly segmentSizeBytes: number
  readonly segmentCountMax: number
}

/** See DESIGN §3 for what each of these is for. */
export interface Timing {
  readonly heartbeatIntervalMs: number
  /** Silence on every link for this long makes a peer suspect. */
  readonly suspectAfterMs: number
  /** A suspicion is confirmed this long after, unless another peer still hears the suspect. */
  readonly confirmAfterMs: number
  /** A voter that heard the master promises no vote for this long. */
  readonly leaderLeaseMs: number
  /** How long a node may keep its primaries without hearing a master that holds a quorum. */
  readonly nodeLeaseMs: number
  /** A node whose lease ended has stopped its exclusive primaries this long after. */
  readonly selfStopMs: number
  /** Added before another node takes over from an unreachable one: clock drift and late wake-ups. */
  readonly takeOverMarginMs: number
  readonly electionTimeoutMs: number
  /** Between the evidence that a node's processes ended and acting on it. */
  readonly endedGraceMs: number
  /** Guard and node process take each other for hung after silence this long. */
  readonly hungAfterMs: number
  /** A new master waits at most this long for the nodes to say what is. */
  readonly surveyTimeoutMs: number
}

export type Standby = 'hot' | 'warm' | 'cold'

export type HookName = 'onPrimary' | 'onSecondary' | 'onSpare' | 'onQuiescing' | 'onOffline' | 'onPeers'

export type ProbeTarget =
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

export type Probe = ProbeTarget & {
  readonly intervalMs: number
  readonly timeoutMs: number
  /** This many failures in a row are an error report. */
  readonly failuresMax: number
}

/** Component type information (SPEC C6). */
export interface ComponentType {
  readonly agent: 'process'
  /** Whether the program speaks the SDK protocol; if not, roles reach it as hooks only. */
  readonly aware: boolean
  /**
   * hot: runs in every role but offline, a ready secondary has the primary's state; warm: runs as secondary and primary;
   * cold: runs only where it is primary.
   */
  readonly standby: Standby
  /** Two primaries at once would do harm. `false`: what it acts on checks the token itself, so a take-over needs no wait. */
  readonly exclusive: boolean
  readonly command: readonly string[]
  readonly workingDirectory: string | null
  readonly environment: Readonly<Record<string, string>>
  readonly startTimeoutMs: number
  readonly stopSignal: string
  readonly stopTimeoutMs: number
  /** Time limit of one role command, hook or callback. */
  readonly roleTimeoutMs: number
  readonly probe: Probe | null
  readonly hooks: Readonly<Partial<Record<HookName, readonly string[]>>>
  readonly recovery: RecoveryPolicy
}

export interface RecoveryPolicy {
  /** So many restarts in place within the window; one more failure bars the component from its node until it is unlocked. */
  readonly restartLimit: number
  readonly restartWindowMs: number
}

export interface ComponentConfiguration {
  readonly type: string
  /** The nodes that have an instance, preferred first. */
  readonly nodes: readonly NodeName[]
  /** What differs per node. */
  readonly instances: Readonly<Record<NodeName, ComponentInstance>>
}

export interface ComponentInstance {
  readonly environment: Readonly<Record<string, string>>
  /** Where clients reach it, as `where` prints it. An aware program can give its own when it registers. */
  readonly endpoint: string | null
}

export type Redundancy = '2N' | 'none'

export interface AssignmentConfiguration {
  /** The component whose instances may serve it. */
  readonly component: string
  readonly redundancy: Redundancy
}
