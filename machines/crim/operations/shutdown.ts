/**
 * Shut-down: what has a primary there hands over first, while it is still in use, and only then it is locked. Where the hand-over fails
 * nothing is locked, and the primary stays; forced, it is locked without one.
 */
import type { AssignmentName, ComponentId } from '../../model/ids.ts'
import type { Operation, Target } from '../../model/operation.ts'
import { modelOf } from '../../model/redundancy.ts'
import type { CrimContext } from '../context.ts'
import { failedWith, noSuch, type OperationKind, refused } from './kind.ts'
import { afterChanges, isIn, isOut, undone } from './settings.ts'
import { handOverResult, handOvers, successorFor } from './switchover.ts'
import { lockChanges, nameOf, placesOf, whyUnknown } from './targets.ts'

type Shutdown = Operation & { readonly target: Target }

export const shutdown: OperationKind<Shutdown> = {
  name: ({ target }) => `shutting ${nameOf(target)} down`,
  check(context, { target }) {
    const unknown = whyUnknown(context, target)
    if (unknown !== null) return noSuch(unknown)
    const changes = lockChanges(context, target, true)
    if (changes.every((change) => isIn(context, change)))
      return { kind: 'done', text: `${nameOf(target)} is locked already` }
    if (target.kind === 'node' && context.administrative.nodes[target.node] === 'maintenance')
      return refused(`${target.node} is in maintenance: end that first`)
    return { kind: 'possible', after: afterChanges(context, changes) }
  },
  begin: (context, pending, { target }) => handOvers(context, pending, successorsOf(context, target)),
  isDecided: (context, { target }) => lockChanges(context, target, true).every((change) => isIn(context, change)),
  changes: (context, { successors }, { target }) =>
    isHandedOver(context, successors) ? lockChanges(context, target, true) : [],
  result(context, { successors, isDecided }, { target }) {
    const isLocked = shutdown.isDecided!(context, { operation: 'shutdown', target })
    if (isDecided && !isLocked) return undone({ target })
    if (isLocked) return isOut(context, target) ? { ok: true, text: `${nameOf(target)} is shut down and locked` } : null
    for (const [assignment, to] of Object.entries(successors)) {
      const result = handOverResult(context, assignment, to)
      if (result?.ok === false) return failedWith(`${result.text}; ${nameOf(target)} stays in use`)
    }
    return null
  },
}

/** Of an assignment as a whole nobody takes over; one of several primaries is not followed by one of its own. */
function successorsOf(context: CrimContext, target: Target): Record<AssignmentName, ComponentId> {
  if (target.kind !== 'component' && target.kind !== 'node') return {}
  const found: Record<AssignmentName, ComponentId> = {}
  for (const { place, assignment } of placesOf(context, target)) {
    const configured = context.configuration.assignments[assignment]
    if (context.intents[assignment]?.roles[place]?.role !== 'primary' || !configured) continue
    if (modelOf(configured).primaries.preferred > 1) continue
    const successor = successorFor(context, assignment, null)
    if (successor.kind === 'found') found[assignment] = successor.place
  }
  return found
}

function isHandedOver(context: CrimContext, successors: Readonly<Record<AssignmentName, ComponentId>>): boolean {
  return Object.entries(successors).every(([assignment, to]) => handOverResult(context, assignment, to)?.ok === true)
}
