/**
 * Effects of the machines -> the world: what each asks for, and who does it. What goes to a node goes to this one without
 * a detour when it is the one meant.
 */

import type { ComponentEffect } from '../../machines/component.ts'
import { decidedNames, lifeKey } from '../../machines/crim/keys.ts'
import type { CrimEffect } from '../../machines/crim.ts'
import type { FencingEffect } from '../../machines/fencing.ts'
import { endedWith } from '../../machines/logic/contents.ts'
import type { MembershipEffect } from '../../machines/membership.ts'
import { hostOf, type Incarnation, type NodeName, nodeOf } from '../../machines/model/ids.ts'
import { upAvailabilities } from '../../machines/model/status.ts'
import type { NodeEffect } from '../../machines/node.ts'
import type { Cause } from '../engine/record.ts'
import { logger } from '../log/log.ts'
import { runErrand } from './errands.ts'
import { fell } from './felling.ts'
import { mastershipChanged, peerChanged, performForFencing } from './fencing.ts'
import { command, tellStatus } from './inbound.ts'
import { Operations } from './operations.ts'
import { actorOf, type Parts } from './parts.ts'
import { takeSurvey } from './survey.ts'

export type Effect = CrimEffect | ComponentEffect | FencingEffect | MembershipEffect | NodeEffect

const log = logger('node')

export function perform(parts: Parts, effect: Effect, cause: Cause): void {
  switch (effect.type) {
    case 'process.start':
    case 'process.stop':
    case 'role.invoke':
    case 'peers.introduce':
    case 'component.active':
    case 'status.report':
    case 'command.refused':
      return performForComponent(parts, effect, cause)

    case 'fence.request':
    case 'fence.abandon':
    case 'fence.confirmed':
    case 'fence.gaveUp':
      return performForFencing(parts, effect, cause)

    case 'node.changed':
      return nodeChanged(parts, effect, cause)

    case 'mastership.acquired':
      log.info('master from epoch {epoch} on', { epoch: effect.epoch })
      for (const node of parts.peers) {
        const commandedLife = commandedLifeOf(parts, node)
        parts.engine.send(actorOf.node(node), { type: 'mastership.acquired', commandedLife }, cause)
      }
      mastershipChanged(parts, 'mastership.acquired', cause)
      parts.reconfiguration?.takeOver()
      return parts.engine.send(
        actorOf.crim,
        { type: 'mastership.acquired', epoch: effect.epoch, entries: decidedEntries(parts), atMs: timeOf(parts) },
        cause,
      )
    case 'mastership.lost':
      log.warn('no longer master (epoch {epoch})', { epoch: effect.epoch })
      mastershipChanged(parts, 'mastership.lost', cause)
      return parts.engine.send(actorOf.crim, { type: 'mastership.lost' }, cause)
    case 'leader.changed':
      log.info('master is {leader}, vice {vice}, epoch {epoch}', { ...effect })
      return
    case 'lease.drop':
      return parts.sight.dropLease()

    case 'survey.request':
    case 'repository.propose':
    case 'role.command':
    case 'peers.command':
    case 'reset.command':
    case 'selfTest.command':
    case 'fence.order':
    case 'node.restart':
    case 'operation.answer':
      return performForCrim(parts, effect, cause)

    default:
      return parts.replica.perform(effect)
  }
}

function performForComponent(parts: Parts, effect: ComponentEffect, cause: Cause): void {
  switch (effect.type) {
    case 'process.start':
      parts.causes.ordered(effect.component, effect.type, cause)
      return parts.agent.start(effect)
    case 'process.stop':
      parts.causes.ordered(effect.component, effect.type, cause)
      return parts.agent.stop(effect)
    case 'role.invoke':
      parts.causes.ordered(effect.component, effect.type, cause)
      return parts.agent.invoke(effect)
    case 'peers.introduce':
      return parts.agent.introduce(effect)
    case 'component.active':
      return parts.agent.setActive(effect)
    case 'status.report':
      return reportStatus(parts, effect, cause)
    case 'command.refused':
      log.warn('{component} refused {role}: {code}', { ...effect })
  }
}

