/** The leader's half of replication: claiming, proposing, counting, handing over (Raft §5.3, §5.4.2). */
import type { NodeName } from '../../model/ids.ts'
import { reachedByMajority } from '../quorum.ts'
import { standingOf } from './election.ts'
import { agreementBefore } from './following.ts'
import { membersWithout } from './forced.ts'
import { isLegalChange, isSamePeer, type Members, memberOf, type Peer, quorumMembers } from './members.ts'
import type { AppendReply, LogCommand, LogEntry, Position } from './messages.ts'
import { progressFor, replicatedTo, withLeadership, withProgress } from './progress.ts'
import {
  awaitedOfPair,
  type LogReader,
  membersOf,
  type Progress,
  type ReplicaState,
  raised,
  selfOf,
  withCommitIndex,
  withEntries,
} from './state.ts'

/** More entries than this without a majority behind them are refused: who proposes must wait. */
export const uncommittedCountMax = 1024

/** A new entry at the end of the log: to be put there, sent, and made durable (`ownDurable`). */
export interface Proposed {
  readonly state: ReplicaState
  readonly entry: LogEntry
}

/**
 * The ballot is won: leads its epoch from now on, and opens it with a no-op; one that goes on alone, with the members that say so.
 * Committing that commits everything before it. Null when there is no won ballot for `epoch`: the news is stale.
 */
export function claimed(state: ReplicaState, log: LogReader, epoch: number): Proposed | null {
  const { ballot, self } = state
  if (ballot === null || ballot.isPre || ballot.epoch !== epoch || state.epoch !== epoch || standingOf(state) !== 'won')
    return null
  const claimIndex = log.lastIndex + 1
  const members = membersOf(state)
  const progress = progressFor(self, {}, { before: [], after: members, next: claimIndex })
  const leadership = { progress, claimIndex, durableIndex: log.lastIndex, successor: null }
  const command: LogCommand =
    ballot.without === null
      ? { type: 'noop' }
      : { type: 'members', members: membersWithout(members, ballot.without), isForced: true }
  const entry = { index: claimIndex, epoch, command }
  return { state: withEntries({ ...state, leader: self, ballot: null, leadership }, [entry]), entry }
}

/** Why nothing can be proposed here now, or null. */
export function proposalBar(state: ReplicaState, log: LogReader): 'not-leader' | 'resigning' | 'backlog' | null {
  if (state.leadership === null) return 'not-leader'
  if (state.leadership.successor !== null) return 'resigning'
  return log.lastIndex - state.commitIndex >= uncommittedCountMax ? 'backlog' : null
}

/** The entry that holds `command`. Only where `proposalBar` is null; for members see `changed`. */
export function proposed(
  state: ReplicaState,
  log: LogReader,
  command: Exclude<LogCommand, { type: 'members' }>,
): LogEntry {
  return { index: log.lastIndex + 1, epoch: state.epoch, command }
}

/**
 * Why members can't be changed here now, or null. `pending`: an earlier change is not committed yet; `unopened`: no entry of the own
 * epoch is, so that a change of an earlier leader could still be unknown (the correction to single-server changes, Ongaro 2015).
 */
export function changeBar(
  state: ReplicaState,
  log: LogReader,
): ReturnType<typeof proposalBar> | 'pending' | 'unopened' {
  const bar = proposalBar(state, log)
  if (bar !== null) return bar
  if (state.memberships.at(-1)!.index > state.commitIndex) return 'pending'
  return state.commitIndex < state.leadership!.claimIndex ? 'unopened' : null
}

/** The entry that changes the members, in force at once. Only where `changeBar` is null. Throws for a change that isn't legal. */
export function changed(state: ReplicaState, log: LogReader, members: Members): Proposed {
  const before = membersOf(state)
  if (changeBar(state, log) !== null || !isLegalChange(before, members))
    throw new Error('no such change of members now')
  const entry: LogEntry = { index: log.lastIndex + 1, epoch: state.epoch, command: { type: 'members', members } }
  const known = state.leadership!.progress
  const progress = progressFor(state.self, known, { before, after: members, next: entry.index })
  return { state: withLeadership(withEntries(state, [entry]), { progress }), entry }
}

/** This leader counts no more, and that is committed: it has to hand over. */
export function isDeposed(state: ReplicaState): boolean {
  if (state.leadership === null || state.memberships.at(-1)!.index > state.commitIndex) return false
  return memberOf(membersOf(state), selfOf(state))?.kind !== 'voter'
}

/** Members of any kind that have confirmed everything up to `index`, this leader included. */
export function caughtUpNames(state: ReplicaState, index: number): readonly NodeName[] {
  const progress = Object.entries(state.leadership?.progress ?? {})
  const others = progress.filter(([, each]) => isCaughtUp(each, index))
  return [state.self, ...others.map(([name]) => name)]
}

function isCaughtUp(progress: Progress | undefined, index: number): boolean {
  return progress?.mode === 'replicating' && progress.match >= index
}

/** The preferred successor: the first in rank of the voters that are alive and have everything up to `index`. */
export function viceOf(
  state: ReplicaState,
  { alive, index }: { alive: readonly NodeName[]; index: number },
): NodeName | null {
  const isReady = (name: NodeName) => alive.includes(name) && isCaughtUp(state.leadership?.progress[name], index)
  const vice = membersOf(state).find(({ name, kind }) => kind === 'voter' && name !== state.self && isReady(name))
  return vice?.name ?? null
}

