/** Fencing of the other nodes: their machines, what they are told, and what they ask for (machines/fencing.ts). */

import type { StoredIntent } from '../../machines/crim/context.ts'
import { intentKey } from '../../machines/crim/keys.ts'
import type { CrimContext } from '../../machines/crim.ts'
import type { FencingContext, FencingEffect, FencingInput } from '../../machines/fencing.ts'
import { comeBackMs, fenceDelayMs } from '../../machines/logic/fencing.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, type NodeName, nodeOf } from '../../machines/model/ids.ts'
import type { AnyOperation, OperationResult } from '../../machines/model/operation.ts'
import { activeRoles } from '../../machines/model/roles.ts'
import type { NodeEffect } from '../../machines/node.ts'
import type { Cause } from '../engine/record.ts'
import type { FenceReport } from '../fence/runner.ts'
import { votersOf } from '../guard/surroundings.ts'
import { logger } from '../log/log.ts'
import { observe } from './observing.ts'
import { Operations } from './operations.ts'
import { actorOf, type Parts } from './parts.ts'

const log = logger('fence')

/** Before the second attempt; doubled for each further one. */
const retryDelayMs = 1_000

export function startFencing(parts: Parts): void {
  for (const node of parts.peers) startFencingOf(parts, node)
}

export function startFencingOf({ engine, self, configuration }: Parts, node: NodeName): void {
  const voters = votersOf(configuration.nodes)
  const fence = configuration.nodes[node]?.fence
  const input: FencingInput = {
    node,
    self,
    hasAgent: fence !== undefined,
    isPair: isPair(configuration),
    delayMs: fenceDelayMs({ voters, node, configuredMs: fence?.delayMs ?? null }),
    comeBackMs,
    attemptCountMax: 1 + (fence?.retryCountMax ?? 0),
    retryDelayMs,
  }
  engine.start(actorOf.fencing(node), 'fencing', input)
}

/** Two votes, and no third. */
export function isPair({ nodes, arbiter }: Pick<Configuration, 'nodes' | 'arbiter'>): boolean {
  return votersOf(nodes).length === 2 && !arbiter
}

/**
 * Of two voters the other is known to be off, and nobody leads: to be called now and then. Membership may have been giving up its own
 * mastership when it was told, or have had to wait.
 */
export function remindOfFence({ engine, configuration, replica, peers }: Parts): void {
  if (!isPair(configuration) || replica.leader !== null) return
  const off = peers.find((node) => engine.snapshot(actorOf.fencing(node)).value === 'confirmed')
  if (off !== undefined) engine.send(actorOf.membership, { type: 'fence.confirmed', other: off })
}

export function performForFencing(
  parts: Parts,
  effect: Exclude<FencingEffect, { type: 'operation.answer' }>,
  cause: Cause,
): void {
  switch (effect.type) {
    case 'fence.request':
      return parts.fences.request(effect)
    case 'fence.abandon':
      return parts.fences.abandon(effect.node)
    case 'fence.confirmed': {
      const { node, incarnation, how } = effect
      log.warn('{node} is off ({how})', { node, how })
      parts.causes.fenced(node, cause)
      return parts.guard.fenced({ node, incarnation, how })
    }
    case 'fence.gaveUp':
      log.error('{node} is not fenced after {attemptCount} attempts: {detail}', { ...effect })
  }
}

export function fenceReported(parts: Parts, { node, attempt, isConfirmed, detail }: FenceReport): void {
  const event = isConfirmed
    ? { type: 'fence.succeeded' as const, attempt }
    : { type: 'fence.failed' as const, attempt, detail }
  parts.engine.send(actorOf.fencing(node), event)
}

/** What a node's machine said of it. The need comes first: it is judged at the moment at which the node falls silent. */
export function peerChanged(parts: Parts, { node, availability, incarnation }: NodeEffect, cause: Cause): void {
  const actor = actorOf.fencing(node)
  if (!parts.engine.has(actor)) return
  parts.engine.send(actor, { type: 'need.changed', isNeeded: mayBeActiveOn(parts, node) }, cause)
  parts.engine.send(actor, { type: 'node.changed', availability, incarnation }, cause)
}

export function mastershipChanged(parts: Parts, type: 'mastership.acquired' | 'mastership.lost', cause: Cause): void {
  for (const node of parts.peers) {
    const actor = actorOf.fencing(node)
    parts.engine.send(actor, { type: 'need.changed', isNeeded: mayBeActiveOn(parts, node) }, cause)
    parts.engine.send(actor, { type }, cause)
  }
}

/** An order to fence goes to the node's fencing, a question what is known is answered here, any other operation goes to the CRIM. */
export function requestOperation(
  parts: Parts,
  { id, operation }: { id: string; operation: AnyOperation },
  cause: Cause | null,
): void {
  const requester = Operations.requesterOf(id)
  const answer = (result: OperationResult): void => {
    if (requester === parts.self) parts.operations.answered(id, result)
    else parts.post(requester, { type: 'operation.answer', id, result }, cause)
  }
  if (operation.operation === 'observe') return answer(observe(parts, { isRemote: requester !== parts.self }))
  if (operation.operation !== 'fence')
    return parts.engine.send(actorOf.crim, { type: 'operation.requested', id, operation }, cause)
  const actor = actorOf.fencing(operation.node)
  if (parts.engine.has(actor)) return parts.engine.send(actor, { type: `fence.${operation.how}`, id }, cause)
  answer({
    ok: false,
    code: 'refused',
    text: `${operation.node} is the node that would fence: a node does not fence itself`,
  })
}

/** Of each node that was given up on, why. */
export function failedFences({ engine, peers }: Parts): { node: NodeName; detail: string }[] {
  return peers.flatMap((node) => {
    const { value, context } = engine.snapshot(actorOf.fencing(node))
    return value === 'failed' ? [{ node, detail: (context as FencingContext).failure ?? '' }] : []
  })
}

/** By what was decided, or by what was last said: an exclusive component there may act as primary. */
function mayBeActiveOn(parts: Parts, node: NodeName): boolean {
  const { configuration, replica, engine } = parts
  const crim = engine.snapshot(actorOf.crim).context as CrimContext
  return Object.entries(configuration.assignments).some(([assignment, { component }]) => {
    const { type } = configuration.components[component]!
    if (!configuration.types[type]!.exclusive) return false
    const stored = replica.tree.get(intentKey(assignment))?.value as StoredIntent | null | undefined
    const ids = Object.keys(stored?.roles ?? {}) as ComponentId[]
    return ids.some(
      (id) =>
        nodeOf(id) === node && (activeRoles.includes(stored!.roles[id]!.role) || crim.statuses[id]?.isActive === true),
    )
  })
}
