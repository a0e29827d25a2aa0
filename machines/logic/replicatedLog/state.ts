/** What one replica knows, as plain data, and the few changes that everything else is made of. */
import type { NodeName } from '../../model/ids.ts'
import type { LogEntry, Position, Transfer } from './messages.ts'

/** What must be durable before anything that relies on it is said. */
export interface DurableState {
  readonly epoch: number
  /** For whom this replica voted in `epoch`. */
  readonly votedFor: NodeName | null
}

/** An election of our own. */
export interface Ballot {
  readonly isPre: boolean
  readonly epoch: number
  readonly transfer: Transfer | null
  readonly granted: readonly NodeName[]
  /** Those whose refusal is final. */
  readonly refused: readonly NodeName[]
}

/** What the leader knows of another replica. Invariant: `0 <= match < next <= lastIndex + 1`. */
export interface Progress {
  /** Known to be durable there. */
  readonly match: number
  /** Next to be sent. Ahead of `match` by what is on its way, unless the leader is still looking for where the logs agree. */
  readonly next: number
  readonly isProbing: boolean
  /** What it said it knows to be committed. */
  readonly commitIndex: number
  /** What it was last told to be committed, if that arrived. */
  readonly toldCommitIndex: number
  /** Ticks since its last answer, while one is due. */
  readonly silentTickCount: number
}

export interface Leadership {
  readonly progress: Readonly<Record<NodeName, Progress>>
  /** The no-op that opened the epoch: mastership begins when it is committed. */
  readonly claimIndex: number
  /** What of the own log is durable: only so much counts towards a majority. */
  readonly durableIndex: number
  /** Resigning in favour of this one: nothing new is proposed. */
  readonly successor: NodeName | null
}

export interface ReplicaState extends DurableState {
  readonly self: NodeName
  /** In order of rank. */
  readonly voters: readonly NodeName[]
  /** Of `epoch`, if it is known. */
  readonly leader: NodeName | null
  readonly commitIndex: number
  readonly ballot: Ballot | null
  /** Not null exactly while this replica leads `epoch`. */
  readonly leadership: Leadership | null
}

/** The log as the rules read it; where entries are kept is the shell's business. */
export interface LogReader {
  readonly lastIndex: number
  /** 0 for index 0, null where there is no entry. */
  epochAt(index: number): number | null
  /** Entries from `index` on, as many as fit; at least one if there is one. */
  read(index: number, limit: { bytesMax: number; countMax: number }): readonly LogEntry[]
}

export function initialState(of: DurableState & Pick<ReplicaState, 'self' | 'voters' | 'commitIndex'>): ReplicaState {
  return { ...of, leader: null, ballot: null, leadership: null }
}

export function lastPosition(log: LogReader): Position {
  return { index: log.lastIndex, epoch: log.epochAt(log.lastIndex)! }
}

/** A later epoch was seen: the vote is free again, and whoever led or campaigned here no longer does. */
export function raised(state: ReplicaState, epoch: number): ReplicaState {
  return epoch > state.epoch ? { ...state, epoch, votedFor: null, leader: null, ballot: null, leadership: null } : state
}

/** Whether `leader` can be the leader of `epoch`, as far as is known here: of one epoch there is only one (Raft's election safety). */
export function isCredible(state: ReplicaState, of: { leader: NodeName; epoch: number }): boolean {
  if (!state.voters.includes(of.leader) || of.epoch < state.epoch) return false
  if (of.epoch > state.epoch) return of.leader !== state.self
  return state.leadership === null && of.leader !== state.self && (state.leader ?? of.leader) === of.leader
}

export function followed(state: ReplicaState, of: { leader: NodeName; epoch: number }): ReplicaState {
  if (!isCredible(state, of)) return state
  const current = raised(state, of.epoch)
  return current.leader === of.leader && current.ballot === null
    ? current
    : { ...current, leader: of.leader, ballot: null }
}

/** Ends an own leadership. The epoch stays without a leader. */
export function steppedDown(state: ReplicaState): ReplicaState {
  return state.leadership === null ? state : { ...state, leadership: null, leader: null }
}
