/** How this node comes to its cluster, who its members should be, and what the guard has to know of them (SPEC M1, S4). */
import type { Founder } from '../../machines/logic/formation.ts'
import { wantedMembers } from '../../machines/logic/members.ts'
import { quorumMembers } from '../../machines/logic/replicatedLog.ts'
import type { Configuration, LinkAddress } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { logger } from '../log/log.ts'
import { clusterIdOf, Joining } from '../repository/joining.ts'
import { actorOf, type Parts } from './parts.ts'
import { isHeeded, protocolsHeard } from './protocol.ts'

const log = logger('node')

type JoiningParts = Pick<
  Parts,
  | 'self'
  | 'clock'
  | 'configuration'
  | 'replica'
  | 'engine'
  | 'addresses'
  | 'network'
  | 'disks'
  | 'foreigners'
  | 'isFoundingForced'
  | 'protocols'
  | 'ownProtocols'
>

type ForeignParts = Pick<Parts, 'foreigners' | 'replica' | 'engine'>

/** Of a node, or of an arbiter. */
export function joiningOf(parts: JoiningParts): Joining {
  const { self, clock, configuration, replica } = parts
  return new Joining({
    self,
    disk: replica.disk,
    expected: wantedMembers(configuration).flatMap(({ name, kind }) => (kind === 'learner' ? [] : [{ name, kind }])),
    peers: () => [...parts.addresses.keys()],
    founded: () => {
      const { cluster, founders } = replica
      return cluster === null ? null : { cluster, founders: founders as Founder[] | null }
    },
    isForced: parts.isFoundingForced,
    protocols: parts.ownProtocols,
    onProtocols: (node, protocols) => protocolsHeard(parts, node, protocols),
    clock,
    send: (to, message) => parts.network.send(to, message),
    found: (founders) => replica.found({ cluster: clusterIdOf(founders), members: founders }),
    onDisk(node, disk) {
      parts.disks.set(node, disk)
      isOneOfUs(parts, node)
    },
    onForeign: (node, cluster) => foreign(parts, node, cluster),
  })
}

/** Said once of each. */
export function foreign({ foreigners, replica, engine }: ForeignParts, node: NodeName, cluster: string): void {
  if (foreigners.get(node) === cluster) return
  foreigners.set(node, cluster)
  log.error('{node} belongs to another cluster, {cluster}: nothing it says is heeded', { node, cluster })
  if (replica.leader === node) engine.send(actorOf.membership, { type: 'leader.suspected', leader: node })
}

/** Its disk is empty, or of this cluster: it was given another. */
function isOneOfUs(parts: Pick<Parts, 'foreigners'>, node: NodeName): void {
  if (parts.foreigners.delete(node)) log.info('{node} belongs to this cluster now', { node })
}

/** The log's members become those of the configuration, one safe step at a time: the leader takes the next, if there is one. */
export function reconcileMembers(parts: Parts): void {
  const { configuration, sight, replica, self, disks, reconfiguration } = parts
  if (!replica.isLeader) return
  const heard: Record<NodeName, string> = {}
  for (const name of sight.aliveNodes()) {
    const disk = name === self ? replica.disk : disks.get(name)
    if (disk !== undefined && isHeeded(parts, name)) heard[name] = disk
  }
  const wanted = wantedMembers(configuration)
  replica.reconcileMembers(reconfiguration?.timings.admissible(wanted) ?? wanted, heard)
}

/** Every other process that takes part in the log: nodes, and the arbiter if there is one. */
export function addressesOf(
  { nodes, arbiter }: Pick<Configuration, 'nodes' | 'arbiter'>,
  self: NodeName,
): Record<NodeName, readonly LinkAddress[]> {
  const all = [...Object.entries(nodes), ...(arbiter ? [[arbiter.name, arbiter] as const] : [])]
  return Object.fromEntries(all.filter(([name]) => name !== self).map(([name, { links }]) => [name, links]))
}

/** Heartbeats go to all who take part; leases are counted among those whose votes count. */
export function tellGuard({ guard, self, addresses, ownLinks, configuration, holding, replica }: Parts): void {
  const links = [...addresses, [self, ownLinks] as const]
  guard.configure({
    nodes: Object.fromEntries(links.map(([name, each]) => [name, each.map((link) => ({ ...link }))])),
    voters: quorumMembers(replica.members).map(({ name }) => name),
    timing: { ...configuration.timing },
    holding: { ...holding },
  })
}
