/**
 * Who belongs to the log (Ongaro 2014, chapter 4): voters, arbiters that only vote, learners that only listen. The list is itself an
 * entry of the log, in force from the moment it is there, committed or not, and gone again with its entry.
 *
 * A member is a name *and* a disk, the random id of its store: whoever lost its disk has forgotten its votes, and is nobody
 * until it was made a member anew.
 */
import type { NodeName } from '../../model/ids.ts'
import { majorityOf } from '../quorum.ts'

/** An arbiter votes and counts like a voter, keeps no data, and never leads. A learner has the whole log and counts for nothing. */
export type MemberKind = 'voter' | 'arbiter' | 'learner'

/** Who says something: its name, and the disk it has now. */
export interface Peer {
  readonly name: NodeName
  readonly disk: string
}

export interface Member extends Peer {
  /** '' while it is not known: then nobody can be this member. */
  readonly disk: string
  readonly kind: MemberKind
}

/** In order of rank. Names are unique. */
export type Members = readonly Member[]

/** Members with the index of the entry that put them in force; 0: before the first entry. */
export interface Membership {
  readonly index: number
  readonly members: Members
  /** By one of two voters alone, the other fenced (`forced.ts`). */
  readonly isForced: boolean
}

export function isSamePeer(a: Peer, b: Peer): boolean {
  return a.name === b.name && a.disk === b.disk && a.disk !== ''
}

/** The member that `peer` is; null for strangers, and for a member's name with another disk. */
export function memberOf(members: Members, peer: Peer): Member | null {
  return members.find((member) => isSamePeer(member, peer)) ?? null
}

/** Those that votes, commits and leases are counted among. */
export function quorumMembers(members: Members): Members {
  return members.filter(({ kind }) => kind !== 'learner')
}

export function isInQuorum(members: Members, peer: Peer): boolean {
  return memberOf(quorumMembers(members), peer) !== null
}

/** Whether `peer` may lead: a voter that is no arbiter. */
export function isEligible(members: Members, peer: Peer): boolean {
  return memberOf(members, peer)?.kind === 'voter'
}

/** Whether those of `names` that count are a majority. For check-quorum and for telling why nothing can be decided. */
export function isQuorum(members: Members, names: readonly NodeName[]): boolean {
  const counting = quorumMembers(members)
  return counting.filter(({ name }) => names.includes(name)).length >= majorityOf(counting.length)
}

/**
 * Whether any two majorities, one before and one after the change, share a member: at most one joins or leaves those that count
 * (thesis, §4.1). Besides: at least one can lead, names are unique, who begins to count has a disk, and an arbiter's disk, which
 * holds no data, never becomes anything else, nor another an arbiter's.
 */
export function isLegalChange(from: Members, to: Members): boolean {
  const isUnique = new Set(to.map(({ name }) => name)).size === to.length
  if (!isUnique || !to.some(({ kind }) => kind === 'voter')) return false
  const [before, after] = [quorumMembers(from), quorumMembers(to)]
  // Compared by name and disk as they are: '' equals '' here, since who is not known yet stays who it is.
  const lacks = (those: Members) => (member: Member) =>
    !those.some(({ name, disk }) => name === member.name && disk === member.disk)
  const joining = after.filter(lacks(before))
  const leaving = before.filter(lacks(after))
  if (joining.some(({ disk }) => disk === '')) return false
  const isDiskMixed = to.some((member) => {
    const former = memberOf(from, member)
    return former !== null && (former.kind === 'arbiter') !== (member.kind === 'arbiter')
  })
  return !isDiskMixed && (from.length === 0 || joining.length + leaving.length <= 1)
}
