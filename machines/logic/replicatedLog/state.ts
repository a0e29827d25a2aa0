/** What one replica knows, as plain data, and the few changes that everything else is made of. */
import type { NodeName } from '../../model/ids.ts'
import { isSamePeer, type Members, type Membership, memberOf, type Peer, quorumMembers } from './members.ts'
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
  /** The other of two voters, known to be fenced: the own vote is enough (`forced.ts`). */
  readonly without: NodeName | null
}

/** A snapshot on its way to a replica, one part at a time. */
export interface Installing {
  readonly at: Position
  /** Everything before this is there. */
  readonly offset: number
}

/** What the leader knows of another replica. Invariant: `0 <= match < next <= lastIndex + 1`. */
export interface Progress {
  /** Known to be durable there. */
  readonly match: number
  /** Next to be sent. Ahead of `match` by what is on its way, unless the leader is still looking for where the logs agree. */
  readonly next: number
  readonly mode: 'probing' | 'replicating' | 'installing'
  /** Not null exactly while installing. */
  readonly installing: Installing | null
  /** The last index of every request with entries that is on its way. Bounded by `inflightCountMax`. */
  readonly inflight: readonly number[]
  /** What it said it knows to be committed. */
  readonly commitIndex: number
  /** What it was last told to be committed, if that arrived. */
  readonly toldCommitIndex: number
  /** Ticks since its last answer, while one is due. */
  readonly silentTickCount: number
}

export interface Leadership {
  /** Of every other member, learners included. */
  readonly progress: Readonly<Record<NodeName, Progress>>
  /** The entry that opened the epoch: mastership begins when it is committed. */
  readonly claimIndex: number
  /** What of the own log is durable: only so much counts towards a majority. */
  readonly durableIndex: number
  /** Resigning in favour of this one: nothing new is proposed. */
  readonly successor: NodeName | null
}

/** A snapshot that arrives, part by part. Forgotten with the epoch: another leader may write the same in other bytes. */
export interface Receiving {
  readonly at: Position
  readonly members: Members
  readonly totalBytes: number
  readonly offset: number
}

export interface ReplicaState extends DurableState {
  readonly self: NodeName
  /** Id of the store here. */
  readonly disk: string
  /**
   * In rising order: the last that is known to be committed, and all in the log after it. The last is in force. Never empty:
   * `{index: 0, members: []}` with an empty log.
   */
  readonly memberships: readonly Membership[]
  /** Of `epoch`, if it is known. */
  readonly leader: NodeName | null
  readonly commitIndex: number
  readonly ballot: Ballot | null
  /** Not null exactly while this replica leads `epoch`. */
  readonly leadership: Leadership | null
  readonly receiving: Receiving | null
}

/** The log as the rules read it; where entries are kept is the shell's business. */
export interface LogReader {
  /** Of the first entry that is kept, or would be: everything before it is in the snapshot. At least 1, at most `lastIndex + 1`. */
  readonly firstIndex: number
  readonly lastIndex: number
  /** Of `firstIndex - 1` too: the snapshot's position; 0 for index 0 as long as that is there. Otherwise null. */
  epochAt(index: number): number | null
  /** Entries from `index` on, as many as fit; at least one if there is one. */
  read(index: number, limit: { bytesMax: number; countMax: number }): readonly LogEntry[]
}

export const noMembership: Membership = { index: 0, members: [], isForced: false }

export function initialState(
  of: DurableState & Pick<ReplicaState, 'self' | 'disk' | 'memberships' | 'commitIndex'>,
): ReplicaState {
  const state = { ...of, leader: null, ballot: null, leadership: null, receiving: null }
  return withCommitIndex(state, of.commitIndex)
}

/** What `initialState` needs: the snapshot's membership (`noMembership` without one), and those in the entries after it. */
export function membershipsIn(base: Membership, entries: readonly LogEntry[]): readonly Membership[] {
  const memberships = [base]
  for (const entry of entries) {
    const membership = membershipOf(entry)
    if (membership) memberships.push(membership)
  }
  return memberships
}

export function membershipOf({ index, command }: LogEntry): Membership | null {
  return command.type === 'members' ? { index, members: command.members, isForced: command.isForced ?? false } : null
}

/** Those in force. */
export function membersOf({ memberships }: Pick<ReplicaState, 'memberships'>): Members {
  return memberships.at(-1)!.members
}

