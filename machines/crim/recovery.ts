/**
 * Recovery of components (SPEC R7): what a report leads to, kept until the component is in its role again. The choice is
 * `logic/recovery/ladder.ts`; here it is counted, and turned into what the planner sees: a bar, a component to be offline for now, a
 * node to be emptied.
 */
import { answerTo } from '../logic/recovery/ladder.ts'
import { counted, recent } from '../logic/recovery/window.ts'
import type { Recovery } from '../model/configuration.ts'
import { type ComponentId, hostOf, type Incarnation, nodeOf } from '../model/ids.ts'
import type { ComponentStatus, Failure } from '../model/status.ts'
import type { CrimChange, CrimContext, Recovering } from './context.ts'
import { isMaintained, placesOfHost, typeOfComponent } from './places.ts'

/** A failure that says nothing against the component itself is not counted, and leads to nothing but a new plan. */
const uncountedCodes: readonly string[] = [
  'lease.lost',
  'node.restarted',
  'node.left',
  'component.removed',
  'proxy.lost',
  'container.ended',
]

/** What a component's status says of its recovery, with what was known before. */
export function recoveryNoted(
  context: CrimContext,
  { before, status, atMs }: { before: ComponentStatus | null; status: ComponentStatus; atMs: number },
): CrimChange {
  if (isMaintained(context, status.component)) return {}
  if (isOver(context, status)) return { recovering: without(context.recovering, status.component) }
  if (isNewFailure(before, status)) return failed(context, status, atMs)
  return isWell(context, status) ? { recovering: without(context.recovering, status.component) } : {}
}

function isNewFailure(before: ComponentStatus | null, { failure, incarnation }: ComponentStatus): boolean {
  if (failure === null || uncountedCodes.includes(failure.code)) return false
  const isSame = before?.failure != null && isSameFailure(before.failure, failure)
  return !isSame || before.incarnation !== incarnation
}

function isSameFailure(a: Failure, b: Failure): boolean {
  return a.code === b.code && a.detail === b.detail
}

/** It was to lose its role, and has stopped, be it that it fell: nothing is left to recover. */
function isOver(context: CrimContext, { component, role, phase }: ComponentStatus): boolean {
  const isRelieved = context.recovering[component]?.isRelieved === true
  return isRelieved && intendedRoleOf(context, component) === 'offline' && role === 'offline' && phase === 'stopped'
}

/** It has the role it is to have. */
function isWell(context: CrimContext, { component, role, phase, failure }: ComponentStatus): boolean {
  const intended = intendedRoleOf(context, component)
  return failure === null && phase === 'ready' && role === intended && context.recovering[component] !== undefined
}

export function intendedRoleOf({ intents }: CrimContext, component: ComponentId): string | null {
  for (const { roles } of Object.values(intents)) if (roles[component]) return roles[component].role
  return null
}

/** Of several places in one component the first report is counted, the others go the same way. */
function failed(context: CrimContext, status: ComponentStatus, atMs: number): CrimChange {
  const { component, incarnation, failure, role } = status
  const same = placesOfHost(context, hostOf(component))
    .filter((place) => place !== component)
    .map((place) => context.recovering[place])
    .find((recovering) => recovering?.incarnation === incarnation)
  if (same) return { recovering: { ...context.recovering, [component]: same } }
  return answered(context, { component, incarnation, code: failure!.code, isInRole: role !== 'offline', atMs })
}

export interface Report {
  readonly component: ComponentId
  readonly incarnation: Incarnation
  readonly code: string
  /** It still has its role. */
  readonly isInRole: boolean
  readonly atMs: number
}

/** Chooses the answer to a report, and counts it. */
export function answered(context: CrimContext, report: Report): CrimChange {
  const { component, incarnation, code, isInRole, atMs } = report
  const type = typeOfComponent(context, component)
  if (!type) return {}
  const host = hostOf(component)
  const within = { atMs, windowMs: type.recovery.restartWindowMs }
  const before = context.recovering[component]
  const answer = answerTo(type.recovery, {
    code,
    isInRole,
    under: before === undefined ? null : (before.recovery ?? 'restart'),
    resetCount: recent(context.resets[host], within).length,
    failureCount: recent(context.failures[host], within).length,
  })
  const { isBarred } = answer
  // One that is no primary has nothing to hand over: it begins anew where it is.
  const isStandby = isInRole && intendedRoleOf(context, component) !== 'primary'
  const recovery = isStandby && isHandOver(answer.recovery) ? 'restart' : answer.recovery
  const recovering = { ...context.recovering, [component]: { recovery, incarnation, isRelieved: false } }
  if (recovery === 'reset')
    return { recovering, resets: { ...context.resets, [host]: counted(context.resets[host], within) } }
  return {
    recovering,
    failures: { ...context.failures, [host]: counted(context.failures[host], within) },
    ...(isInRole && isInPlace(recovery) ? { withheld: { ...context.withheld, [host]: true } } : {}),
    ...(isBarred ? { barred: { ...context.barred, [host]: true } } : {}),
    ...(isBarred || recovery === 'failover' ? { nodeFailures: failedThere(context, host, atMs) } : {}),
  }
}

function isHandOver(recovery: Recovery | null): boolean {
  return recovery === 'failover' || recovery === 'switchover'
}

/** It stops where it is, and is started there again. */
function isInPlace(recovery: Recovery | null): boolean {
  return recovery === null || recovery === 'restart'
}

/** What tells against the node: not what one component of it goes through again and again. */
function failedThere({ nodeFailures }: CrimContext, host: ComponentId, atMs: number): CrimContext['nodeFailures'] {
  const node = nodeOf(host)
  return { ...nodeFailures, [node]: { ...nodeFailures[node], [host]: atMs } }
}

/** A component that was barred for a while, or unlocked, begins with a clean record. */
export function forgiven(context: CrimContext, hosts: readonly ComponentId[]): CrimChange {
  if (hosts.length === 0) return {}
  const left = <T>(record: Readonly<Record<ComponentId, T>>) => without(record, ...hosts)
  return { failures: left(context.failures), resets: left(context.resets), barred: left(context.barred) }
}

/** Notes of those that were primaries which are no longer to be. */
export function relieved(context: CrimContext): CrimContext['recovering'] {
  const entries = (Object.entries(context.recovering) as [ComponentId, Recovering][]).map(([component, of]) => {
    const isRelieved = of.isRelieved || intendedRoleOf(context, component) !== 'primary'
    return [component, isRelieved === of.isRelieved ? of : { ...of, isRelieved }]
  })
  return Object.fromEntries(entries)
}

/** Once nothing is left to decide: those that are not to be used any more are not recovering either. */
export function stillRecovering(context: CrimContext): CrimContext['recovering'] {
  const left = (Object.entries(context.recovering) as [ComponentId, Recovering][]).filter(([component]) => {
    const role = intendedRoleOf(context, component)
    const status = context.statuses[component]
    return role !== null && status !== undefined && (role !== 'offline' || status.role !== 'offline')
  })
  return left.length === Object.keys(context.recovering).length ? context.recovering : Object.fromEntries(left)
}

export function without<T>(record: Readonly<Record<string, T>>, ...names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)))
}
