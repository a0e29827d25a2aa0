/** The leader's book on each of the others. */
import type { NodeName } from '../../model/ids.ts'
import { isSamePeer, type Members } from './members.ts'
import type { Leadership, Progress, ReplicaState } from './state.ts'

/**
 * More requests with entries than this are not on their way to one replica, each at most `appendLimit.bytesMax`: it is waited for, and
 * what is proposed meanwhile leaves as one. So few that a busy leader sends batches as large as its load, not a datagram an entry.
 */
export const inflightCountMax = 2

/** Nothing is known of it yet: it is asked whether its log agrees just before `next`. */
export function unknownProgress(next: number): Progress {
  return {
    match: 0,
    next,
    mode: 'probing',
    installing: null,
    inflight: [],
    commitIndex: 0,
    toldCommitIndex: 0,
    silentTickCount: 0,
  }
}

/** Progress of all other members of `after`; kept for those that were members before, with the same disk. */
export function progressFor(
  self: NodeName,
  known: Readonly<Record<NodeName, Progress>>,
  { before, after, next }: { before: Members; after: Members; next: number },
): Readonly<Record<NodeName, Progress>> {
  const others = after.filter(({ name }) => name !== self)
  return Object.fromEntries(
    others.map((member) => {
      const isKnown = before.some((former) => isSamePeer(former, member))
      return [member.name, (isKnown ? known[member.name] : undefined) ?? unknownProgress(next)]
    }),
  )
}

export function withLeadership(state: ReplicaState, change: Partial<Leadership>): ReplicaState {
  return { ...state, leadership: { ...state.leadership!, ...change } }
}

export function withProgress(state: ReplicaState, of: NodeName, change: Partial<Progress>): ReplicaState {
  const { progress } = state.leadership!
  return withLeadership(state, { progress: { ...progress, [of]: { ...progress[of]!, ...change } } })
}

/** It has everything up to `match`, and can be sent what follows. */
export function replicatedTo(progress: Progress, match: number): Progress {
  const isSteady = progress.mode === 'replicating'
  const reached = Math.max(progress.match, match)
  return {
    ...progress,
    match: reached,
    next: Math.max(isSteady ? progress.next : reached + 1, reached + 1),
    mode: 'replicating',
    installing: null,
    inflight: isSteady ? progress.inflight.filter((last) => last > reached) : [],
    silentTickCount: 0,
  }
}