export function selfOf({ self, disk }: Pick<ReplicaState, 'self' | 'disk'>): Peer {
  return { name: self, disk }
}

/** Nobody else can lead, now or as far back as a lease could reach: no promise binds the only voter. */
export function isOnlyVoter(state: ReplicaState): boolean {
  return state.memberships.every(({ members }) => {
    const counting = quorumMembers(members)
    return counting.length === 1 && isSamePeer(counting[0]!, selfOf(state))
  })
}

/**
 * Whom a change that replaces a pair of voters has to wait for, until it is known to be committed: those of the pair that are still
 * members, this replica aside. Without them nothing is committed and nobody elected: one that does not know of the change can go
 * on alone (`forced.ts`), while the other, with the change, would find a majority elsewhere. One that is fenced is not waited for.
 */
export function awaitedOfPair(state: ReplicaState): Members {
  if (state.memberships.length === 1) return []
  const [former, pending] = state.memberships.slice(-2)
  if (former === undefined || pending === undefined || pending.isForced || pending.index <= state.commitIndex) return []
  const pair = quorumMembers(former.members)
  if (pair.length !== 2 || pair.some(({ kind }) => kind !== 'voter')) return []
  return pair.filter((one) => memberOf(pending.members, one) !== null && !isSamePeer(one, selfOf(state)))
}

/** Entries are at the end of the log from now on, in the place of all from the first of them on. */
export function withEntries(state: ReplicaState, entries: readonly LogEntry[]): ReplicaState {
  const first = entries[0]
  if (!first) return state
  const isExtended = state.memberships.at(-1)!.index < first.index
  if (isExtended && !entries.some(({ command }) => command.type === 'members')) return state
  const kept = state.memberships.filter(({ index }) => index < first.index)
  const added = entries.flatMap((entry) => membershipOf(entry) ?? [])
  return { ...state, memberships: [...kept, ...added] }
}

/** More is known to be committed: earlier memberships can't come back. */
export function withCommitIndex(state: ReplicaState, commitIndex: number): ReplicaState {
  const isSettled = state.memberships.length === 1
  const place = isSettled ? 0 : state.memberships.findLastIndex(({ index }) => index <= commitIndex)
  const memberships = place > 0 ? state.memberships.slice(place) : state.memberships
  const receiving = state.receiving !== null && state.receiving.at.index <= commitIndex ? null : state.receiving
  const isSame = commitIndex === state.commitIndex && memberships === state.memberships && receiving === state.receiving
  return isSame ? state : { ...state, commitIndex, memberships, receiving }
}

export function lastPosition(log: LogReader): Position {
  return { index: log.lastIndex, epoch: log.epochAt(log.lastIndex)! }
}

/** A later epoch was seen: the vote is free again, and whoever led or campaigned here no longer does. */
export function raised(state: ReplicaState, epoch: number): ReplicaState {
  return epoch > state.epoch
    ? { ...state, epoch, votedFor: null, leader: null, ballot: null, leadership: null, receiving: null }
    : state
}

/**
 * Whether `leader` can be the leader of `epoch`, as far as is known here: of one epoch there is only one (Raft's election safety).
 * One that is no member here, or was one with another disk, may be: its membership can be in entries that this log lacks, and
 * nobody else would bring them (thesis, §4.1). So may a learner have become a voter; an arbiter never does.
 */
export function isCredible(state: ReplicaState, of: { leader: Peer; epoch: number }): boolean {
  if (of.leader.name === state.self || of.epoch < state.epoch) return false
  if (memberOf(membersOf(state), of.leader)?.kind === 'arbiter') return false
  if (of.epoch > state.epoch) return true
  if (state.leadership !== null) return false
  return state.leader === null || state.leader === of.leader.name
}

export function followed(state: ReplicaState, of: { leader: Peer; epoch: number }): ReplicaState {
  if (!isCredible(state, of)) return state
  const current = raised(state, of.epoch)
  return current.leader === of.leader.name && current.ballot === null
    ? current
    : { ...current, leader: of.leader.name, ballot: null }
}

/** Ends an own leadership. The epoch stays without a leader. */
export function steppedDown(state: ReplicaState): ReplicaState {
  return state.leadership === null ? state : { ...state, leadership: null, leader: null }
}
