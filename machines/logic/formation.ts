/**
 * How a cluster begins (SPEC M1, S4), and how a node with an empty disk tells whether it is one of its founders.
 *
 * A voter that forgot its votes must not vote, so an empty disk means two things that have to be told apart: the cluster is new,
 * or this node's disk is. Every store has a random id, and a voter of the log is a name *and* a disk. The cluster is founded
 * when **every** configured voter has said hello with an empty disk; the first entry of the log then lists them with their disks.
 * Each founder writes that entry by itself, and all write the same, so founding needs no leader; elections come after it.
 *
 * Why every voter and no mere majority: if n1 and n2 founded it alone and n2 then lost its disk, n2 and n3, both empty,
 * would be a majority that knows nothing, and would found another. `isForced` is the operator's word that those who are
 * missing have never been part of it; their disks become known when they join.
 *
 * A node whose disk is not among the founders waits for a leader, which admits it as a learner and makes it a voter when it
 * has the whole log. A founder that missed the founding adopts it from the first that tells it.
 */
import type { NodeName } from '../model/ids.ts'
import { majorityOf } from './quorum.ts'

export interface Founder {
  readonly name: NodeName
  /** Id of its store; '' while unknown. */
  readonly disk: string
  readonly kind: 'voter' | 'arbiter'
}

export interface Formation {
  readonly self: NodeName
  readonly disk: string
  /** The configured voters and arbiter, in order of rank. */
  readonly expected: readonly Omit<Founder, 'disk'>[]
  /** Disks of those that are as empty as this one. */
  readonly disks: Readonly<Record<NodeName, string>>
  /** Somebody is a member of the cluster already: this node founds nothing any more. */
  readonly isFoundedElsewhere: boolean
}

/** What a node says of its disk. */
export interface Hello {
  readonly disk: string
  /** null: it is empty. `founders` is null once the log no longer has its first entry. */
  readonly founded: { readonly founders: readonly Founder[] | null } | null
}

export function unformed(of: Pick<Formation, 'self' | 'disk' | 'expected'>): Formation {
  return { ...of, disks: { [of.self]: of.disk }, isFoundedElsewhere: false }
}

/** Takes another's hello. The founders, if it brings them and we are one of them: the entry to begin our log with. */
export function greeted(
  formation: Formation,
  from: NodeName,
  { disk, founded }: Hello,
): { formation: Formation; founders: readonly Founder[] | null } {
  if (founded === null) {
    const isExpected = formation.expected.some(({ name }) => name === from)
    const disks = isExpected ? { ...formation.disks, [from]: disk } : formation.disks
    return { formation: { ...formation, disks }, founders: null }
  }
  const isOurs = founded.founders?.some(({ name, disk }) => name === formation.self && disk === formation.disk) ?? false
  return { formation: { ...formation, isFoundedElsewhere: true }, founders: isOurs ? founded.founders : null }
}

/** The founders, when all are there (`isForced`: a majority); null as long as this node has to wait. */
export function foundersOf(
  { self, expected, disks, isFoundedElsewhere }: Formation,
  { isForced }: { isForced: boolean },
): readonly Founder[] | null {
  if (isFoundedElsewhere || !expected.some(({ name }) => name === self)) return null
  const presentCount = expected.filter(({ name }) => disks[name] !== undefined).length
  const neededCount = isForced ? majorityOf(expected.length) : expected.length
  if (presentCount < neededCount) return null
  return expected.map(({ name, kind }) => ({ name, kind, disk: disks[name] ?? '' }))
}

/** Who is still waited for; none once this node only waits for a leader. */
export function missingFrom({ expected, disks, isFoundedElsewhere }: Formation): readonly NodeName[] {
  if (isFoundedElsewhere) return []
  return expected.filter(({ name }) => disks[name] === undefined).map(({ name }) => name)
}
