/** Who of the nodes is not what it should be in the cluster in the end: configured, in the log with the disk that it has, and a voter if it can be. */
import { votersOf } from '../guard/surroundings.ts'
import type { Cluster } from './cluster.ts'

export function strangersOf({ leader, machines }: Cluster): readonly string[] {
  const parts = leader?.life?.parts
  if (!parts) return []
  const { members } = parts.replica
  const { nodes } = parts.configuration
  const voters = votersOf(nodes)
  return machines.flatMap(({ name, disk }) => {
    if (!nodes[name]) return [`${name} is not configured`]
    const member = members.find((one) => one.name === name)
    if (member?.disk !== disk.id) return [`the log does not know the disk of ${name}`]
    const kind = voters.includes(name) ? 'voter' : 'learner'
    return member.kind === kind ? [] : [`${name} is ${member.kind}, not ${kind}`]
  })
}
