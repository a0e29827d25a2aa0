/** A node that recovery fells (SPEC R7): fenced by its agent, or, where it has none, its guard ends everything there and begins anew. */
import type { CrimEffect } from '../../machines/crim.ts'
import type { Cause } from '../engine/record.ts'
import { exitCodes } from '../guard/exitCodes.ts'
import { logger } from '../log/log.ts'
import { requestOperation } from './fencing.ts'
import type { Parts } from './parts.ts'

const log = logger('node')

type Felling = Extract<CrimEffect, { type: 'fence.order' | 'node.restart' }>

/** On the master. */
export function fell(parts: Parts, effect: Felling, cause: Cause): void {
  if (!parts.sight.isLeaderLeaseValid()) return
  const { node, reason } = effect
  log.warn('{node} is felled: {reason}', { node, reason })
  if (effect.type === 'fence.order') {
    // Nobody waits for the answer: what comes of it is seen in what becomes of the node.
    const id = `${parts.self}:recovery`
    return requestOperation(parts, { id, operation: { operation: 'fence', node, how: 'run' } }, cause)
  }
  if (node === parts.self) restartNode(parts, effect)
  else parts.post(node, effect, cause)
}

/** On the node itself. An order for an earlier life is over. */
export function restartNode(parts: Parts, order: { incarnation: number; reason: string; epoch: number }): void {
  if (order.epoch < parts.commandEpoch.highest || order.incarnation !== parts.incarnation) return
  log.fatal('the master has everything here ended: {reason}', { reason: order.reason })
  parts.exit(exitCodes.felled)
}
