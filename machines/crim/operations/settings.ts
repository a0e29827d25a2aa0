/** Lock, unlock and maintenance: states that operators set, kept in the repository until they are taken away again. */
import { nodeOf } from '../../model/ids.ts'
import type { Operation, OperationResult, Target } from '../../model/operation.ts'
import { stoppedAvailabilities } from '../../model/status.ts'
import { applied, forgivenBy } from '../applied.ts'
import type { Change, CrimContext } from '../context.ts'
import { below, clusterStateKey, prefixes } from '../keys.ts'
import { planInputOf } from '../propose.ts'
import { failedWith, noSuch, type OperationKind, refused } from './kind.ts'
import { lockChanges, maintenanceChanges, nameOf, placesOf, whyUnknown } from './targets.ts'

type Setting = Operation & { readonly target: Target }

export const setting: OperationKind<Setting> = {
  name: (operation) =>
    operation.operation === 'maintenance'
      ? `maintenance of ${nameOf(operation.target)}`
      : `${operation.operation}ing ${nameOf(operation.target)}`,
  check(context, operation) {
    const unknown = whyUnknown(context, operation.target)
    if (unknown !== null) return noSuch(unknown)
    const changes = changesOf(context, operation)
    // An unlock also forgives what failed too often.
    if (operation.operation !== 'unlock' && changes.every((change) => isIn(context, change)))
      return { kind: 'done', text: `${textOf(operation)} already` }
    const conflict = changes.map((change) => conflictOf(context, change, operation)).find((text) => text !== null)
    if (conflict) return refused(conflict)
    return { kind: 'possible', after: afterChanges(context, changes) }
  },
  /** What is unlocked may not have been locked, but barred. */
  begin(context, pending, operation) {
    const change: { -readonly [Key in keyof CrimContext]?: CrimContext[Key] } = {}
    if (operation.operation === 'unlock')
      for (const of of changesOf(context, operation)) Object.assign(change, forgivenBy({ ...context, ...change }, of))
    return { change, pending, changes: [] }
  },
  isDecided: (context, operation) => changesOf(context, operation).every((change) => isIn(context, change)),
  changes: (context, _, operation) => changesOf(context, operation),
  result(context, { isDecided }, operation) {
    if (isComplete(context, operation)) return { ok: true, text: textOf(operation) }
    return isDecided && !setting.isDecided!(context, operation) ? undone(operation) : null
  },
}

/** Somebody else asked for something else. */
export function undone({ target }: { readonly target: Target }): OperationResult {
  return failedWith(`what is set of ${nameOf(target)} was changed meanwhile; see status`)
}

/** The planner's input once the repository has taken changes over. */
export function afterChanges(context: CrimContext, changes: readonly Change[]) {
  const entries = changes.map((change) => ({ ...change, epoch: context.epoch, index: 0 }))
  return planInputOf({ ...context, ...applied(context, entries) })
}

function changesOf(context: CrimContext, operation: Setting): Change[] {
  return operation.operation === 'maintenance'
    ? maintenanceChanges(context, operation.target, operation.isOn)
    : lockChanges(context, operation.target, operation.operation === 'lock')
}

/** A lock is done when what it covers has stopped. */
function isComplete(context: CrimContext, operation: Setting): boolean {
  const isSet = changesOf(context, operation).every((change) => isIn(context, change))
  return isSet && (operation.operation !== 'lock' || isOut(context, operation.target))
}

function textOf(operation: Setting): OperationResult['text'] {
  const name = nameOf(operation.target)
  if (operation.operation !== 'maintenance') return `${name} is ${operation.operation}ed`
  return operation.isOn ? `${name} is in maintenance` : `${name} is no longer in maintenance`
}

/** Locked and in maintenance at once it cannot be: there is one state of each. */
function conflictOf(context: CrimContext, { key, value }: Change, { operation, ...of }: Setting): string | null {
  const state = stateAt(context, key)
  if (key.startsWith(prefixes.lock) || key.startsWith(prefixes.component)) return null
  const name = key.slice(key.lastIndexOf('/') + 1)
  const isEnding = operation === 'maintenance' && 'isOn' in of && !of.isOn
  if (state === 'maintenance' && (operation === 'lock' || operation === 'unlock'))
    return `${name} is in maintenance: end that first`
  if ((state === 'standby' || state === 'locked') && operation === 'maintenance')
    return isEnding && value === null ? `${name} is locked, not in maintenance` : `${name} is locked: unlock it first`
  return null
}

/** What the repository has is as the change would have it. */
export function isIn(context: CrimContext, { key, value }: Change): boolean {
  return (stateAt(context, key) ?? null) === value
}

/** As it is written; locks of components are kept apart from the other states. */
function stateAt({ locked, administrative }: CrimContext, key: string): unknown {
  if (key === clusterStateKey) return administrative.isMaintained ? 'maintenance' : null
  const component = below(prefixes.lock, key)
  if (component !== null) return (locked as Record<string, true>)[component]
  const { nodes, assignments, components } = administrative
  return (
    nodes[below(prefixes.node, key) ?? ''] ??
    assignments[below(prefixes.assignment, key) ?? ''] ??
    (components as Record<string, string>)[below(prefixes.component, key) ?? '']
  )
}

/** Nothing that the target covers has a role any more, as far as its nodes can say. What is not locked itself may stay as a spare. */
export function isOut(context: CrimContext, target: Target): boolean {
  const isSpareAllowed = target.kind === 'assignment' || target.kind === 'group'
  return placesOf(context, target).every(({ place }) => {
    const availability = context.nodes[nodeOf(place)]?.availability ?? 'unknown'
    if (stoppedAvailabilities.includes(availability) || availability === 'unreachable') return true
    const status = context.statuses[place]
    if (status === undefined) return false
    return (status.role === 'offline' && status.phase === 'stopped') || (isSpareAllowed && status.role === 'spare')
  })
}