function performForCrim(parts: Parts, effect: CrimEffect, cause: Cause): void {
  switch (effect.type) {
    case 'survey.request':
      for (const node of effect.nodes) {
        const { epoch } = effect
        const revision = parts.reconfiguration?.revision ?? 0
        if (node === parts.self) takeSurvey(parts, { master: node, epoch, revision, cause })
        else parts.post(node, { type: 'survey.request', epoch, revision }, cause)
      }
      return
    case 'repository.propose': {
      const result = parts.replica.propose(effect.changes)
      if (result.ok) parts.causes.proposed(result.index, cause)
      else
        parts.engine.send(
          actorOf.crim,
          { type: 'proposal.refused', proposal: effect.proposal, code: result.code },
          cause,
        )
      return
    }
    case 'role.command':
    case 'peers.command': {
      // The lease is checked at each side effect, not by a timer. What is not sent is repeated, or is the next master's.
      if (!parts.sight.isLeaderLeaseValid()) return
      const node = nodeOf(effect.component)
      if (node === parts.self) command(parts, { ...effect, peers: [...effect.peers], cause })
      // It would go to a life that has begun since, of which a successor could not know.
      else if (parts.network.incarnationOf(node) <= commandedLifeOf(parts, node)) parts.post(node, effect, cause)
      return
    }
    case 'reset.command':
    case 'selfTest.command': {
      if (!parts.sight.isLeaderLeaseValid()) return
      const node = nodeOf(effect.component)
      if (node === parts.self) runErrand(parts, { ...effect, cause })
      else parts.post(node, effect, cause)
      return
    }
    case 'fence.order':
    case 'node.restart':
      return fell(parts, effect, cause)
    case 'operation.answer': {
      const node = Operations.requesterOf(effect.id)
      if (node === parts.self) parts.operations.answered(effect.id, effect.result)
      else parts.post(node, effect, cause)
    }
  }
}

function reportStatus(parts: Parts, effect: Extract<ComponentEffect, { type: 'status.report' }>, cause: Cause): void {
  // A machine counts the lives of its place; what is told, and compared with others, is that of the process.
  const status = { ...effect.status, incarnation: parts.agent.lifeOf(effect.status) }
  parts.statuses.set(status.component, status)
  if (status.phase === 'stopped') {
    parts.reconfiguration?.settle()
    for (const place of endedWith(parts.configuration, parts.statuses, status))
      parts.engine.send(
        actorOf.component(place),
        { type: 'container.ended', container: hostOf(status.component) },
        cause,
      )
  }
  const master: NodeName | null = parts.replica.leader
  if (master === null) return
  if (master === parts.self) tellStatus(parts, { node: parts.self, incarnation: parts.incarnation }, { status, cause })
  else parts.post(master, { type: 'component.status', status }, cause)
}

/** Tells a master what the components here last said: it need not have noticed that this node had lost sight of it. */
export function reportAll(parts: Parts, master: NodeName | null): void {
  if (master === null || master === parts.self) return
  for (const status of parts.statuses.values()) parts.post(master, { type: 'component.status', status }, null)
}

function nodeChanged(parts: Parts, effect: Extract<NodeEffect, { type: 'node.changed' }>, cause: Cause): void {
  const { node, availability, incarnation, how } = effect
  log.info('{node} is {availability} ({how})', { node, availability, how })
  if (!upAvailabilities.includes(availability)) {
    parts.checkpoints.nodeGone(node)
    parts.ccr.nodeGone(node)
    if (availability !== 'unreachable') parts.network.forget(node)
    if (availability === 'ended' || availability === 'left') parts.network.endLife(node, incarnation)
  }
  parts.engine.send(
    actorOf.crim,
    { type: 'node.changed', node, availability, incarnation, how, atMs: timeOf(parts) },
    cause,
  )
  peerChanged(parts, effect, cause)
  if (!parts.configuration.nodes[node]) parts.reconfiguration?.settle()
}

/** As events carry it, for what counts within a window. */
function timeOf({ clock }: Parts): number {
  return Math.round(clock.nowMs())
}

/** The latest life of a node that this master, or one before it, may have commanded (crim/lives.ts). */
function commandedLifeOf({ replica }: Parts, node: NodeName): Incarnation {
  return (replica.tree.get(lifeKey(node))?.value as Incarnation | undefined) ?? 0
}

/** What the CRIM decided and keeps in the repository; the rest of it is not its concern, and not for the black box. */
export function decidedEntries({ replica }: Parts) {
  return decidedNames.flatMap((name) => replica.tree.list(name))
}
