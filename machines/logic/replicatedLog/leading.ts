/** The leader's half of replication: claiming, proposing, sending, counting (Raft §5.3, §5.4.2). */
import type { NodeName } from '../../model/ids.ts'
import { reachedByMajority } from '../quorum.ts'
import { standingOf } from './election.ts'
import { agreementBefore } from './following.ts'
import type { AppendReply, AppendRequest, LogCommand, LogEntry } from './messages.ts'
import { type Leadership, type LogReader, type Progress, type ReplicaState, raised } from './state.ts'

/** More entries than this without a majority behind them are refused: who proposes must wait. */
export const uncommittedCountMax = 1024

/** Of one request. With what is around the entries it stays below 48 KiB; one entry of 32 KiB always fits. */
const appendLimit = { bytesMax: 46 * 1024, countMax: 512 }

/** A new entry at the end of the log: to be put there, sent, and made durable (`ownDurable`). */
export interface Proposed {
  readonly state: ReplicaState
  readonly entry: LogEntry
}

/**
 * The ballot is won: leads its epoch from now on, and opens it with a no-op. Committing that commits everything before it.
 * Null when there is no won ballot for `epoch`: the news is stale.
 */
export function claimed(state: ReplicaState, log: LogReader, epoch: number): Proposed | null {
  const { ballot } = state
  if (ballot === null || ballot.isPre || ballot.epoch !== epoch || state.epoch !== epoch || standingOf(state) !== 'won')
    return null
  const claimIndex = log.lastIndex + 1
  const unknown: Progress = {
    match: 0,
    next: claimIndex,
    isProbing: true,
    commitIndex: 0,
    toldCommitIndex: 0,
    silentTickCount: 0,
  }
  const progress = Object.fromEntries(
    state.voters.filter((voter) => voter !== state.self).map((voter) => [voter, unknown]),
  )
  const leadership = { progress, claimIndex, durableIndex: log.lastIndex, successor: null }
  return {
    state: { ...state, leader: state.self, ballot: null, leadership },
    entry: { index: claimIndex, epoch, command: { type: 'noop' } },
  }
}

/** Why nothing can be proposed here now, or null. */
export function proposalBar(state: ReplicaState, log: LogReader): 'not-leader' | 'resigning' | 'backlog' | null {
  if (state.leadership === null) return 'not-leader'
  if (state.leadership.successor !== null) return 'resigning'
  return log.lastIndex - state.commitIndex >= uncommittedCountMax ? 'backlog' : null
}

/** The entry that holds `command`. Only where `proposalBar` is null. */
export function proposed(state: ReplicaState, log: LogReader, command: LogCommand): LogEntry {
  return { index: log.lastIndex + 1, epoch: state.epoch, command }
}

/** The own log is durable up to here. */
export function ownDurable(state: ReplicaState, log: LogReader, durableIndex: number): ReplicaState {
  return state.leadership === null ? state : counted(withLeadership(state, { durableIndex }), log)
}

/** The next request for a voter. Empty ones find out where a silent voter stands, and tell what is committed. */
export function appendFor(
  state: ReplicaState,
  log: LogReader,
  { to, isEmpty }: { to: NodeName; isEmpty: boolean },
): { state: ReplicaState; request: AppendRequest } {
  const progress = state.leadership!.progress[to]!
  const previous = { index: progress.next - 1, epoch: log.epochAt(progress.next - 1)! }
  const entries = isEmpty ? [] : log.read(progress.next, appendLimit)
  const { epoch, commitIndex } = state
  const next = progress.isProbing ? progress.next : progress.next + entries.length
  return {
    state: withProgress(state, to, { next, toldCommitIndex: commitIndex }),
    request: { type: 'append.request', epoch, previous, entries, commitIndex },
  }
}

/** Whether there is something new for this voter, and it is known where to go on. A voter that is being probed is waited for. */
export function isSendable(state: ReplicaState, log: LogReader, to: NodeName): boolean {
  const progress = state.leadership?.progress[to]
  if (progress === undefined || progress.isProbing) return false
  return progress.next <= log.lastIndex || progress.toldCommitIndex < state.commitIndex
}

