/** Self-test (SPEC R8): the component goes offline, tests itself, and is what it was again. One that does not pass is barred. */
import { type ComponentId, hostOf } from '../../model/ids.ts'
import type { Operation, OperationResult } from '../../model/operation.ts'
import type { CrimContext, CrimEffect, CrimEvent, PendingOperation } from '../context.ts'
import { errandOf, ordered } from '../errands.ts'
import { isHostStopped, placesOfHost } from '../places.ts'
import type { Reconciled } from '../propose.ts'
import { without } from '../recovery.ts'
import { failedWith, noSuch, type OperationKind, refused } from './kind.ts'
import { livesOf, withheldToo, withoutHosts } from './restart.ts'
import { whyUnknown } from './targets.ts'

type SelfTest = Extract<Operation, { operation: 'selfTest' }>

export const selfTest: OperationKind<SelfTest> = {
  name: ({ component }) => `testing ${hostOf(component)}`,
  check(context, { component }) {
    const unknown = whyUnknown(context, { kind: 'component', component })
    if (unknown !== null) return noSuch(unknown)
    const host = hostOf(component)
    if (placesOfHost(context, host).length === 0) return refused(`nothing is known of ${host} now`)
    return { kind: 'possible', after: withoutHosts(context, [host]), isOutage: true }
  },
  begin(context, pending, { component }) {
    const hosts = [hostOf(component)]
    return {
      change: { withheld: withheldToo(context, hosts) },
      pending: { ...pending, hosts: livesOf(context, hosts) },
      changes: [],
    }
  },
  proceed(context, _, { component }) {
    const host = hostOf(component)
    const isKnown = placesOfHost(context, host).length > 0
    if (!isKnown || context.errands[host] || !isHostStopped(context, host)) return { change: {}, effects: [] }
    return ordered(context, host, 'selfTest')
  },
  /** It is the component's own answer that ends it, unless its node is gone. */
  result(context, _, { component }) {
    const host = hostOf(component)
    return placesOfHost(context, host).length === 0 ? failedWith(`the node of ${host} is gone`) : null
  },
}

type Ended = Extract<CrimEvent, { type: 'errand.done' | 'errand.failed' }>

/** What was tested goes back to its work, or does not, and all who asked are told. */
export function selfTestEnded(context: CrimContext, event: Ended): Reconciled {
  const { component } = event
  if (errandOf(context, event)?.kind !== 'selfTest') return { change: {}, effects: [] }
  const pending = context.operations.filter((of) => of.isBegun && isOf(of, component))
  const result = resultOf(event)
  const isFaulty = event.type === 'errand.failed' && event.code !== 'unsupported'
  return {
    change: {
      errands: without(context.errands, component),
      withheld: without(context.withheld, component),
      operations: context.operations.filter((of) => !pending.includes(of)),
      ...(isFaulty ? { barred: { ...context.barred, [component]: true } } : {}),
    },
    effects: pending.map(({ id }): CrimEffect => ({ type: 'operation.answer', id, result })),
  }
}

export function isOf({ operation }: PendingOperation, host: ComponentId): boolean {
  return operation.operation === 'selfTest' && hostOf(operation.component) === host
}

function resultOf(event: Ended): OperationResult {
  const { component, detail } = event
  const more = detail === '' ? '' : `: ${detail}`
  if (event.type === 'errand.done') return { ok: true, text: `${component} has passed its self-test${more}` }
  if (event.code === 'unsupported') return failedWith(`${component} knows no self-test${more}`)
  return failedWith(
    `${component} has not passed its self-test (${event.code})${more}; it is barred until it is unlocked`,
  )
}
