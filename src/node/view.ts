/** The cluster as this node can tell it: its own sight of nodes and mastership, the master's last word of the rest. */

import { failoverBar } from '../../machines/logic/fencing.ts'
import { formatProtocols } from '../../machines/logic/protocol.ts'
import { majorityOf } from '../../machines/logic/quorum.ts'
import { quorumMembers } from '../../machines/logic/replicatedLog.ts'
import type { LinkAddress } from '../../machines/model/configuration.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { type NodeAvailability, upAvailabilities } from '../../machines/model/status.ts'
import type { ArbiterView, ClusterView, LinkView, NodeView, QuorumView } from '../../machines/model/view.ts'
import type { NodeContext } from '../../machines/node.ts'
import { votersOf } from '../guard/surroundings.ts'
import { type Assignments, lastKnown, unheardAssignments } from '../manage/masterWord.ts'
import { problemsOf } from '../manage/problems.ts'
import { failedFences } from './fencing.ts'
import { actorOf, type Parts } from './parts.ts'
import { protocolOf, refusedProtocols } from './protocol.ts'

export function viewOf(parts: Parts): ClusterView {
  const { self, configuration, sight, replica, guardProblems } = parts
  const nodes = Object.keys(configuration.nodes).map((name) => nodeViewOf(parts, name))
  const arbiter = arbiterViewOf(parts)
  const quorum = quorumOf(parts, nodes, arbiter)
  const { isQuorate } = quorum
  const { assignments, components, states } = wordOf(parts, { nodes, isQuorate })
  const view: ClusterView = {
    cluster: configuration.cluster,
    node: self,
    epoch: replica.epoch,
    master: replica.leader,
    vice: replica.vice,
    protocol: protocolOf(parts),
    quorum,
    nodes: nodes.map((node) => ({ ...node, ...(states?.nodes[node.name] && { state: states.nodes[node.name] }) })),
    arbiter,
    assignments,
    components,
    ...(states?.isMaintained && { isMaintained: true as const }),
    problems: [],
  }
  const voters = votersOf(configuration.nodes)
  const fences = voters.filter((name) => configuration.nodes[name]!.fence !== undefined)
  const facts = {
    isSecretDefault: configuration.secret === null,
    differingKeys: parts.reconfiguration?.differingKeys() ?? [],
    hungNodes: sight.stalledNodes(),
    guardProblems: guardProblems.list,
    failoverBar: failoverBar({ voters, arbiter: configuration.arbiter?.name ?? null, fences }),
    failedFences: failedFences(parts),
    missingFounders: parts.joining.missing,
    timingWaitsFor: parts.reconfiguration?.timings.waitedFor() ?? [],
    isWaitingForAdmission: parts.joining.isWaitingForAdmission,
    foreigners: [...parts.foreigners],
    refusedProtocols: refusedProtocols(parts),
    logProblems: parts.clusterLog?.problems() ?? [],
    httpProblem: parts.http.problem(),
  }
  return { ...view, problems: problemsOf(view, facts) }
}

/** Counted among those whose votes count; before there is a cluster, among those who will found it. */
function quorumOf(parts: Parts, nodes: readonly NodeView[], arbiter: ArbiterView | null): QuorumView {
  const { replica, sight, configuration } = parts
  const members = quorumMembers(replica.members).map(({ name }) => name)
  const configured = [...votersOf(configuration.nodes), ...(arbiter ? [arbiter.name] : [])]
  const voters = members.length > 0 ? members : configured
  const up = nodes.filter(({ availability }) => upAvailabilities.includes(availability)).map(({ name }) => name)
  const alive = arbiter?.isAlive ? [...up, arbiter.name] : up
  const aliveVoterCount = voters.filter((name) => alive.includes(name)).length
  const neededCount = majorityOf(voters.length)
  // The lease is judged by the clock at this moment: a node that was frozen has noticed nothing yet when it wakes.
  const isQuorate = sight.isNodeLeaseValid() && replica.leader !== null && aliveVoterCount >= neededCount
  return { isQuorate, voterCount: voters.length, aliveVoterCount, neededCount }
}

function arbiterViewOf(parts: Parts): ArbiterView | null {
  const { arbiter } = parts.configuration
  if (!arbiter) return null
  const { name, links } = arbiter
  return { name, isAlive: parts.sight.aliveNodes().includes(name), links: linkViewsOf(parts, name, links) }
}

/** The word of a master that is no longer there is what was: of this node's own components it is known what is. */
function wordOf(
  { self, configuration, replica, publisher, statuses }: Parts,
  { nodes, isQuorate }: { nodes: readonly NodeView[]; isQuorate: boolean },
): Assignments {
  const { word } = publisher
  if (word === null) return unheardAssignments(configuration)
  if (isQuorate && word.master === replica.leader) return word
  const upNodes = nodes.filter(({ availability }) => upAvailabilities.includes(availability)).map(({ name }) => name)
  return lastKnown(word, { self, upNodes, statuses })
}

function nodeViewOf(parts: Parts, name: NodeName): NodeView {
  const { self, configuration, replica, engine } = parts
  const { links, rank } = configuration.nodes[name]!
  const mastership = name === replica.leader ? 'master' : name === replica.vice ? 'vice' : 'member'
  const protocols = name === self ? parts.ownProtocols : parts.protocols.get(name)
  const vote = voteOf(parts, name)
  const seen = name === self ? selfSight(parts) : peerSight(engine.snapshot(actorOf.node(name)).context as NodeContext)
  return {
    name,
    ...seen,
    mastership,
    vote,
    rank,
    protocols: protocols ? formatProtocols(protocols) : null,
    links: linkViewsOf(parts, name, links),
  }
}

/** A node whose disk is not the one that the members name counts for nothing, until it is admitted with it. */
function voteOf({ self, replica, disks }: Parts, name: NodeName): NodeView['vote'] {
  const member = replica.members.find((each) => each.name === name)
  const disk = name === self ? replica.disk : disks.get(name)
  if (member === undefined || member.kind === 'arbiter') return 'none'
  return disk === undefined || disk === member.disk ? member.kind : 'none'
}

function linkViewsOf({ self, sight, clock }: Parts, name: NodeName, links: readonly LinkAddress[]): LinkView[] {
  const nowMs = clock.nowMs()
  return links.map(({ host, port }, index) => ({
    address: `${host}:${port}`,
    isUp: name === self || isHeard(sight.linkHeardMs(name, index), nowMs),
  }))
}

/** Heartbeats come on every link all the time: one that has brought nothing for this long is down. */
const linkSilenceMaxMs = 500

function isHeard(heardMs: number | null, nowMs: number): boolean {
  return heardMs !== null && nowMs - heardMs <= linkSilenceMaxMs
}

function selfSight(parts: Parts): { availability: NodeAvailability; incarnation: number } {
  return { availability: parts.leaving.isLeaving() ? 'leaving' : 'alive', incarnation: parts.incarnation }
}

function peerSight(context: NodeContext): { availability: NodeAvailability; incarnation: number } {
  return { availability: context.availability, incarnation: context.incarnation }
}
