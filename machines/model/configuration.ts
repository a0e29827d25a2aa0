/**
 * The configuration of a cluster as the machines see it: validated, with every default filled in. The file's schema,
 * with its documentation, is `src/configuration/schema.ts`; all durations are milliseconds.
 */
import type { AssignmentName, NodeName } from './ids.ts'
import type { GroupConfiguration, Relationship } from './relationships.ts'
import type { Role } from './roles.ts'

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
  /** Never told to machines. Left out: as the file's defaults have it. */
  readonly http?: HttpConfiguration
  /** Left out: there is none. */
  readonly log?: ClusterLogConfiguration
  readonly nodes: Readonly<Record<NodeName, NodeConfiguration>>
  /** Votes and does nothing else; null: there is none. */
  readonly arbiter?: ArbiterConfiguration | null
  readonly types: Readonly<Record<string, ComponentType>>
  readonly components: Readonly<Record<string, ComponentConfiguration>>
  readonly assignments: Readonly<Record<AssignmentName, AssignmentConfiguration>>
  readonly relationships?: Readonly<Record<string, Relationship>>
  readonly groups?: Readonly<Record<string, GroupConfiguration>>
  /** Software release domains (SPEC R12). */
  readonly releases?: ReleaseConfiguration
  /** Of the whole cluster; left out: `defaultNodeRecovery` (recovery.ts). */
  readonly recovery?: NodeRecoveryPolicy
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
  /** What it has of each resource, whole numbers. Of a resource that is not named it has nothing. */
  readonly capacity?: Resources
  /** Where it stands, from the outside in: `{ site: 'east', shelf: 'a' }`. The level `node` is its own name. */
  readonly containment?: Readonly<Record<string, string>>
  /** Its software release domain. */
  readonly release?: string
}

/** Whole numbers, by the name of the resource: `{ memory: 16, cpu: 8 }`. */
export type Resources = Readonly<Record<string, number>>

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

/** The HTTP interface and the console (docs/http.md). */
export interface HttpConfiguration {
  readonly isEnabled: boolean
  /** Whether the address was asked for: then it is a problem when it cannot be had. */
  readonly isAsked: boolean
  readonly listen: LinkAddress
  /** Of nodes that listen elsewhere. */
  readonly nodes: Readonly<Record<NodeName, LinkAddress>>
  /** null: one is made in the node's state directory. */
  readonly tokenFile: string | null
  /** SHA-256 of tokens, in hex. */
  readonly tokenDigests: readonly string[]
  readonly tls: { readonly certificate: string; readonly key: string } | null
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
  /** null: full detail, whatever it costs. */
  readonly budget: RecorderBudget | null
  readonly flush: 'never' | 'incident' | 'interval'
  readonly flushIntervalMs: number
}

export interface RecorderBudget {
  /** Of one core. */
  readonly cpuPercent: number
  readonly bytesPerSecond: number
}

/** The cluster log (SPEC P8). */
export interface ClusterLogConfiguration {
  readonly isEnabled: boolean
  /** So many nodes keep all of it; null: all that are eligible. */
  readonly copies: number | null
  readonly spoolSizeBytes: number
  readonly spoolAgeMs: number
  /** A directory or a URL; null: nothing is archived. */
  readonly archive: string | null
  readonly archiveTokenFile: string | null
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

export type HookName =
  | 'onPrimary'
  | 'onSecondary'
  | 'onSpare'
  | 'onQuiescing'
  | 'onOffline'
  | 'onPeers'
  | 'onReset'
  | 'onSelfTest'

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

/**
 * Component type information (SPEC C6). What is optional here has the meaning of a plain component: one assignment at a time, every
 * role, told by its node what to be.
 */
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
  /** Its class (SPEC C2), for people and for operations on many: `application`. */
  readonly class?: string
  /** The roles it can take, beside offline and quiescing. Left out: spare, secondary and primary. */
  readonly roles?: readonly Exclude<Role, 'offline' | 'quiescing'>[]
  /** How many assignments one component serves at once. Left out: one. See `isShared` (capabilities.ts). */
  readonly serves?: ServingLimits
  /** It picks its own role and says so; the CRIM plans around it (SPEC C4). */
  readonly selfDetermining?: boolean
}

/** Limits of one component (an instance on a node). */
export interface ServingLimits {
  readonly primaryCountMax: number
  readonly secondaryCountMax: number
  /** Whether it may be primary for one while it is secondary for another (N-way); if not, it is one or the other (N+M). */
  readonly isMixed: boolean
}

