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
import { isAlike } from './unchanged.ts'

/** The answer to an errand is given up for lost so long after its time limit. */
const errandMarginMs = 1_000

/** An operation that is not complete by then goes on as far as it is committed, and who asked is told; before the asking node gives up. */
export const operationTimeLimitMs = 25_000

type Timers = Map<string, number>

/** What should be waited for now, with how long from its beginning. Asked for at every event, mostly with nothing to wait for. */
export function wantedTimers(context: CrimContext): Timers {
  const wanted: Timers = new Map()
  wantBars(wanted, context)
  wantHolds(wanted, context)
  wantErrands(wanted, context)
  for (const { id } of context.operations) wanted.set(timerOf.operation(id), operationTimeLimitMs)
  wantTolerances(wanted, context)
  return wanted
}

function wantBars(wanted: Timers, context: CrimContext): void {
  for (const host in context.barred) {
    const barredForMs = typeOfComponent(context, host as ComponentId)?.recovery.barredForMs
    if (barredForMs !== undefined) wanted.set(timerOf.bar(host as ComponentId), barredForMs)
  }
}

function wantHolds(wanted: Timers, context: CrimContext): void {
  const { nodes } = context.administrative
  for (const node in nodes)
    if (nodes[node] === 'held') wanted.set(timerOf.hold(node), nodeRecoveryOf(context).holdDownMs)
}

function wantErrands(wanted: Timers, context: CrimContext): void {
  for (const of in context.errands) {
    const component = of as ComponentId
    const limitMs = errandTimeLimitMs(context, component, context.errands[component]!.kind)
    wanted.set(timerOf.errand(component), limitMs + errandMarginMs)
  }
}

/** A tolerance begins when the sponsor goes while the dependent is at work, and holds on until the sponsor is back. */
function wantTolerances(wanted: Timers, context: CrimContext): void {
  for (const { name, isActing, toleranceMs } of unmetDependencies(context))
    if (isActing || isDue(context, timerOf.tolerance(name))) wanted.set(timerOf.tolerance(name), toleranceMs)
}

/** The same context with the waits it should have. A wait of no time is over at once. */
export function timed(context: CrimContext): CrimContext {
  const wanted = wantedTimers(context)
  if (isAlike(Object.keys(context.timers), [...wanted.keys()])) return context
  const timers: Record<string, 'running' | 'due'> = {}
  for (const [timer, delayMs] of wanted) timers[timer] = context.timers[timer] ?? (delayMs > 0 ? 'running' : 'due')
  return { ...context, timers }
}