/** Takes a reply: moves the voter's progress, and commits what a majority now has. */
export function considerAppendReply(
  state: ReplicaState,
  log: LogReader,
  { from, reply }: { from: NodeName; reply: AppendReply },
): { state: ReplicaState; isRejected: boolean } {
  if (!state.voters.includes(from)) return { state, isRejected: false }
  if (reply.epoch > state.epoch) return { state: raised(state, reply.epoch), isRejected: false }
  const progress = state.leadership?.progress[from]
  if (!progress || reply.epoch < state.epoch || reply.index > log.lastIndex) return { state, isRejected: false }
  if (reply.hint === null) return { state: counted(accepted(state, from, reply), log), isRejected: false }
  const rejected = afterRejection(progress, { index: reply.index, agreed: agreementBefore(log, reply.hint).index })
  return rejected === null
    ? { state, isRejected: false }
    : { state: withProgress(state, from, { ...rejected, silentTickCount: 0 }), isRejected: true }
}

/**
 * Where to look next; null for a rejection of something that was accepted since. While probing, the answer to the very probe is
 * believed even below `match`: the voter lost its log. (Believing too little costs time; what is committed stays so.)
 */
function afterRejection(
  { match, next, isProbing }: Progress,
  { index, agreed }: { index: number; agreed: number },
): Pick<Progress, 'match' | 'next' | 'isProbing'> | null {
  if (isProbing ? index !== next - 1 || index === 0 : index <= match) return null
  const lower = Math.min(index, agreed + 1)
  return isProbing
    ? { match: Math.min(match, lower - 1), next: lower, isProbing }
    : { match, next: Math.max(match + 1, lower), isProbing: true }
}

function accepted(state: ReplicaState, from: NodeName, reply: AppendReply): ReplicaState {
  const progress = state.leadership!.progress[from]!
  const match = Math.max(progress.match, reply.index)
  const next = Math.max(progress.isProbing ? match + 1 : progress.next, match + 1)
  const commitIndex = Math.max(progress.commitIndex, reply.commitIndex)
  return withProgress(state, from, { match, next, isProbing: false, commitIndex, silentTickCount: 0 })
}

/**
 * Commits what a majority has made durable, if it is of the own epoch: an entry of an earlier one may yet be replaced however
 * many have it, and is committed only by what follows it (Raft §5.4.2, figure 8).
 */
function counted(state: ReplicaState, log: LogReader): ReplicaState {
  const { progress, durableIndex } = state.leadership!
  const reached = reachedByMajority(
    state.voters.map((voter) => (voter === state.self ? durableIndex : progress[voter]!.match)),
  )
  const isCommitted = reached > state.commitIndex && log.epochAt(reached) === state.epoch
  return isCommitted ? { ...state, commitIndex: reached } : state
}

/** A tick without an answer where one is due: what was sent may be lost, and is sent again from the last that is known to be there. */
export function ticked(
  state: ReplicaState,
  log: LogReader,
): { state: ReplicaState; due: readonly { to: NodeName; isEmpty: boolean }[] } {
  let next = state
  const due: { to: NodeName; isEmpty: boolean }[] = []
  for (const [to, progress] of Object.entries(state.leadership?.progress ?? {})) {
    if (progress.match === log.lastIndex && progress.commitIndex === state.commitIndex) continue
    const silentTickCount = progress.silentTickCount + 1
    next = withProgress(next, to, { silentTickCount })
    // Younger than a whole tick: probably still on its way.
    if (silentTickCount < 2) continue
    if (!progress.isProbing) next = withProgress(next, to, { next: progress.match + 1, isProbing: true })
    due.push({ to, isEmpty: silentTickCount > 2 })
  }
  return { state: next, due }
}

/** Starts to hand over: nothing more is proposed. Null when we don't lead or `successor` is no other voter. */
export function resigning(state: ReplicaState, successor: NodeName): ReplicaState | null {
  return state.leadership?.progress[successor] ? withLeadership(state, { successor }) : null
}

/** Whether the successor has the whole log, and so can be told to campaign. */
export function isSuccessorReady(state: ReplicaState, log: LogReader): boolean {
  const { successor, progress } = state.leadership ?? { successor: null, progress: {} }
  return successor !== null && progress[successor]!.match === log.lastIndex
}

function withLeadership(state: ReplicaState, change: Partial<Leadership>): ReplicaState {
  return { ...state, leadership: { ...state.leadership!, ...change } }
}

function withProgress(state: ReplicaState, of: NodeName, change: Partial<Progress>): ReplicaState {
  const { progress } = state.leadership!
  return withLeadership(state, { progress: { ...progress, [of]: { ...progress[of]!, ...change } } })
}
