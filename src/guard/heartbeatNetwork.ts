/**
 * The guard's own network: heartbeats on every link, at the port after the one for messages (`heartbeatAddressOf`), sealed like
 * everything between nodes. Apart from the node process's, so that heartbeats wait for nobody.
 */
import type { LinkAddress } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { realClock } from '../engine/clock.ts'
import { openNetwork } from '../transport/network.ts'
import type { Heartbeat } from '../wire/messages/heartbeat.ts'
import { createHeartbeatCodec } from '../wire/messages/heartbeatCodec.ts'
import type { HeartbeatNetwork, HeartbeatNetworkOptions } from './heartbeatService.ts'

/** UDP. At the port of the link itself messages are heard over UDP, and guards keep watch over TCP. */
export function heartbeatAddressOf({ host, port }: LinkAddress): LinkAddress {
  return { host, port: port + 1 }
}

export async function openHeartbeatNetwork(
  options: HeartbeatNetworkOptions & {
    readonly self: NodeName
    readonly cluster: string
    readonly secret: string | null
    readonly ownLinks: readonly LinkAddress[]
  },
): Promise<HeartbeatNetwork> {
  const { onHeartbeat, ownLinks, peers, ...rest } = options
  const network = await openNetwork<Heartbeat>({
    ...rest,
    peers: heartbeatLinksOf(peers),
    ownLinks: ownLinks.map(heartbeatAddressOf),
    clock: realClock,
    codec: createHeartbeatCodec(),
    onMessage: onHeartbeat,
  })
  return {
    send: (to, heartbeat) => network.send(to, heartbeat),
    links: () => network.links(),
    setPeers: (next) => network.setPeers(heartbeatLinksOf(next)),
    close: () => network.close(),
  }
}

function heartbeatLinksOf(
  peers: Readonly<Record<NodeName, readonly LinkAddress[]>>,
): Record<NodeName, readonly LinkAddress[]> {
  return Object.fromEntries(Object.entries(peers).map(([node, links]) => [node, links.map(heartbeatAddressOf)]))
}
