/** The cluster log's place in the node: what it takes from it, and what it is told. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { upAvailabilities } from '../../machines/model/status.ts'
import type { NodeContext } from '../../machines/node.ts'
import { openArchive } from '../clusterLog/archiveSink.ts'
import type { Candidate } from '../clusterLog/keepers.ts'
import { NodeLog } from '../clusterLog/nodeLog.ts'
import { Tap } from '../clusterLog/tap.ts'
import { actorOf, type Parts } from './parts.ts'
import type { NodePorts } from './ports.ts'

/** Those of its messages are heeded by releases from this protocol on. */
const protocolMin = 2

/** null: the node has no part in the log. */
export function tapOf(
  of: { configuration: Configuration; self: NodeName; incarnation: number },
  ports: Pick<NodePorts, 'startSpool'>,
): Tap | null {
  const { configuration, self, incarnation } = of
  const isWanted = configuration.log?.isEnabled === true && ports.startSpool !== undefined
  return isWanted ? new Tap({ node: self, incarnation }) : null
}

export function clusterLogOf(parts: Parts, tap: Tap, { startSpool }: Pick<NodePorts, 'startSpool'>): NodeLog {
  const { self, incarnation, clock, engine, configuration } = parts
  const { copies, spoolSizeBytes, spoolAgeMs, archive, archiveTokenFile } = configuration.log!
  const stateOf = (what: string) => join(configuration.stateDirectory, self, what)
  const token = archiveTokenFile === null ? null : () => readFileSync(archiveTokenFile, 'utf8').trim()
  return new NodeLog({
    self,
    incarnation,
    clock,
    tap,
    directories: { spool: stateOf('log'), blackBox: stateOf('black-box') },
    limits: { sizeBytesMax: spoolSizeBytes, ageMaxUs: spoolAgeMs * 1000, isArchived: archive !== null },
    copies,
    archive: archive === null ? null : openArchive({ to: archive, cluster: configuration.cluster, node: self, token }),
    startSpool: startSpool!,
    candidates: () => candidatesOf(parts),
    peers: () => parts.peers.filter((node) => isUp(parts, node) && isSpoken(parts, node)),
    lifeOf: (node) => parts.network.incarnationOf(node),
    onProblems: () => parts.publisher.touch(),
    send: (to, message) => parts.network.post(to, message),
    sealTime() {
      engine.observe({ us: clock.wallUs(), count: 0 })
      // There may be more at this very microsecond.
      return engine.time.us - 1
    },
  })
}

function candidatesOf(parts: Parts): Candidate[] {
  const { self, replica, configuration } = parts
  return Object.entries(configuration.nodes).map(([name, { rank, isEligible = true }]) => ({
    name,
    rank,
    isEligible,
    isUp: name === self || isUp(parts, name),
    isMaster: name === replica.leader,
  }))
}

function isUp({ engine }: Parts, node: NodeName): boolean {
  const actor = actorOf.node(node)
  if (!engine.has(actor)) return false
  return upAvailabilities.includes((engine.snapshot(actor).context as NodeContext).availability)
}

function isSpoken({ protocols }: Parts, node: NodeName): boolean {
  return (protocols.get(node)?.newest ?? 0) >= protocolMin
}
