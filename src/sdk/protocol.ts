/**
 * The words of the SDK protocol, version 3 (docs/sdk-protocol.md): JSON objects, one a line, over the Unix stream socket
 * named by ROLECALL_SOCKET. Plain types, no dependencies: the node and the TypeScript client share them.
 *
 * Both sides ignore fields they don't know, and programs ignore messages they don't know, so that later versions can add.
 */
import type { AssignmentName, ComponentId, Incarnation } from '../../machines/model/ids.ts'
import type { Role } from '../../machines/model/roles.ts'
import type { Peer } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'

/** The highest version spoken here. */
export const protocolVersion = 3

/** From this version on a program can serve several assignments at once: it says for which of them it speaks. */
export const severalAssignmentsVersion = 2

/** From this version on a program can be asked to reset or test itself. */
export const errandsVersion = 2

/** From this version on a program can write records into its node's black box. */
export const recordsVersion = 3

/** JSON text of a record's data, and how deep it may be nested; what is beyond is refused with `too-large`. */
export const recordBytesMax = 4096
export const recordDepthMax = 16

/** What is beyond is refused with `too-many`. */
export const recordRate = { burstCountMax: 200, perSecond: 50 } as const

/** A longer line, its newline included, ends the connection. */
export const lineBytesMax = 1024 * 1024

/** JSON text of a checkpoint's data: what is left of a line for the names around it. */
export const checkpointBytesMax = lineBytesMax - 4096

/** Checkpoints without an answer, in each direction of a connection; one more fails with `overloaded`. */
export const openCheckpointCountMax = 1024

/** Why a checkpoint did not reach a peer's program, or was not taken by it. */
export type CheckpointFailureCode =
  | 'stale-token'
  | 'no-such-peer'
  | 'unreachable'
  | 'refused'
  | 'timed-out'
  | 'overloaded'
  | 'too-large'

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type ProgramMessage =
  | RegisterMessage
  | { readonly type: 'ready'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly detail: string }
  | {
      readonly type: 'health'
      readonly state: 'healthy' | 'failing'
      readonly code?: string | undefined
      readonly detail?: string | undefined
      readonly assignment?: AssignmentName | undefined
    }
  | {
      readonly type: 'error'
      readonly code: string
      readonly detail: string
      /** Of which assignment, where there are several. Left out: it concerns all. */
      readonly assignment?: AssignmentName | undefined
    }
  | {
      readonly type: 'checkpoint'
      /** Chosen by the program; none of those still without an answer. */
      readonly id: number
      /** Must be given where there are several. */
      readonly assignment?: AssignmentName | undefined
      /** Left out: every secondary of the assignment. */
      readonly to?: ComponentId | undefined
      readonly token: Token
      readonly data: Json
    }
  | { readonly type: 'accepted'; readonly id: number }
  | { readonly type: 'refused'; readonly id: number; readonly code: string }
  | LoadMessage
  | AnnounceMessage
  | ProxiedMessage
  | RecordMessage
  /** It wants to be tested. From version 3 on. */
  | { readonly type: 'selfTest.request' }

/** Of a proxy: how a component is that it speaks for. From version 2 on. */
export interface ProxiedMessage {
  readonly type: 'proxied'
  readonly component: ComponentId
  /** `ready`: it can be told roles; `failed`: with a code; `ended`: it does nothing any more. */
  readonly state: 'ready' | 'failed' | 'ended'
  readonly endpoint?: string | undefined
  readonly release?: string | undefined
  readonly code?: string | undefined
  readonly detail?: string | undefined
}

/** What it bears of what it should: 100 is all. From version 2 on. */
export interface LoadMessage {
  readonly type: 'load'
  readonly percent: number
  /** Left out: of all that it serves. */
  readonly assignment?: AssignmentName | undefined
}

/** Of a self-determining component: the role that it has picked. From version 2 on. */
export interface AnnounceMessage {
  readonly type: 'role.announce'
  readonly assignment: AssignmentName
  readonly role: Role
}