/** The own log is durable up to here. */
export function ownDurable(state: ReplicaState, log: LogReader, durableIndex: number): ReplicaState {
  return state.leadership === null ? state : counted(withLeadership(state, { durableIndex }), log)
}

/** Takes a reply: moves the replica's progress, and commits what a majority now has. */
export function considerAppendReply(
  state: ReplicaState,
  log: LogReader,
  { from, reply }: { from: Peer; reply: AppendReply },
): { state: ReplicaState; isRejected: boolean } {
  if (memberOf(membersOf(state), from) === null) return { state, isRejected: false }
  if (reply.epoch > state.epoch) return { state: raised(state, reply.epoch), isRejected: false }
  const progress = state.leadership?.progress[from.name]
  if (!progress || reply.epoch < state.epoch || reply.index > log.lastIndex) return { state, isRejected: false }
  if (reply.hint === null) {
    // What another knows to be committed is, as far as its log is ours: it may remember what everybody else forgot in a restart.
    const commitIndex = Math.max(state.commitIndex, Math.min(reply.commitIndex, reply.index))
    const known = withCommitIndex(accepted(state, log, { from: from.name, reply }), commitIndex)
    return { state: counted(known, log), isRejected: false }
  }
  const rejected = afterRejection(progress, { index: reply.index, agreed: agreedWith(log, reply.hint) })
  return rejected === null
    ? { state, isRejected: false }
    : { state: withProgress(state, from.name, { ...rejected, inflight: [], silentTickCount: 0 }), isRejected: true }
}

/** Where a log that has `hint` may agree with ours: before our first entry, if need be, where only a snapshot helps. */
function agreedWith(log: LogReader, hint: Position): number {
  const start = log.firstIndex - 1
  if (hint.index < start) return hint.index
  const agreed = agreementBefore(log, hint)
  return agreed.epoch > hint.epoch ? start - 1 : agreed.index
}

/**
 * Where to look next; null for a rejection of something that was accepted since. While probing, the answer to the very probe is
 * believed even below `match`: the voter lost its log. (Believing too little costs time; what is committed stays so.)
 */
function afterRejection(
  { match, next, mode }: Progress,
  { index, agreed }: { index: number; agreed: number },
): Pick<Progress, 'match' | 'next' | 'mode'> | null {
  if (mode === 'installing') return null
  const isProbing = mode === 'probing'
  if (isProbing ? index !== next - 1 || index === 0 : index <= match) return null
  const lower = Math.min(index, agreed + 1)
  return isProbing
    ? { match: Math.min(match, lower - 1), next: lower, mode }
    : { match, next: Math.max(match + 1, lower), mode: 'probing' }
}

function accepted(
  state: ReplicaState,
  log: LogReader,
  { from, reply }: { from: NodeName; reply: AppendReply },
): ReplicaState {
  const progress = state.leadership!.progress[from]!
  const commitIndex = Math.max(progress.commitIndex, reply.commitIndex)
  // An old answer doesn't end the sending of a snapshot: what follows it is not there any more.
  if (progress.mode === 'installing' && reply.index < log.firstIndex - 1)
    return withProgress(state, from, { commitIndex, silentTickCount: 0 })
  return withProgress(state, from, { ...replicatedTo(progress, reply.index), commitIndex })
}

/**
 * Commits what a majority has made durable, if it is of the own epoch: an entry of an earlier one may yet be replaced however
 * many have it, and is committed only by what follows it (Raft §5.4.2, figure 8).
 */
export function counted(state: ReplicaState, log: LogReader): ReplicaState {
  const { durableIndex, progress } = state.leadership!
  const self = selfOf(state)
  const matches = quorumMembers(membersOf(state)).map((member) =>
    isSamePeer(member, self) ? durableIndex : (progress[member.name]?.match ?? 0),
  )
  const reached = Math.min(reachedByMajority(matches), reachedByPair(state))
  const isCommitted = reached > state.commitIndex && log.epochAt(reached) === state.epoch
  return isCommitted ? withCommitIndex(state, reached) : state
}

/** How far a change that replaces a pair lets us commit: no further than both have the log, until both have the change. */
function reachedByPair(state: ReplicaState): number {
  const { progress } = state.leadership!
  const reached = Math.min(...awaitedOfPair(state).map(({ name }) => progress[name]?.match ?? 0))
  return reached >= state.memberships.at(-1)!.index ? Number.POSITIVE_INFINITY : reached
}

/** Starts to hand over: nothing more is proposed. Null when we don't lead or `successor` is no other voter. */
export function resigning(state: ReplicaState, successor: NodeName): ReplicaState | null {
  const isVoter = membersOf(state).some(({ name, kind }) => name === successor && kind === 'voter')
  return isVoter && state.leadership?.progress[successor] ? withLeadership(state, { successor }) : null
}

/** Whether the successor has the whole log, and so can be told to campaign. */
export function isSuccessorReady(state: ReplicaState, log: LogReader): boolean {
  const { successor, progress } = state.leadership ?? { successor: null, progress: {} }
  return successor !== null && progress[successor]?.match === log.lastIndex
}
