/**
 * Disks that lose what they had: replaced by an empty one, or brought back as they were some time ago. A cluster stands that only while
 * what is committed stays on a majority of the other disks, and while every disk that counts is one that the log's members name; a
 * replacement that nobody has admitted yet holds up the next.
 */
import type { Cluster } from './cluster.ts'
import type { Machine } from './machine/machine.ts'

/** Whether this machine's disk may be lost now. */
export function isDiskSpare({ machines, committedIndex }: Cluster, lost: Machine): boolean {
  const leading = machines.filter(({ life }) => life?.parts?.replica.isLeader)
  const latest = leading.sort((a, b) => epochOf(b) - epochOf(a))[0]?.life?.parts?.replica
  if (!latest) return false
  const areAllAdmitted = machines.every(({ name, disk }) =>
    latest.members.some((member) => member.name === name && member.disk === disk.id),
  )
  if (!areAllAdmitted) return false
  const voters = latest.members.filter(({ kind }) => kind === 'voter').map(({ name }) => name)
  const holders = machines.filter(
    (machine) => machine !== lost && voters.includes(machine.name) && machine.disk.lastIndex >= committedIndex,
  )
  return holders.length > voters.length / 2
}

function epochOf({ life }: Machine): number {
  return life?.parts?.replica.epoch ?? 0
}