/** Rungs of recovery (SPEC R7), least radical first. */
export const recoveries = ['reset', 'restart', 'failover', 'switchover', 'nodeSwitchover', 'nodeFailover'] as const

export type Recovery = (typeof recoveries)[number]

export interface RecoveryPolicy {
  /** So many restarts in place within the window; one more failure bars the component from its node until it is unlocked. */
  readonly restartLimit: number
  readonly restartWindowMs: number
  /** The first answer to a failure. Left out: `failover` where a hot standby is in step, else `restart`. */
  readonly first?: Recovery
  /** The first answer to a failure with this code, before `first`: `{ 'probe.failed': 'reset' }`. */
  readonly byCode?: Readonly<Record<string, Recovery>>
  /** Soft resets within the window before the next rung. Left out: 1. */
  readonly resetLimit?: number
  /** A component that failed too often is used again after this long. Left out: only when it is unlocked. */
  readonly barredForMs?: number
}

/** Recovery beyond one component (SPEC R7). */
export interface NodeRecoveryPolicy {
  /** So many components barred or failed over on one node within the window; one more and its node is switched over. */
  readonly failureLimit: number
  readonly failureWindowMs: number
  /** So many components recover at once in the whole cluster; others wait, the more important first. */
  readonly concurrentMax: number
  /** A node that came back so often within the window is held down: nothing new is placed there for `holdDownMs`. */
  readonly flapLimit: number
  readonly flapWindowMs: number
  readonly holdDownMs: number
}

export interface ReleaseConfiguration {
  /** Pairs of releases whose components cannot be primary and secondary of one assignment. */
  readonly incompatible: readonly (readonly [string, string])[]
}

export interface ComponentConfiguration {
  readonly type: string
  /** The nodes that have an instance, preferred first. */
  readonly nodes: readonly NodeName[]
  /** What differs per node. */
  readonly instances: Readonly<Record<NodeName, ComponentInstance>>
  /** The component that speaks for it (SPEC C4): of a proxied component. An instance of it must serve for this one to be used. */
  readonly proxy?: string
}

export interface ComponentInstance {
  readonly environment: Readonly<Record<string, string>>
  /** Where clients reach it, as `where` prints it. An aware program can give its own when it registers. */
  readonly endpoint: string | null
}

/** Redundancy models (SPEC R3): names for numbers (`redundancy.ts`). */
export const redundancies = ['none', '2N', 'N+M', 'N-way', 'load-sharing'] as const

export type Redundancy = (typeof redundancies)[number]

/** What becomes of an assignment on a node that lost the quorum. `freeze` and `ignore` are for what is not exclusive. */
export type WithoutQuorum = 'stop' | 'demote' | 'freeze' | 'ignore'

/** Two that act where one should: `stopExtra` keeps the intended one; `stopAll` stops all of them, then starts one. */
export type ActiveTwice = 'stopExtra' | 'stopAll'

/** A number is a wish, and its weight: higher is better, below zero: rather not. */
export type Wish = number | 'required' | 'forbidden'

export interface AssignmentConfiguration {
  /** The component whose instances may serve it. */
  readonly component: string
  readonly redundancy: Redundancy
  /** Left out: as the model has it (`redundancy.ts`). */
  readonly primaries?: Wanted
  readonly secondaries?: Wanted
  /** Higher is more important, and displaces what is less when there is not room for both. Left out: 0. */
  readonly priority?: number
  /** What a primary of it takes of its node's capacity, and a secondary. Left out: nothing. */
  readonly weights?: { readonly primary: Resources; readonly secondary: Resources }
  /** Wishes for nodes. `required` of any: on no other. */
  readonly wishes?: Readonly<Record<NodeName, Wish>>
  /** `ranked`: on the first of the component's nodes that can; `equal`: spread evenly. Left out: as the model has it. */
  readonly distribution?: 'ranked' | 'equal'
  /** Moves back to where it would rather be as soon as it can (auto-adjust). Left out: it stays. */
  readonly failBack?: boolean
  /** Room is kept for it on the other nodes, should the one that hurts most fail. Left out: false. */
  readonly reserve?: boolean
  /** Left out: `stop` if exclusive, else `ignore`. */
  readonly withoutQuorum?: WithoutQuorum
  /** Left out: `stopExtra`. */
  readonly activeTwice?: ActiveTwice
}

/** `required`: fewer is a loss of service; `preferred`: as many as there is room for, up to this. 1 ≤ required ≤ preferred for primaries. */
export interface Wanted {
  readonly required: number
  readonly preferred: number
}
