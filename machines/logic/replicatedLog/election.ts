/**
 * Elections: Raft with pre-vote (Ongaro 2014, §9.6), votes bound by the promise that the leader's lease rests on (§6.4.1;
 * `../lease.ts`), and transfer of leadership (§3.10).
 */
import type { NodeName } from '../../model/ids.ts'
import { tally } from '../quorum.ts'
import { isEligible, type Members, memberOf, type Peer, quorumMembers } from './members.ts'
import type { Position, Refusal, Transfer, VoteReply, VoteRequest } from './messages.ts'
import {
  awaitedOfPair,
  isOnlyVoter,
  type LogReader,
  lastPosition,
  membersOf,
  type ReplicaState,
  raised,
  selfOf,
} from './state.ts'

/** What binds this voter to the leader it follows. Times of its own clock. */
export interface Bond {
  readonly nowMs: number
  readonly promiseUntilMs: number
  /** The process of the leader of the current epoch is known to have ended: it cannot act, so the promise binds no more. */
  readonly isLeaderEnded: boolean
}

/**
 * Whether this replica must not vote now. A leader votes for nobody but its successor, when it has dropped its lease. A transfer frees
 * of promises to that leader and to all before it, whose leases were over when it was elected.
 */
export function isBound(state: ReplicaState, bond: Bond, transfer: Transfer | null): boolean {
  const { leadership, epoch, leader } = state
  const isOwnTransfer = transfer !== null && transfer.leader === leader && transfer.epoch === epoch
  if (leadership !== null) return leadership.successor === null || !isOwnTransfer
  if (isOnlyVoter(state) || bond.nowMs >= bond.promiseUntilMs || bond.isLeaderEnded) return false
  if (transfer === null || transfer.epoch < epoch) return true
  return transfer.epoch === epoch && leader !== null && !isOwnTransfer
}

/** Whether a log that ends at `last` has everything that may be committed: the later epoch, then the longer log (Raft §5.4.1). */
export function isUpToDate(log: LogReader, last: Position): boolean {
  const own = lastPosition(log)
  return last.epoch > own.epoch || (last.epoch === own.epoch && last.index >= own.index)
}

/** Decides on a request. The new state must be durable before the reply leaves. */
export function considerVote(
  state: ReplicaState,
  log: LogReader,
  asked: { from: Peer; request: VoteRequest; bond: Bond },
): { state: ReplicaState; reply: VoteReply } {
  const { from, request } = asked
  const { isPre, epoch } = request
  const refusal = refusalOf(state, log, asked)
  // One that is bound, or doesn't know the sender, ignores the epoch too: otherwise a node that was cut off could end a sound mastership.
  const isHeeded = !isPre && refusal !== 'promise' && refusal !== 'stranger'
  const current = isHeeded ? raised(state, epoch) : state
  const next = isHeeded && refusal === null ? { ...current, votedFor: from.name } : current
  return { state: next, reply: { type: 'vote.reply', isPre, epoch, voterEpoch: next.epoch, refusal } }
}

function refusalOf(
  state: ReplicaState,
  log: LogReader,
  { from, request, bond }: { from: Peer; request: VoteRequest; bond: Bond },
): Refusal | null {
  if (from.name === state.self || !mayTakePart(state, log, { from, last: request.last })) return 'stranger'
  if (request.epoch < state.epoch || (request.isPre && request.epoch === state.epoch)) return 'epoch'
  if (isBound(state, bond, request.transfer)) return 'promise'
  if (request.epoch === state.epoch && (state.leader !== null || (state.votedFor ?? from.name) !== from.name))
    return 'voted'
  return isUpToDate(log, request.last) ? null : 'log'
}

/**
 * Whether the sender has a part in elections, as one that may lead. One whose log goes beyond ours may know of a membership that
 * says so where ours does not: refusing it could leave a cluster whose members changed behind our back without a leader (thesis,
 * §4.1). Whether *our* vote means anything is for the sender to say, by its own members and their disks: a learner that it asks may
 * be a voter by entries that the learner lacks, so it answers as all do. Without members there is nothing to go by: our log is empty.
 */
function mayTakePart(state: ReplicaState, log: LogReader, { from, last }: { from: Peer; last: Position }): boolean {
  const members = membersOf(state)
  if (members.length === 0) return false
  const own = lastPosition(log)
  const isBeyond = last.epoch > own.epoch || (last.epoch === own.epoch && last.index > own.index)
  return isBeyond || (isEligible(members, from) && memberOf(members, selfOf(state)) !== null)
}

