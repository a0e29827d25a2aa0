/**
 * Disks that lose what they had: replaced by an empty one, or brought back as they were some time ago. A cluster stands that only while
 * what is committed stays on a majority of the other disks, and while every disk that counts is one that the log's members name; a
 * replacement that nobody has admitted yet holds up the next, and so does an admission that not everybody knows to be committed: where it
 * makes three voters of two, those two wait for each other until they know.
 */
import { votersOf } from '../guard/surroundings.ts'
import type { Cluster } from './cluster.ts'
import type { Machine } from './machine/machine.ts'

/** Whether this machine's disk may be lost now: all that the latest leader has is on a majority of the others. */
export function isDiskSpare(cluster: Cluster, lost: Machine): boolean {
  const others = othersOf(cluster, lost)
  return others !== null && others.holderCount > others.voterCount / 2
}

/** Whether all that the latest leader has can be found without `lost`: enough of the others have it that they elect nobody who lacks it. */
export function isDiskDispensable(cluster: Cluster, lost: Machine): boolean {
  const others = othersOf(cluster, lost)
  // Of two voters neither can go on without the disk of the other.
  return others !== null && others.voterCount > 2 && others.lackingCount <= others.voterCount / 2
}

/** How many of the other voters' disks end as the latest leader's does; null: there is none that can be asked, or an admission is open. */
function othersOf({ machines }: Cluster, lost: Machine) {
  const leading = machines.filter(({ life }) => life?.parts?.replica.isLeader)
  const leader = leading.sort((a, b) => epochOf(b) - epochOf(a))[0]
  if (!leader || machines.some((machine) => epochOf(machine) > epochOf(leader))) return null
  const { members } = leader.life!.parts!.replica
  if (machines.some(({ disk }) => !disk.isMembershipCommitted)) return null
  const isAdmitted = ({ name, disk }: Machine) =>
    members.some((member) => member.name === name && member.disk === disk.id)
  if (!machines.every(isAdmitted)) return null
  const voters = members.filter(({ kind }) => kind === 'voter').map(({ name }) => name)
  // What the configuration names otherwise is about to be proposed: one of two voters that remain is not to be spared.
  const configured = votersOf(leader.life!.parts!.configuration.nodes)
  if (configured.length !== voters.length || !configured.every((name) => voters.includes(name))) return null
  const others = machines.filter(({ name }) => name !== lost.name && voters.includes(name))
  const holderCount = others.filter(({ disk }) => disk.end === leader.disk.end).length
  return { voterCount: voters.length, holderCount, lackingCount: others.length - holderCount }
}

function epochOf({ life }: Machine): number {
  return life?.parts?.replica.epoch ?? 0
}
