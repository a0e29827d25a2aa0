/** Which protocols the others understand (`machines/logic/protocol.ts`), and whom this node heeds. */
import {
  effectiveProtocol,
  formatProtocols,
  isCompatible,
  type ProtocolRange,
  parseProtocols,
  releaseProtocols,
} from '../../machines/logic/protocol.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { logger } from '../log/log.ts'
import { actorOf, type Parts } from './parts.ts'

const log = logger('node')

/** For tests of mixed releases alone: `ROLECALL_TEST_PROTOCOLS=1-2` makes this node one of another release. */
const testVariable = 'ROLECALL_TEST_PROTOCOLS'

export function protocolsHere(environment: Readonly<Record<string, string | undefined>>): ProtocolRange {
  return parseProtocols(environment[testVariable] ?? '') ?? releaseProtocols
}

type Speakers = Pick<Parts, 'protocols' | 'ownProtocols' | 'replica' | 'engine'>

/** What is said in a hello. Returns whether the node is heeded. */
export function protocolsHeard(parts: Speakers, node: NodeName, range: ProtocolRange): boolean {
  const { protocols, ownProtocols, replica, engine } = parts
  const known = protocols.get(node)
  protocols.set(node, range)
  const isSpoken = isCompatible(ownProtocols, range)
  if (isSpoken || (known && !isCompatible(ownProtocols, known))) return isSpoken
  log.error('{node} speaks protocol {theirs}, this release {ours}: nothing it says is heeded', {
    node,
    theirs: formatProtocols(range),
    ours: formatProtocols(ownProtocols),
  })
  if (replica.leader === node) engine.send(actorOf.membership, { type: 'leader.suspected', leader: node })
  return false
}

/** Neither of another cluster, nor of a release that shares no protocol with this one. */
export function isHeeded({ foreigners, protocols, ownProtocols }: Parts, node: NodeName): boolean {
  const range = protocols.get(node)
  return !foreigners.has(node) && (range === undefined || isCompatible(ownProtocols, range))
}

/** What the cluster speaks. A member that is away counts as it was last heard. */
export function protocolOf({ ownProtocols, protocols, addresses }: Parts): number {
  const members = [...protocols].filter(([name]) => addresses.has(name)).map(([, range]) => range)
  return effectiveProtocol(ownProtocols, members)
}

/** Of those that share none with this node: what they speak. */
export function refusedProtocols(parts: Parts): { node: NodeName; theirs: string; ours: string }[] {
  const ours = formatProtocols(parts.ownProtocols)
  return [...parts.protocols]
    .filter(([name, range]) => parts.addresses.has(name) && !isCompatible(parts.ownProtocols, range))
    .map(([node, range]) => ({ node, theirs: formatProtocols(range), ours }))
}
