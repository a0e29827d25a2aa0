/** The follower's half of replication: Raft §5.3, with etcd's hint on where two logs may agree. */
import type { Peer } from './members.ts'
import type { AppendReply, AppendRequest, LogEntry, Position } from './messages.ts'
import {
  followed,
  isCredible,
  type LogReader,
  lastPosition,
  type ReplicaState,
  withCommitIndex,
  withEntries,
} from './state.ts'

/** Entries to be made durable before the reply leaves. They replace everything from the first of them on. */
export interface Appended {
  readonly state: ReplicaState
  readonly write: readonly LogEntry[]
  /** null: the request made no sense here, and is passed over in silence. */
  readonly reply: AppendReply | null
}

/** Throws when a leader contradicts what is committed: then something is broken that no answer could mend. */
export function considerAppend(
  state: ReplicaState,
  log: LogReader,
  { from, request }: { from: Peer; request: AppendRequest },
): Appended {
  if (request.epoch < state.epoch) {
    const { epoch, commitIndex } = state
    const reply = {
      type: 'append.reply',
      epoch,
      index: request.previous.index,
      hint: lastPosition(log),
      commitIndex,
    } as const
    return { state, write: [], reply }
  }
  if (!isCredible(state, { leader: from, epoch: request.epoch }) || !isOrderly(request))
    return { state, write: [], reply: null }
  const current = followed(state, { leader: from, epoch: request.epoch })
  const { epoch } = current
  const { previous } = request
  // All that is in our snapshot is committed, so the leader has the same: it goes on after what we know to be committed.
  if (previous.index < log.firstIndex - 1) {
    const { commitIndex } = current
    return {
      state: current,
      write: [],
      reply: { type: 'append.reply', epoch, index: commitIndex, hint: null, commitIndex },
    }
  }
  if (log.epochAt(previous.index) !== previous.epoch) {
    const hint = agreementBefore(log, { index: previous.index - 1, epoch: previous.epoch })
    const reply = {
      type: 'append.reply',
      epoch,
      index: previous.index,
      hint,
      commitIndex: current.commitIndex,
    } as const
    return { state: current, write: [], reply }
  }
  const index = previous.index + request.entries.length
  const commitIndex = Math.max(current.commitIndex, Math.min(request.commitIndex, index))
  const write = newEntries(current, log, request)
  return {
    state: withCommitIndex(withEntries(current, write), commitIndex),
    write,
    reply: { type: 'append.reply', epoch, index, hint: null, commitIndex },
  }
}

/** Entries without gaps, of epochs that never go back nor beyond the leader's own. */
function isOrderly({ epoch, previous, entries }: AppendRequest): boolean {
  if ((previous.index === 0) !== (previous.epoch === 0)) return false
  let before = previous
  for (const entry of entries) {
    if (entry.index !== before.index + 1 || entry.epoch < before.epoch) return false
    before = entry
  }
  return before.epoch <= epoch
}

/** The entries from the first on that the log lacks or contradicts. What it has already stays: the request may be an old one. */
function newEntries(state: ReplicaState, log: LogReader, { entries }: AppendRequest): readonly LogEntry[] {
  const first = entries.findIndex(({ index, epoch }) => log.epochAt(index) !== epoch)
  if (first === -1) return []
  const { index, epoch } = entries[first]!
  if (index <= state.commitIndex) {
    throw new Error(
      `the leader of epoch ${state.epoch} contradicts entry ${index}, committed here: it says epoch ${epoch}`,
    )
  }
  return entries.slice(first)
}

/**
 * The latest place, not after `at.index`, where a log that has `at.epoch` there can agree with this one: epochs never go back in
 * a log, so every later entry here with a higher epoch is passed over in one round trip. Nothing before the snapshot's position
 * is told apart: what is in a snapshot is committed.
 */
export function agreementBefore(log: LogReader, at: Position): Position {
  const start = log.firstIndex - 1
  let index = Math.max(start, Math.min(at.index, log.lastIndex))
  while (index > start && log.epochAt(index)! > at.epoch) index -= 1
  return { index, epoch: log.epochAt(index)! }
}
