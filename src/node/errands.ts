/**
 * Errands: what the CRIM has a component do once, beside its role: to begin anew without a restart (soft reset), or to test itself.
 * The answer goes to the master of the moment, which knows by the token whether it still waits for it.
 */
import type { ComponentContext } from '../../machines/component.ts'
import { type ComponentId, hostOf, type Incarnation } from '../../machines/model/ids.ts'
import type { ComponentStatus } from '../../machines/model/status.ts'
import type { Token } from '../../machines/model/token.ts'
import type { Reason } from '../agents/agent.ts'
import type { Cause } from '../engine/record.ts'
import { actorOf, type Parts } from './parts.ts'

export interface Errand {
  readonly type: 'reset.command' | 'selfTest.command'
  readonly component: ComponentId
  readonly token: Token
  readonly timeLimitMs: number
  /** The mastership that asks. */
  readonly epoch: number
  readonly cause: Cause | null
}

export interface ErrandAnswer {
  readonly component: ComponentId
  readonly token: Token
  /** null: done. */
  readonly code: string | null
  readonly detail: string
  readonly cause: Cause | null
}

/** An errand of the master for a component here. */
export function runErrand(parts: Parts, { type, component, token, timeLimitMs, epoch, cause }: Errand): void {
  if (epoch < parts.commandEpoch.highest) return
  parts.commandEpoch.highest = epoch
  const kind = type === 'reset.command' ? 'reset' : 'selfTest'
  const refusal = refusalOf(parts, kind, component)
  const ended = (failure: Reason | null): void => {
    if (failure === null && kind === 'reset') restored(parts, component, cause)
    const { code = null, detail = '' } = failure ?? {}
    answer(parts, { component, token, code, detail, cause })
  }
  if (refusal) ended(refusal)
  else void parts.agent.run({ kind, component, incarnation: lastLifeOf(parts, component), timeLimitMs }).then(ended)
}

function refusalOf(parts: Parts, kind: 'reset' | 'selfTest', component: ComponentId): Reason | null {
  const places = placesOf(parts, component)
  if (places.length === 0) return { code: 'no-such', detail: 'it is not on this node' }
  const isInRole = places.some(({ role, phase }) => role !== 'offline' || phase !== 'stopped')
  if (kind === 'selfTest' && isInRole) return { code: 'selfTest.notOffline', detail: 'it has a role, or its process' }
  return null
}

function lastLifeOf(parts: Parts, component: ComponentId): Incarnation {
  return Math.max(...placesOf(parts, component).map((place) => contextOf(parts, place.component).incarnation))
}

function contextOf({ engine }: Parts, component: ComponentId): ComponentContext {
  return engine.snapshot(actorOf.component(component)).context as ComponentContext
}

/** What was reported of the process before it began anew is over, for every place in it. */
function restored(parts: Parts, component: ComponentId, cause: Cause | null): void {
  for (const place of placesOf(parts, component)) {
    const { incarnation } = contextOf(parts, place.component)
    parts.engine.send(actorOf.component(place.component), { type: 'health.restored', incarnation }, cause)
  }
}

function placesOf({ statuses, engine }: Parts, component: ComponentId): ComponentStatus[] {
  const host = hostOf(component)
  return [...statuses.values()].filter((status) => {
    return hostOf(status.component) === host && engine.has(actorOf.component(status.component))
  })
}

function answer(parts: Parts, of: ErrandAnswer): void {
  const { cause, ...rest } = of
  const master = parts.replica.leader
  if (master === parts.self) errandEnded(parts, of)
  else if (master !== null) parts.post(master, { type: 'errand.answer', ...rest }, cause)
}

/** What a node says of an errand -> the CRIM here. */
export function errandEnded(parts: Parts, { component, token, code, detail, cause }: ErrandAnswer): void {
  const ended = { component, token, detail }
  const event = code === null ? { type: 'errand.done', ...ended } : { type: 'errand.failed', ...ended, code }
  parts.engine.send(actorOf.crim, event, cause)
}
