/**
 * The replicated log: Raft (Ongaro and Ousterhout, 2014) as pure functions over plain data, with pre-vote, promises for the
 * leader's lease, and transfer of leadership (SPEC M1, D5; DESIGN §3). Master = leader, epoch = term.
 *
 * No I/O and no clock: a message and the state go in, the next state and what to write and to say come out. What the shell
 * (`src/repository/replica.ts`) owes, in this order:
 *
 * 1. make `epoch` and `votedFor` of the new state durable, if they changed;
 * 2. make the entries to be written durable, replacing everything from the first of them on;
 * 3. only then send the reply. (A leader may send its own new entries before they are durable, but says `ownDurable` after.)
 * 4. apply what is committed, in order, once.
 *
 * Invariants, each tested by a randomised run of three replicas that crash, over a network that loses and doubles:
 * at most one leader an epoch; two logs that agree at a place agree up to it; what is committed is in the log of every later leader.
 *
 * Snapshots will come in behind `LogReader` (an index that is no longer there has no epoch), learners as further keys of
 * `Leadership.progress`, changes of voters as commands that set `voters`.
 */
export type { Bond } from './replicatedLog/election.ts'
export {
  campaigned,
  consented,
  considerVote,
  considerVoteReply,
  isBound,
  requestsOf,
  standingOf,
} from './replicatedLog/election.ts'
export { type Appended, considerAppend } from './replicatedLog/following.ts'
export {
  appendFor,
  claimed,
  considerAppendReply,
  isSendable,
  isSuccessorReady,
  ownDurable,
  proposalBar,
  proposed,
  resigning,
  ticked,
  uncommittedCountMax,
} from './replicatedLog/leading.ts'
export type * from './replicatedLog/messages.ts'
export {
  type DurableState,
  followed,
  initialState,
  type LogReader,
  lastPosition,
  type ReplicaState,
  raised,
  steppedDown,
} from './replicatedLog/state.ts'
