/** What a component's program says of itself beside its answers, and what of it goes on to the CRIM. */
import type { Recovery } from '../model/configuration.ts'
import type { Failure } from '../model/status.ts'
import type { ComponentContext, ComponentEvent, ComponentEventOf, Decided } from './context.ts'
import { type Place, report } from './decide.ts'

/** Recoveries that need the component in its role, running: to begin anew there, or to hand over. */
const inRoleRecoveries: readonly (Recovery | undefined)[] = ['reset', 'switchover', 'nodeSwitchover']

/**
 * Whether it stays in its role after an error report, for the CRIM to decide: with the quorum's lease alone, for without it nobody
 * does. What follows from a report that is not yet answered changes nothing.
 */
export function staysInRole({ recovery, isLeaseLost }: ComponentContext, code: string): boolean {
  const { first, byCode } = recovery
  return !isLeaseLost && inRoleRecoveries.includes(byCode?.[code] ?? first)
}

export function noteReport(
  context: ComponentContext,
  { code, detail }: ComponentEventOf<'health.failed'>,
  place: Place,
): Decided {
  const failure = context.failure ?? { code, detail }
  return { change: { failure }, effects: context.failure ? [] : [report({ ...context, failure }, place)] }
}

export function noteRestored(context: ComponentContext, place: Place): Decided {
  const effects = context.failure === null ? [] : [report({ ...context, failure: null }, place)]
  return { change: { failure: null }, effects }
}

export function noteLoad(
  context: ComponentContext,
  { loadPercent }: ComponentEventOf<'load.changed'>,
  place: Place,
): Decided {
  return { change: { loadPercent }, effects: [report({ ...context, loadPercent }, place)] }
}

/** That it says the same again is no news. */
export function noteAnnounced(
  context: ComponentContext,
  { role: announced }: ComponentEventOf<'role.announced'>,
  place: Place,
): Decided {
  const effects = announced === context.announced ? [] : [report({ ...context, announced }, place)]
  return { change: { announced }, effects }
}

/** The event says it itself. */
export function failureReported(_: ComponentContext, event: ComponentEvent): Failure {
  const { code, detail } = event as ComponentEventOf<'health.failed'>
  return { code, detail }
}

/** The event says only what came of it. */
export function failureAs(code: string) {
  return (_: ComponentContext, event: ComponentEvent): Failure => ({
    code,
    detail: (event as ComponentEventOf<'process.exited'>).detail,
  })
}
