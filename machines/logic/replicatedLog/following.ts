/** The follower's half of replication: Raft §5.3, with etcd's hint on where two logs may agree. */
import type { NodeName } from '../../model/ids.ts'
import type { AppendReply, AppendRequest, LogEntry, Position } from './messages.ts'
import { followed, isCredible, type LogReader, lastPosition, type ReplicaState } from './state.ts'

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
  { from, request }: { from: NodeName; request: AppendRequest },
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
  return {
    state: { ...current, commitIndex },
    write: newEntries(current, log, request),
    reply: { type: 'append.reply', epoch, index, hint: null, commitIndex },
  }
}

/** Entries without gaps, of epochs that never go back nor beyond the leader's own. */
function isOrderly({ epoch, previous, entries }: AppendRequest): boolean {
  if ((previous.index === 0) !== (previous.epoch === 0)) return false
  return [...entries, { index: previous.index + entries.length + 1, epoch }].every((entry, place) => {
    const before = entries[place - 1] ?? previous
    return entry.index === before.index + 1 && entry.epoch >= before.epoch
  })
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
 * a log, so every later entry here with a higher epoch is passed over in one round trip.
 */
export function agreementBefore(log: LogReader, at: Position): Position {
  let index = Math.min(at.index, log.lastIndex)
  while (index > 0 && log.epochAt(index)! > at.epoch) index -= 1
  return { index, epoch: log.epochAt(index)! }
}
