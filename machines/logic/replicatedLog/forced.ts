/**
 * One of two voters goes on alone, when the other is known to be fenced: without a third vote, the only way that two nodes fail over
 * by themselves (SPEC M1).
 *
 * Why nothing committed is lost. Let the only members that count be the voters A and B, and let A know that as committed. While
 * that holds, whatever is committed is in both logs. It holds until a later change of members is committed, and a change that
 * replaces a pair is committed, and anyone elected by it, only when *both* of the pair agree (`awaitedOfPair`), so A would have it in its log. As A has none,
 * A has all that is committed.
 *
 * Why there are never two leaders. B is fenced: its process and all it ran have ended, so it neither acts nor commits, and its
 * lease is void. A leads a new epoch, and makes B a learner by the first entry of it, which A alone commits. When B is back it still
 * takes itself for one of two voters. It is not elected without A, which refuses it as a stranger. It could go on alone only by
 * fencing A in its turn; so a voter must, in this life, have taken an entry of the *current* epoch from its leader or led it: B
 * gets none of A's epoch without the one that makes it a learner, and knows no epoch of its own that began in this life.
 *
 * Hence a word of the other's that is older than this life must not count, however late it comes: A said it before it went on alone.
 *
 * What remains is that both fence each other at once. Then both have ended, and neither goes on before it met the other.
 */
import type { NodeName } from '../../model/ids.ts'
import { isEligible, type Member, type Members, memberOf, quorumMembers } from './members.ts'
import { type LogReader, lastPosition, membersOf, type ReplicaState, raised, selfOf } from './state.ts'

export interface ForcedAlone {
  /** The other voter. Its fence is confirmed. */
  readonly other: NodeName
  /** In this life this replica led, or took an append of its leader that was sent to *this* life: not a mere word of it. */
  readonly hasMetThisLife: boolean
}

/**
 * A vote that needs only our own; the new epoch and the vote must be durable before it is claimed. Null when it is not safe: then
 * there is nothing to do but wait for the other.
 */
export function forcedAlone(
  state: ReplicaState,
  log: LogReader,
  { other, hasMetThisLife }: ForcedAlone,
): ReplicaState | null {
  const isPair = pairWith(state, other) !== null && state.memberships.length === 1
  const isCommitted = state.memberships[0]!.index <= state.commitIndex
  if (!hasMetThisLife || !isPair || !isCommitted || state.leadership !== null) return null
  if (lastPosition(log).epoch !== state.epoch) return null
  const epoch = state.epoch + 1
  return {
    ...raised(state, epoch),
    votedFor: state.self,
    ballot: { isPre: false, epoch, transfer: null, granted: [state.self], refused: [], without: other },
  }
}

/** The members of one who goes on without `other`. */
export function membersWithout(members: Members, other: NodeName): Members {
  return members.map((member): Member => (member.name === other ? { ...member, kind: 'learner' } : member))
}

function pairWith(state: ReplicaState, other: NodeName): Members | null {
  const members = membersOf(state)
  const counting = quorumMembers(members)
  const isTwo = counting.length === 2 && counting.every(({ kind }) => kind === 'voter')
  const isBoth = counting.some(({ name }) => name === other && name !== state.self)
  return isTwo && isBoth && isEligible(members, selfOf(state)) && memberOf(members, selfOf(state)) ? members : null
}