/** For the node's black box. From version 3 on. */
export interface RecordMessage {
  readonly type: 'record'
  /** What kind of record it is: a code. */
  readonly name: string
  readonly data?: Json | undefined
  /** Of which assignment, where there are several. */
  readonly assignment?: AssignmentName | undefined
}

export interface RegisterMessage {
  readonly type: 'register'
  /** The highest version the program speaks. */
  readonly protocol: number
  readonly component: ComponentId
  readonly incarnation: Incarnation
  readonly endpoint?: string | null | undefined
  /** Of its software, told to its peers. */
  readonly release?: string | undefined
  readonly properties?: Readonly<Record<string, string>> | undefined
}

export type NodeMessage =
  /** The version both speak: the lower of the two highest. */
  | { readonly type: 'registered'; readonly protocol: number }
  | { readonly type: 'register.refused'; readonly code: RegisterRefusalCode; readonly detail: string }
  | RoleMessage
  | PeersMessage
  | CheckpointMessage
  | { readonly type: 'checkpoint.done'; readonly id: number; readonly to: ComponentId | null }
  | {
      readonly type: 'checkpoint.failed'
      readonly id: number
      readonly to: ComponentId | null
      readonly code: CheckpointFailureCode
      /** With `refused`: the code that the peer's program gave. */
      readonly reason?: string
    }
  | LeaseMessage
  | ErrandMessage
  | ProxiedStartMessage
  | { readonly type: 'stop'; readonly timeLimitMs: number }
  /** So many records, this one the last of them, were not taken. */
  | { readonly type: 'record.refused'; readonly name: string; readonly code: RecordRefusalCode; readonly count: number }
  | { readonly type: 'protocol.error'; readonly code: ProtocolErrorCode; readonly detail: string }

export type RecordRefusalCode = 'too-large' | 'too-many'

export type RegisterRefusalCode = 'not-expected' | 'already-registered' | 'protocol-unsupported'

/** The connection ends after each of these but `unknown-type` and `invalid`. */
export type ProtocolErrorCode =
  | 'not-json'
  | 'line-too-long'
  | 'not-registered'
  | 'unknown-type'
  | 'invalid'
  | 'too-many-errors'

/**
 * Until when the node has the quorum's leave to act: wall time of the machine, milliseconds since 1970; null: for ever. And the same
 * as the machine's uptime, which cannot be set: null where it has none.
 */
export interface LeaseMessage {
  readonly type: 'lease'
  readonly untilUnixMs: number | null
  readonly untilUptimeMs: number | null
}

/**
 * `reset`: begin anew without ending, and keep the roles; `selfTest`: while it has none. Answered as a role command is. From version 2
 * on: no other program is asked.
 */
export interface ErrandMessage {
  readonly type: 'reset' | 'selfTest'
  readonly id: number
  readonly timeLimitMs: number
}

/** To a proxy: speak for this component from now on; answered with `proxied`. */
export interface ProxiedStartMessage {
  readonly type: 'proxied.start'
  readonly component: ComponentId
  readonly assignment: AssignmentName
  readonly timeLimitMs: number
}

export interface RoleMessage {
  readonly type: 'role'
  readonly id: number
  /** To a proxy: of the component that it speaks for. Left out: its own. */
  readonly component?: ComponentId
  readonly assignment: AssignmentName
  readonly role: Role
  readonly level: number
  readonly timeLimitMs: number
  readonly token: Token
  readonly peers: readonly Peer[]
}

export interface PeersMessage {
  readonly type: 'peers'
  /** As in a role command. */
  readonly component?: ComponentId
  readonly assignment: AssignmentName
  readonly token: Token
  readonly peers: readonly Peer[]
}

export interface CheckpointMessage {
  readonly type: 'checkpoint'
  readonly id: number
  /** Given where the program can serve several. */
  readonly assignment?: AssignmentName
  readonly from: ComponentId
  readonly token: Token
  readonly data: Json
}
