/** The way from the members there are to those that the configuration wants: one legal step at a time. Pure arithmetic of lists. */
import type { NodeName } from '../../model/ids.ts'
import { majorityOf } from '../quorum.ts'
import { isLegalChange, type Member, type MemberKind, type Members, quorumMembers } from './members.ts'

export interface WantedMember {
  readonly name: NodeName
  readonly kind: MemberKind
}

export interface MembersGoal {
  /** The leader: removed last. */
  readonly self: NodeName
  /** In order of rank. */
  readonly wanted: readonly WantedMember[]
  /** The disks of those that are heard now; of others nothing is known. */
  readonly disks: Readonly<Record<NodeName, string>>
  /** Members of any kind that have lately confirmed nearly all of the log (`caughtUpNames`). */
  readonly caughtUp: readonly NodeName[]
}

/**
 * The next step, or null when there is nothing to do, or nothing that could be done safely now. What concerns only learners is done at
 * once; of those that count, at most one joins or leaves. In this order: who has another disk than before starts again as a learner
 * (an arbiter: is removed, to be added anew); who has caught up is qualified; an arbiter is added (it needs no data, hence never
 * learns); who is no longer wanted is made a learner, which is told that it is one and leaves, and dropped when it is not heard any more
 * with the disk that it had (an arbiter: at once).
 *
 * No step is taken after which those who are caught up would be no majority: the entry could not be committed, nor taken back.
 */
export function nextMembers(current: Members, goal: MembersGoal): Members | null {
  if (isReached(current, goal)) return null
  const settled = withoutCounting(current, goal)
  const step = quorumSteps(current, goal)
    .map((change) => inRankOrder(change(settled), goal))
    .find((members) => isLegalChange(current, members) && isCommittable(current, members, goal))
  const next = step ?? inRankOrder(settled, goal)
  return isSame(current, next) || !isLegalChange(current, next) ? null : next
}

/** Everybody is what it should be, in order: looked at several times a second, and so it nearly always is. */
function isReached(current: Members, { wanted, disks }: MembersGoal): boolean {
  const isSound = ({ name, disk, kind }: Member, place: number) =>
    name === wanted[place]!.name && kind === wanted[place]!.kind && (disks[name] ?? disk) === disk
  return current.length === wanted.length && current.every(isSound)
}

/** All that changes no majority: learners come, go, and change their disks. */
function withoutCounting(current: Members, { wanted, disks }: MembersGoal): Members {
  const kept = current.flatMap((member): Member[] => {
    if (member.kind !== 'learner') return [member]
    const goal = wanted.find(({ name }) => name === member.name)
    if (goal === undefined && disks[member.name] === member.disk) return [member]
    if (goal === undefined || goal.kind === 'arbiter') return []
    return [{ ...member, disk: disks[member.name] ?? member.disk }]
  })
  const added = wanted.flatMap(({ name, kind }): Member[] => {
    const disk = disks[name]
    const isNew = !current.some((member) => member.name === name)
    return isNew && disk && kind !== 'arbiter' ? [{ name, disk, kind: 'learner' }] : []
  })
  return [...kept, ...added]
}

type Step = (members: Members) => Members

/** Every single change among those that count, the most urgent first. */
function quorumSteps(current: Members, goal: MembersGoal): Step[] {
  const { self, wanted, disks, caughtUp } = goal
  const kindOf = (name: NodeName) => wanted.find((member) => member.name === name)?.kind ?? null
  const counting = quorumMembers(current)
  const replaced = counting.filter(({ name, disk }) => name !== self && disks[name] && disks[name] !== disk)
  const learned = current.filter(({ name, kind, disk }) => {
    const isSound = disk !== '' && (disks[name] ?? disk) === disk
    return kind === 'learner' && kindOf(name) === 'voter' && isSound && caughtUp.includes(name)
  })
  const arbiters = wanted.filter(({ name, kind }) => {
    const isFree = !current.some((member) => member.name === name && member.kind !== 'learner')
    return kind === 'arbiter' && isFree && disks[name]
  })
  const isVoter = (name: NodeName) => current.some((member) => member.name === name && member.kind === 'voter')
  // The leader stays until everybody else that is heard is what it should be: after it goes, another has to be elected first.
  const isUnfinished = wanted.some(({ name, kind }) => kind === 'voter' && disks[name] && !isVoter(name))
  const unwanted = counting.filter(({ name, kind }) => kindOf(name) !== kind && !(name === self && isUnfinished))
  const lastOf = (members: Members) => [...members].sort((a, b) => Number(a.name === self) - Number(b.name === self))
  return [
    ...replaced.map((member) => leaving(member, disks[member.name]!)),
    ...learned.map(
      ({ name }): Step =>
        (members) =>
          members.map((m) => (m.name === name ? { ...m, kind: 'voter' } : m)),
    ),
    ...arbiters.map(
      ({ name }): Step =>
        (members) => [
          ...members.filter((member) => member.name !== name),
          { name, disk: disks[name]!, kind: 'arbiter' },
        ],
    ),
    ...lastOf(unwanted).map((member) => leaving(member, member.disk)),
  ]
}

function leaving({ name, kind }: Member, disk: string): Step {
  if (kind === 'arbiter') return (members) => members.filter((member) => member.name !== name)
  return (members) => members.map((member) => (member.name === name ? { name, disk, kind: 'learner' } : member))
}

/** Those that will count and answer now, one that has just been heard for the first time included, are a majority of them. */
function isCommittable(current: Members, next: Members, { self, caughtUp }: MembersGoal): boolean {
  const counting = quorumMembers(next)
  const isNew = (name: NodeName) => !current.some((member) => member.name === name)
  const ready = counting.filter(({ name }) => name === self || caughtUp.includes(name) || isNew(name))
  return ready.length >= majorityOf(counting.length)
}

/** By the wanted order; who is not wanted comes last, as it was. */
function inRankOrder(members: Members, { wanted }: MembersGoal): Members {
  const rankOf = (name: NodeName) => {
    const rank = wanted.findIndex((member) => member.name === name)
    return rank === -1 ? wanted.length : rank
  }
  return [...members].sort((a, b) => rankOf(a.name) - rankOf(b.name))
}

function isSame(a: Members, b: Members): boolean {
  const isEqual = (x: Member, y: Member) => x.name === y.name && x.disk === y.disk && x.kind === y.kind
  return a.length === b.length && a.every((member, place) => isEqual(member, b[place]!))
}
