/**
 * Disks that lose what they had: replaced by an empty one, or brought back as they were some time ago. A cluster stands that only while
 * what is committed stays on a majority of the other disks, and while every disk that counts is one that the log's members name; a
 * replacement that nobody has admitted yet holds up the next.
 */
import type { Cluster } from './cluster.ts'
import type { Machine } from './machine/machine.ts'

/** Whether this machine's disk may be lost now: all that the latest leader has is on a majority of the others. */
export function isDiskSpare({ machines }: Cluster, lost: Machine): boolean {
  const leading = machines.filter(({ life }) => life?.parts?.replica.isLeader)
  const leader = leading.sort((a, b) => epochOf(b) - epochOf(a))[0]
  if (!leader || machines.some(({ life }) => epochOf({ life }) > epochOf(leader))) return false
  const { members } = leader.life!.parts!.replica
  const areAllAdmitted = machines.every(({ name, disk }) =>
    members.some((member) => member.name === name && member.disk === disk.id),
  )
  if (!areAllAdmitted) return false
  const voters = members.filter(({ kind }) => kind === 'voter').map(({ name }) => name)
  const holders = machines.filter(
    ({ name, disk }) => name !== lost.name && voters.includes(name) && disk.end === leader.disk.end,
  )
  return holders.length > voters.length / 2
}

function epochOf({ life }: Pick<Machine, 'life'>): number {
  return life?.parts?.replica.epoch ?? 0
}
