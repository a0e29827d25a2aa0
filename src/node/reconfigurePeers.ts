/**
 * Peers that come and go with the configuration. A node that is removed stays a peer until nothing of it can act any more: it is told to
 * hand over like any other, and its silence is waited for like any other's. So does one that is a member of the log, as far as this node
 * knows: it may lead, and then nobody else could tell what became of it.
 */
import { stoppedAvailabilities } from '../../machines/model/status.ts'
import type { NodeContext } from '../../machines/node.ts'
import { heartbeatNodeCountMax } from '../wire/messages/heartbeat.ts'
import { startNodeMachine } from './actors.ts'
import { startFencingOf } from './fencing.ts'
import { addressesOf } from './joining.ts'
import { actorOf, type Parts } from './parts.ts'

/**
 * Before the machines are started. Nodes that only the file names are heard as far as the log goes, and no further: they were removed, or
 * were added since this node last knew, and may lead. Where a node is the file knows better: of a cluster that was moved to other
 * addresses while it was down, the repository has the old ones.
 */
export function beginPeers(parts: Parts): void {
  const { configuration, self, addresses } = parts
  const wanted = addressesOf(configuration, self)
  const inFile = new Map(addresses)
  const names = new Set([...Object.keys(wanted), ...inFile.keys()])
  addresses.clear()
  for (const name of [...names].slice(0, heartbeatNodeCountMax)) addresses.set(name, inFile.get(name) ?? wanted[name]!)
  introducePeers(parts)
}

export function settlePeers(parts: Parts): void {
  const { configuration, self, engine, addresses, heardEarly } = parts
  const wanted = addressesOf(configuration, self)
  // Of a full cluster that exchanges many nodes at once, some are added when others have gone.
  const roomCount = heartbeatNodeCountMax - addresses.size
  const added = Object.keys(wanted)
    .filter((name) => !addresses.has(name))
    .slice(0, Math.max(0, roomCount))
  const gone = [...addresses.keys()].filter((name) => !wanted[name] && mayGo(parts, name))
  for (const name of gone) {
    for (const actor of [actorOf.node(name), actorOf.fencing(name)]) if (engine.has(actor)) engine.end(actor)
    addresses.delete(name)
    heardEarly.delete(name)
  }
  for (const name of added) addresses.set(name, wanted[name]!)
  const isNew = (name: string) => isNode(parts, name) && !engine.has(actorOf.node(name))
  const started = [...addresses.keys()].filter(isNew)
  if (added.length + gone.length + started.length === 0) return
  introducePeers(parts)
  for (const name of started) {
    startNodeMachine(parts, name)
    startFencingOf(parts, name)
    const incarnation = heardEarly.get(name)
    if (incarnation !== undefined) engine.send(actorOf.node(name), { type: 'peer.heard', incarnation })
    heardEarly.delete(name)
  }
}

/** Whether there is a peer that is not configured. Asked at every tick. */
export function isAnyLeaving({ configuration: { nodes, arbiter }, addresses }: Parts): boolean {
  for (const name of addresses.keys()) if (nodes[name] === undefined && name !== arbiter?.name) return true
  return false
}

function introducePeers(parts: Parts): void {
  const { network, addresses } = parts
  parts.peers = [...addresses.keys()].filter((name) => isNode(parts, name))
  network.setPeers(Object.fromEntries(addresses))
}

/** Neither an arbiter, nor only in the file. */
function isNode(parts: Parts, name: string): boolean {
  const { configuration, engine } = parts
  return configuration.nodes[name] !== undefined || isMember(parts, name) || engine.has(actorOf.node(name))
}

/** Who has not heard what is decided does not know who is gone. */
function mayGo(parts: Parts, name: string): boolean {
  return parts.replica.isUpToDate && !isMember(parts, name) && hasStopped(parts, name)
}

/** Apart from an arbiter, which never leads. */
function isMember({ replica }: Parts, name: string): boolean {
  return replica.members.some((member) => member.name === name && member.kind !== 'arbiter')
}

/** An arbiter has no machine, and nothing that could act; nor has who is only in the file. */
function hasStopped({ engine }: Parts, name: string): boolean {
  if (!engine.has(actorOf.node(name))) return true
  const { availability } = engine.snapshot(actorOf.node(name)).context as NodeContext
  return stoppedAvailabilities.includes(availability)
}
