/** Errands: soft resets and self-tests, which the CRIM asks of a component beside its role, and what comes of them. */
import { type ComponentId, hostOf } from '../model/ids.ts'
import { compareTokens } from '../model/token.ts'
import type { CrimChange, CrimContext, CrimEffect, CrimEvent, Errand } from './context.ts'
import { placesOfHost, typeOfComponent } from './places.ts'
import { nothing, type Reconciled } from './propose.ts'
import { answered, without } from './recovery.ts'

/** Of a component whose type is gone. */
const goneTimeLimitMs = 5_000

/** A self-test may have to start a process first. */
export function errandTimeLimitMs(context: CrimContext, component: ComponentId, kind: Errand['kind']): number {
  const type = typeOfComponent(context, component)
  if (type === null) return goneTimeLimitMs
  return type.roleTimeoutMs + (kind === 'selfTest' ? type.startTimeoutMs : 0)
}

/** Asks for the resets that were chosen, each once: of a component with several places through the one that said so. */
export function resetsWanted(context: CrimContext): Reconciled {
  const wanted = (Object.keys(context.recovering) as ComponentId[]).filter(
    (place) => context.recovering[place]!.recovery === 'reset' && !isUnderWay(context, place),
  )
  return wanted.reduce<Reconciled>((done, place) => {
    const { change, effects } = done
    const known = { ...context, ...change }
    if (isUnderWay(known, place)) return done
    const next = ordered(known, place, 'reset')
    return { change: { ...change, ...next.change }, effects: [...effects, ...next.effects] }
  }, nothing)
}

function isUnderWay({ errands }: CrimContext, place: ComponentId): boolean {
  return (Object.keys(errands) as ComponentId[]).some((component) => hostOf(component) === hostOf(place))
}

/** Sends a component on an errand. */
export function ordered(context: CrimContext, component: ComponentId, kind: Errand['kind']): Reconciled {
  const token = newestTokenOf(context, component)
  const order: CrimEffect = {
    type: kind === 'reset' ? 'reset.command' : 'selfTest.command',
    component,
    token,
    timeLimitMs: errandTimeLimitMs(context, component, kind),
    epoch: context.epoch,
  }
  return { change: { errands: { ...context.errands, [component]: { kind, token } } }, effects: [order] }
}

function newestTokenOf({ statuses, ...context }: CrimContext, component: ComponentId) {
  const places = statuses[component] ? [component] : placesOfHost({ ...context, statuses }, component)
  return places.map((place) => statuses[place]!.token).reduce((a, b) => (compareTokens(a, b) < 0 ? b : a))
}

type Ended = Extract<CrimEvent, { type: 'errand.done' | 'errand.failed' }>

/** What a reset led to; the end of a self-test is its operation's (`operations/selfTest.ts`). */
export function resetEnded(context: CrimContext, event: Ended): CrimChange {
  const { component } = event
  const errand = errandOf(context, event)
  if (errand?.kind !== 'reset') return {}
  const known = { ...context, errands: without(context.errands, component) }
  const status = context.statuses[component]
  if (status === undefined) return { errands: known.errands }
  if (event.type === 'errand.done') return { errands: known.errands, ...wellAgain(known, component) }
  const { incarnation, role } = status
  const atMs = context.resets[hostOf(component)]?.at(-1) ?? 0
  const report = { component, incarnation, code: event.code, isInRole: role !== 'offline', atMs }
  return { errands: known.errands, ...answered(known, report) }
}

/** null: it is not waited for any more, or its answer is that to an earlier one. */
export function errandOf({ errands }: CrimContext, { component, token }: Ended): Errand | null {
  const errand = errands[component]
  return errand !== undefined && compareTokens(errand.token, token) === 0 ? errand : null
}

/** All that runs in the component began anew. */
function wellAgain(context: CrimContext, component: ComponentId): CrimChange {
  const places = placesOfHost(context, hostOf(component))
  const statuses = { ...context.statuses }
  for (const place of places)
    if (context.recovering[place]?.recovery === 'reset') statuses[place] = { ...statuses[place]!, failure: null }
  return { statuses, recovering: without(context.recovering, ...places) }
}
