/** The cluster as this node can tell it: its own sight of nodes and mastership, the master's last word of the rest. */

import { failoverBar } from '../../machines/logic/fencing.ts'
import { majorityOf } from '../../machines/logic/quorum.ts'
import type { NodeName } from '../../machines/model/ids.ts'
import { type NodeAvailability, upAvailabilities } from '../../machines/model/status.ts'
import type { ClusterView, LinkView, NodeView } from '../../machines/model/view.ts'
import type { NodeContext } from '../../machines/node.ts'
import { type Assignments, lastKnown, unheardAssignments } from '../manage/masterWord.ts'
import { problemsOf } from '../manage/problems.ts'
import { failedFences } from './fencing.ts'
import { actorOf, type Parts } from './parts.ts'

export function viewOf(parts: Parts): ClusterView {
  const { self, configuration, sight, replica, guardProblems } = parts
  const voters = Object.keys(configuration.nodes)
  const nodes = voters.map((name) => nodeViewOf(parts, name))
  const aliveVoterCount = nodes.filter(({ availability }) => upAvailabilities.includes(availability)).length
  const neededCount = majorityOf(voters.length)
  // The lease is judged by the clock at this moment: a node that was frozen has noticed nothing yet when it wakes.
  const isInTouch = sight.isNodeLeaseValid()
  const isQuorate = isInTouch && replica.leader !== null && aliveVoterCount >= neededCount
  const { assignments, components } = wordOf(parts, { nodes, isQuorate })
  const view: ClusterView = {
    cluster: configuration.cluster,
    node: self,
    epoch: replica.epoch,
    master: replica.leader,
    vice: replica.vice,
    quorum: {
      isQuorate,
      voterCount: voters.length,
      aliveVoterCount,
      neededCount,
    },
    nodes,
    assignments,
    components,
    problems: [],
  }
  const fences = voters.filter((name) => configuration.nodes[name]!.fence !== undefined)
  const facts = {
    isSecretDefault: configuration.secret === null,
    hungNodes: sight.stalledNodes(),
    guardProblems: guardProblems.list,
    failoverBar: failoverBar({ voters, arbiter: configuration.arbiter?.name ?? null, fences }),
    failedFences: failedFences(parts),
  }
  return { ...view, problems: problemsOf(view, facts) }
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
  const { self, configuration, replica, engine, sight } = parts
  const { links, rank } = configuration.nodes[name]!
  const nowMs = parts.clock.nowMs()
  const linkViews: LinkView[] = links.map(({ host, port }, index) => ({
    address: `${host}:${port}`,
    isUp: name === self || isHeard(sight.linkHeardMs(name, index), nowMs),
  }))
  const mastership = name === replica.leader ? 'master' : name === replica.vice ? 'vice' : 'member'
  const seen = name === self ? selfSight(parts) : peerSight(engine.snapshot(actorOf.node(name)).context as NodeContext)
  return { name, ...seen, mastership, rank, links: linkViews }
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
