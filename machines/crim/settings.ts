/** Lock, unlock and maintenance: states that operators set, kept in the repository until they are taken away again. */
import { nodeOf } from '../model/ids.ts'
import type { Operation, OperationResult, Target } from '../model/operation.ts'
import { stoppedAvailabilities } from '../model/status.ts'
import type { Change, CrimContext } from './context.ts'
import { below, clusterStateKey, prefixes } from './keys.ts'
import { componentsOf, lockChanges, maintenanceChanges, nameOf } from './targets.ts'

export type Setting =
  | { readonly operation: 'lock' | 'unlock'; readonly target: Target }
  | { readonly operation: 'maintenance'; readonly target: Target; readonly isOn: boolean }

export function isSetting(operation: Operation): operation is Operation & Setting {
  return operation.operation === 'lock' || operation.operation === 'unlock' || operation.operation === 'maintenance'
}

export function changesOf(context: CrimContext, operation: Setting): Change[] {
  return operation.operation === 'maintenance'
    ? maintenanceChanges(context, operation.target, operation.isOn)
    : lockChanges(context, operation.target, operation.operation === 'lock')
}

/** What it asks for is so already. An unlock is not: it also forgives what failed too often. */
export function isSetAlready(context: CrimContext, operation: Setting): boolean {
  return operation.operation !== 'unlock' && changesOf(context, operation).every((change) => isIn(context, change))
}

/** null while it is under way: a lock is done when what it covers has stopped. */
export function settingResult(context: CrimContext, operation: Setting): OperationResult | null {
  if (!changesOf(context, operation).every((change) => isIn(context, change))) return null
  if (operation.operation === 'lock' && !isOut(context, operation.target)) return null
  return { ok: true, text: textOf(operation) }
}

export function textOf(operation: Setting): string {
  const name = nameOf(operation.target)
  if (operation.operation !== 'maintenance') return `${name} is ${operation.operation}ed`
  return operation.isOn ? `${name} is in maintenance` : `${name} is no longer in maintenance`
}

/** Locks of components are kept apart from the other states (`CrimContext`). */
function isIn({ locked, administrative }: CrimContext, { key, value }: Change): boolean {
  if (key === clusterStateKey) return administrative.isMaintained === (value === 'maintenance')
  const component = below(prefixes.lock, key)
  if (component !== null) return ((locked as Record<string, true>)[component] ?? null) === value
  const { nodes, assignments, components } = administrative
  const state: string | undefined =
    nodes[below(prefixes.node, key) ?? ''] ??
    assignments[below(prefixes.assignment, key) ?? ''] ??
    (components as Record<string, string>)[below(prefixes.component, key) ?? '']
  return (state ?? null) === value
}

/** Nothing that the target covers has a role any more, as far as its nodes can say; a spare has none worth the name. */
function isOut(context: CrimContext, target: Target): boolean {
  return componentsOf(context, target).every((component) => {
    const { availability } = context.nodes[nodeOf(component)] ?? { availability: 'unknown' }
    if (stoppedAvailabilities.includes(availability) || availability === 'unreachable') return true
    const status = context.statuses[component]
    if (status === undefined) return false
    return (
      (status.role === 'offline' && status.phase === 'stopped') || (isSpareAllowed(target) && status.role === 'spare')
    )
  })
}

/** One that is locked itself stops; another may stay ready for what is not locked. */
function isSpareAllowed({ kind }: Target): boolean {
  return kind === 'assignment' || kind === 'group'
}
