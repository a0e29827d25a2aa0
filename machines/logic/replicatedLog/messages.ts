/** What voters say to each other. Any of it may be lost, doubled, late or out of order. */
import type { NodeName } from '../../model/ids.ts'
import type { Members } from './members.ts'

/** One key of the repository with its new value; null deletes the key. */
export interface Change {
  readonly key: string
  readonly value: unknown
}

/** Holds when the entry that last set the key is at this index of the log; 0: when the key is not there. */
export interface Condition {
  readonly key: string
  readonly index: number
}

/** What an entry does when it is applied: nothing, or all of its changes at once, but only if all of its conditions hold then. */
export type LogCommand =
  | { readonly type: 'noop' }
  | { readonly type: 'set'; readonly entries: readonly Change[]; readonly conditions: readonly Condition[] }
  | MembersCommand

/** Who belongs to the log from this entry on. */
export interface MembersCommand {
  readonly type: 'members'
  readonly members: Members
  /** One of two voters goes on alone, the other being fenced. */
  readonly isForced?: true | undefined
}

/** A place in the log. `{index: 0, epoch: 0}` is before the first entry. */
export interface Position {
  readonly index: number
  readonly epoch: number
}

export interface LogEntry extends Position {
  readonly command: LogCommand
}

/** A leader that gave its lease up asked for the election: what was promised to it binds nobody any more. */
export interface Transfer {
  readonly leader: NodeName
  readonly epoch: number
}

export interface VoteRequest {
  readonly type: 'vote.request'
  /** Only asks how a vote would go; nothing changes at the voter. */
  readonly isPre: boolean
  /** The epoch the sender wants to lead. */
  readonly epoch: number
  /** The end of the sender's log. */
  readonly last: Position
  readonly transfer: Transfer | null
}

/**
 * `promise`: bound to another leader for now, ask again; `epoch`: knows a later one; `log`: has more; `voted`: for another
 * in this epoch, or it has a leader; `stranger`: one of the two has no part in elections.
 */
export type Refusal = 'promise' | 'epoch' | 'log' | 'voted' | 'stranger'

export interface VoteReply {
  readonly type: 'vote.reply'
  readonly isPre: boolean
  /** Of the request. */
  readonly epoch: number
  /** The voter's own, after it decided. */
  readonly voterEpoch: number
  /** null: the vote is given. */
  readonly refusal: Refusal | null
}

export interface AppendRequest {
  readonly type: 'append.request'
  readonly epoch: number
  /** What the entries follow. */
  readonly previous: Position
  readonly entries: readonly LogEntry[]
  readonly commitIndex: number
}

export interface AppendReply {
  readonly type: 'append.reply'
  /** The voter's own. */
  readonly epoch: number
  /** Accepted: the voter's log equals the leader's up to here, durably. Rejected: the index of the request's `previous`. */
  readonly index: number
  /** null: accepted. Otherwise the latest place where the two logs may still agree. */
  readonly hint: Position | null
  /** What the voter knows to be committed. */
  readonly commitIndex: number
}

/** A part of a snapshot, for whoever needs entries that are no longer there. Any part can be asked for again. */
export interface InstallRequest {
  readonly type: 'install.request'
  readonly epoch: number
  /** The last entry that the snapshot stands for. */
  readonly at: Position
  /** In force there. */
  readonly members: Members
  /** Of `bytes` within the snapshot. */
  readonly offset: number
  /** Of the whole; 0 for an arbiter, which keeps no data. */
  readonly totalBytes: number
  readonly bytes: Uint8Array
}

export interface InstallReply {
  readonly type: 'install.reply'
  /** The receiver's own. */
  readonly epoch: number
  /** Of the request. */
  readonly at: Position
  /** The next byte that is wanted; `totalBytes`: it is all there, in force and durable. */
  readonly offset: number
  readonly totalBytes: number
}

/** From a leader that resigns to its successor, whose log is complete: campaign now (Ongaro 2014, §3.10). */
export interface TimeoutNow {
  readonly type: 'transfer.timeoutNow'
  readonly epoch: number
}

export type ConsensusMessage =
  | VoteRequest
  | VoteReply
  | AppendRequest
  | AppendReply
  | InstallRequest
  | InstallReply
  | TimeoutNow