/**
 * Opens a ballot of our own, for an epoch after the current one. A vote, unlike a pre-vote, raises the own epoch and is given to
 * oneself: it must be durable before a request leaves. Null when we are bound ourselves, when our log doesn't say that we, with this disk, are a voter, or when `epoch` is none of the next.
 */
export function campaigned(
  state: ReplicaState,
  wanted: { isPre: boolean; epoch: number; transfer: Transfer | null },
  bond: Bond,
): ReplicaState | null {
  const { self } = state
  if (!isEligible(membersOf(state), selfOf(state)) || state.leadership !== null || wanted.epoch <= state.epoch)
    return null
  const ballot = { ...wanted, granted: [], refused: [], without: null }
  if (wanted.isPre) return consented({ ...state, ballot }, bond)
  if (isBound(state, bond, wanted.transfer)) return null
  return { ...raised(state, wanted.epoch), votedFor: self, ballot: { ...ballot, granted: [self] } }
}

/** Gives the own pre-vote as soon as no promise stands against it. */
export function consented(state: ReplicaState, bond: Bond): ReplicaState {
  const { ballot, self } = state
  if (!ballot?.isPre || ballot.granted.includes(self) || isBound(state, bond, null)) return state
  return { ...state, ballot: { ...ballot, granted: [...ballot.granted, self] } }
}

/** What to ask, and whom still: those who have given neither their vote nor a final refusal. */
export function requestsOf(
  state: ReplicaState,
  log: LogReader,
): { to: readonly NodeName[]; request: VoteRequest } | null {
  const { ballot, self } = state
  if (ballot === null || standingOf(state) !== 'pending') return null
  const { isPre, epoch, transfer } = ballot
  const to = askedOf(state)
    .map(({ name }) => name)
    .filter((name) => name !== self && !ballot.granted.includes(name) && !ballot.refused.includes(name))
  return { to, request: { type: 'vote.request', isPre, epoch, last: lastPosition(log), transfer } }
}

/** Takes a reply to a ballot of our own; replies to others change nothing, except that a later epoch is heeded. */
export function considerVoteReply(state: ReplicaState, from: Peer, reply: VoteReply): ReplicaState {
  if (memberOf(askedOf(state), from) === null) return state
  const current = raised(state, reply.refusal === null ? 0 : reply.voterEpoch)
  const { ballot } = current
  if (ballot === null || ballot.isPre !== reply.isPre || ballot.epoch !== reply.epoch) return current
  if (reply.refusal === null) {
    const granted = including(ballot.granted, from.name)
    return granted === ballot.granted ? current : { ...current, ballot: { ...ballot, granted } }
  }
  // A pre-vote is a question that may be asked again; so is what only a promise stands against.
  const isFinal = !ballot.isPre && reply.refusal !== 'promise'
  const refused = isFinal ? including(ballot.refused, from.name) : ballot.refused
  return refused === ballot.refused ? current : { ...current, ballot: { ...ballot, refused } }
}

/** How the own ballot stands; null without one. Besides the majority it needs those that a change of a pair has to wait for. */
export function standingOf(state: ReplicaState): ReturnType<typeof tally> | null {
  const { ballot } = state
  if (ballot === null) return null
  if (ballot.without !== null) return 'won'
  const counting = quorumMembers(membersOf(state))
  const awaited = awaitedOfPair(state)
  if (awaited.some(({ name }) => ballot.refused.includes(name))) return 'lost'
  const standing = tally({
    voterCount: counting.length,
    grantedCount: countOf(counting, ballot.granted),
    refusedCount: countOf(counting, ballot.refused),
  })
  return standing === 'won' && !awaited.every(({ name }) => ballot.granted.includes(name)) ? 'pending' : standing
}

function askedOf(state: ReplicaState): Members {
  const counting = quorumMembers(membersOf(state))
  return [...counting, ...awaitedOfPair(state).filter((one) => memberOf(counting, one) === null)]
}

function countOf(members: Members, names: readonly NodeName[]): number {
  return members.filter(({ name }) => names.includes(name)).length
}

function including(names: readonly NodeName[], name: NodeName): readonly NodeName[] {
  return names.includes(name) ? names : [...names, name]
}
