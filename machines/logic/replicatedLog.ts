/**
 * The replicated log: Raft (Ongaro and Ousterhout, 2014) as pure functions over plain data, with pre-vote, promises for the
 * leader's lease, and transfer of leadership (SPEC M1, D5; DESIGN §3). Master = leader, epoch = term.
 *
 * No I/O and no clock: a message and the state go in, the next state and what to write and to say come out. What the shell
 * (`src/repository/replica.ts`) owes, in this order:
 *
 * 1. make `epoch` and `votedFor` of the new state durable, if they changed;
 * 2. make the entries to be written durable, replacing everything from the first of them on; likewise parts of a snapshot;
 * 3. only then send the reply. (A leader may send its own new entries before they are durable, but says `ownDurable` after.)
 * 4. apply what is committed, in order, once. A leader that is then deposed (`isDeposed`) drops its lease before it says
 *    anything more.
 *
 * Writing may be asynchronous: the rules go on with the new state and a log that shows the new entries at once; but a reply waits
 * until everything written before it is durable, and a candidate's requests until its vote is.
 *
 * Invariants, each tested by a randomised run of replicas that crash and lose what was not durable, come back with empty disks, are
 * added, removed and sent snapshots, over a network that loses and doubles: at most one leader an epoch; two logs that agree at a
 * place agree up to it; what is committed is in the log of every later leader; from one committed list of members to the
 * next, at most one joins or leaves those that count.
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
export { type ForcedAlone, forcedAlone } from './replicatedLog/forced.ts'
export { considerInstall, considerInstallReply, type Received } from './replicatedLog/installing.ts'
export {
  caughtUpNames,
  changeBar,
  changed,
  claimed,
  considerAppendReply,
  isDeposed,
  isSuccessorReady,
  ownDurable,
  type Proposed,
  proposalBar,
  proposed,
  resigning,
  uncommittedCountMax,
  viceOf,
} from './replicatedLog/leading.ts'
export {
  isEligible,
  isInQuorum,
  isLegalChange,
  isQuorum,
  type Member,
  type MemberKind,
  type Members,
  type Membership,
  memberOf,
  type Peer,
  quorumMembers,
} from './replicatedLog/members.ts'
export type * from './replicatedLog/messages.ts'
export { type MembersGoal, nextMembers, type WantedMember } from './replicatedLog/nextMembers.ts'
export { inflightCountMax } from './replicatedLog/progress.ts'
export { installBytesMax, isSendable, requestFor, type Snapshot, stripped, ticked } from './replicatedLog/sending.ts'
export {
  type DurableState,
  followed,
  initialState,
  isCredible,
  type LogReader,
  lastPosition,
  membershipOf,
  membershipsIn,
  membersOf,
  noMembership,
  type Progress,
  type Receiving,
  type ReplicaState,
  raised,
  selfOf,
  steppedDown,
} from './replicatedLog/state.ts'
