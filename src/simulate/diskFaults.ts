/**
 * Disks that lose what they had: replaced by an empty one, or brought back as they were some time ago. A cluster stands that only while
 * what is committed stays on a majority of the other disks, and while every disk that counts is one that the log's members name; a
 * replacement that nobody has admitted yet holds up the next.
 */
import type { Cluster } from './cluster.ts'
import type { Machine } from './machine/machine.ts'

/** Whether this machine's disk may be lost now. */
export function isDiskSpare({ machines, committedIndex }: Cluster, lost: Machine): boolean {
  const members = membersOf(machines)
  if (!areAdmitted(machines, members)) return false
  const voters = members.filter(({ kind }) => kind === 'voter').map(({ name }) => name)
  const holders = machines.filter(
    (machine) => machine !== lost && voters.includes(machine.name) && machine.disk.lastIndex >= committedIndex,
  )
  return holders.length > voters.length / 2
}

/** Whether what is committed can be found without `lost`: on a disk of enough of the others that they elect nobody who lacks it. */
export function isDiskDispensable({ machines, committedIndex }: Cluster, lost: Machine): boolean {
  const members = membersOf(machines)
  if (!areAdmitted(machines, members)) return false
  const voters = members.filter(({ kind }) => kind === 'voter').map(({ name }) => name)
  const lacking = machines.filter(
    (machine) => machine !== lost && voters.includes(machine.name) && machine.disk.lastIndex < committedIndex,
  )
  return lacking.length <= voters.length / 2
}

/** As the leader of the latest epoch has them. */
function membersOf(machines: readonly Machine[]) {
  const leading = machines.filter(({ life }) => life?.parts?.replica.isLeader)
  return leading.sort((a, b) => epochOf(b) - epochOf(a))[0]?.life?.parts?.replica.members ?? []
}

function areAdmitted(machines: readonly Machine[], members: ReturnType<typeof membersOf>): boolean {
  return machines.every(({ name, disk }) => members.some((one) => one.name === name && one.disk === disk.id))
}

function epochOf({ life }: Machine): number {
  return life?.parts?.replica.epoch ?? 0
}
