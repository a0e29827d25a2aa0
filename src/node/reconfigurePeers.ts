/**
 * Peers that come and go with the configuration. A node that is removed stays a peer until nothing of it can act any more: it is told to
 * hand over like any other, and its silence is waited for like any other's.
 */
import { stoppedAvailabilities } from '../../machines/model/status.ts'
import type { NodeContext } from '../../machines/node.ts'
import { votersOf } from '../guard/surroundings.ts'
import { startNodeMachine } from './actors.ts'
import { actorOf, type Parts } from './parts.ts'

export function settlePeers(parts: Parts): void {
  const { configuration, self, engine, network, guard } = parts
  const added = Object.keys(configuration.nodes).filter((name) => name !== self && !parts.addresses.has(name))
  const gone = [...parts.addresses.keys()].filter((name) => !configuration.nodes[name] && hasStopped(parts, name))
  if (added.length === 0 && gone.length === 0) return
  for (const name of gone) {
    engine.end(actorOf.node(name))
    parts.addresses.delete(name)
  }
  for (const name of added) parts.addresses.set(name, configuration.nodes[name]!.links)
  parts.peers = [...parts.addresses.keys()]
  network.setPeers(Object.fromEntries(parts.addresses))
  const nodes = { ...Object.fromEntries(parts.addresses), [self]: parts.ownLinks }
  // Who votes is the replicated log's to say, not the configuration's.
  guard.configure({ nodes: plain(nodes), voters: votersOf(parts.foundingNodes), timing: { ...configuration.timing } })
  for (const name of added) startNodeMachine(parts, name)
}

function hasStopped({ engine }: Parts, name: string): boolean {
  const { availability } = engine.snapshot(actorOf.node(name)).context as NodeContext
  return stoppedAvailabilities.includes(availability)
}

function plain(nodes: Record<string, Parts['ownLinks']>) {
  return Object.fromEntries(Object.entries(nodes).map(([name, links]) => [name, links.map((link) => ({ ...link }))]))
}
