/**
 * Waits of the CRIM, as a function of what it knows: each has a name, runs as long as there is reason for it, and once over is `due`
 * until the reason is gone. So nothing is armed or cancelled anywhere else, and a new master begins the waits anew for which it finds
 * a reason.
 */
import type { ComponentId } from '../model/ids.ts'
import type { CrimContext } from './context.ts'
import { unmetDependencies } from './dependencies.ts'
import { errandTimeLimitMs } from './errands.ts'
import { nodeRecoveryOf } from './nodes.ts'
import { typeOfComponent } from './places.ts'
import { isDue, timerOf } from './timerNames.ts'

/** The answer to an errand is given up for lost so long after its time limit. */
const errandMarginMs = 1_000

/** An operation that is not complete by then goes on as far as it is committed, and who asked is told; before the asking node gives up. */
export const operationTimeLimitMs = 25_000

/** What should be waited for now, with how long from its beginning. */
export function wantedTimers(context: CrimContext): Map<string, number> {
  return new Map([
    ...bars(context),
    ...holds(context),
    ...errands(context),
    ...operations(context),
    ...tolerances(context),
  ])
}

function bars(context: CrimContext): [string, number][] {
  return (Object.keys(context.barred) as ComponentId[]).flatMap((host): [string, number][] => {
    const barredForMs = typeOfComponent(context, host)?.recovery.barredForMs
    return barredForMs === undefined ? [] : [[timerOf.bar(host), barredForMs]]
  })
}

function holds(context: CrimContext): [string, number][] {
  const held = Object.entries(context.administrative.nodes).filter(([, state]) => state === 'held')
  return held.map(([node]) => [timerOf.hold(node), nodeRecoveryOf(context).holdDownMs])
}

function errands(context: CrimContext): [string, number][] {
  return (Object.keys(context.errands) as ComponentId[]).map((component) => {
    const limitMs = errandTimeLimitMs(context, component, context.errands[component]!.kind)
    return [timerOf.errand(component), limitMs + errandMarginMs]
  })
}

function operations(context: CrimContext): [string, number][] {
  return context.operations.map(({ id }) => [timerOf.operation(id), operationTimeLimitMs])
}

/** A tolerance begins when the sponsor goes while the dependent is at work, and holds on until the sponsor is back. */
function tolerances(context: CrimContext): [string, number][] {
  return unmetDependencies(context)
    .filter(({ name, isActing }) => isActing || isDue(context, timerOf.tolerance(name)))
    .map(({ name, toleranceMs }) => [timerOf.tolerance(name), toleranceMs])
}

/** The same context with the waits it should have. A wait of no time is over at once. */
export function timed(context: CrimContext): CrimContext {
  const timers: Record<string, 'running' | 'due'> = {}
  for (const [timer, delayMs] of wantedTimers(context))
    timers[timer] = context.timers[timer] ?? (delayMs > 0 ? 'running' : 'due')
  return { ...context, timers }
}
