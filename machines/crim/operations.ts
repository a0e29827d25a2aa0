/** What operators ask of the CRIM (SPEC R8, R9): checked, carried out through the same plan as everything else, answered when done. */
import { candidatesOf, requestedSuccessor } from '../logic/placement/index.ts'
import { type ComponentId, componentId } from '../model/ids.ts'
import type { Operation, OperationResult } from '../model/operation.ts'
import type { CrimChange, CrimContext, CrimEffect, PendingOperation } from './context.ts'
import { planInputOf, propose, type Reconciled } from './propose.ts'
import { changesOf, isSetAlready, isSetting, type Setting, settingResult, textOf } from './settings.ts'
import { whyUnknown } from './targets.ts'

/** More operations than this at once are refused. */
const operationCountMax = 64

export function requested(context: CrimContext, request: { id: string; operation: Operation }): Reconciled {
  if (context.operations.length >= operationCountMax)
    return refuse(request.id, 'unavailable', 'too many operations are under way')
  if (context.proposal) return refuse(request.id, 'unavailable', 'another decision is being committed; try again')
  const { id, operation } = request
  if (operation.operation === 'switchover') return requestSwitchover(context, id, operation)
  if (isSetting(operation)) return requestSetting(context, id, operation)
  return refuse(id, 'refused', `${operation.operation} is not known to this node`)
}

function requestSwitchover(
  context: CrimContext,
  id: string,
  operation: Extract<Operation, { operation: 'switchover' }>,
): Reconciled {
  const { assignment, to } = operation
  const configured = context.configuration.assignments[assignment]
  if (!configured) return refuse(id, 'no-such', `no assignment '${assignment}'`)
  if (to !== null && !context.configuration.components[configured.component]!.nodes.includes(to)) {
    return refuse(id, 'no-such', `'${assignment}' has no component on a node '${to}'`)
  }
  const wanted = to === null ? null : componentId({ node: to, component: configured.component })
  const before = primaryOf(context, assignment)
  if (before !== null && wanted === before) return done(id, `${before} is primary of ${assignment} already`)
  const candidates = candidatesOf(planInputOf(context), assignment)
  const current = candidates.find(({ component }) => component === before) ?? null
  const successor = requestedSuccessor(candidates, current, wanted)?.component
  if (!successor) return refuse(id, 'refused', `no sound component to switch '${assignment}' over to`)
  const pending: PendingOperation = { id, operation, to: successor }
  return {
    change: {
      requests: { ...context.requests, [assignment]: { to: successor } },
      operations: [...context.operations, pending],
    },
    effects: [],
  }
}

/**
 * What is left of the requests when the plan has nothing more to decide: those whose successor is being brought in step.
 * The others are in the intents by now, or could not be followed, and are not asked again.
 */
export function requestsLeft(context: CrimContext): CrimContext['requests'] {
  const left = Object.entries(context.requests).filter(([assignment, { to }]) => {
    const intended = to === null ? null : context.intents[assignment]?.roles[to]
    return intended?.role === 'secondary' && context.statuses[to!]?.failure === null
  })
  return Object.fromEntries(left)
}

function requestSetting(context: CrimContext, id: string, operation: Setting): Reconciled {
  const unknown = whyUnknown(context, operation.target)
  if (unknown !== null) return refuse(id, 'no-such', unknown)
  if (isSetAlready(context, operation)) return done(id, `${textOf(operation)} already`)
  const pending: PendingOperation = { id, operation, to: null }
  const proposed = propose(context, changesOf(context, operation))
  return { change: { ...proposed.change, operations: [...context.operations, pending] }, effects: proposed.effects }
}

/** Answers the operations that have come to their end. */
export function finishOperations(context: CrimContext): Reconciled {
  const answers = context.operations.map((pending) => ({ pending, result: resultOf(context, pending) }))
  return {
    change: {
      requests: context.requests,
      operations: answers.filter(({ result }) => result === null).map(({ pending }) => pending),
    },
    effects: answers.flatMap(({ pending, result }): CrimEffect[] =>
      result ? [{ type: 'operation.answer', id: pending.id, result }] : [],
    ),
  }
}

/** Null while it is under way. */
function resultOf(context: CrimContext, { operation, to }: PendingOperation): OperationResult | null {
  if (operation.operation === 'switchover') return switchoverResult(context, operation.assignment, to!)
  return isSetting(operation) ? settingResult(context, operation) : null
}

function switchoverResult(context: CrimContext, assignment: string, to: ComponentId): OperationResult | null {
  if (context.requests[assignment]) return null
  const primary = primaryOf(context, assignment)
  if (primary !== to)
    return {
      ok: false,
      code: 'refused',
      text: `${to} failed meanwhile; primary of ${assignment} is ${primary ?? 'nobody'}`,
    }
  const status = context.statuses[to]
  return status?.role === 'primary' && status.phase === 'ready'
    ? { ok: true, text: `${to} is primary of ${assignment}` }
    : null
}

/** What was under way when the mastership ended is no longer this CRIM's to answer for. */
export function abandonOperations(context: CrimContext): { change: CrimChange; effects: CrimEffect[] } {
  const result: OperationResult = {
    ok: false,
    code: 'unavailable',
    text: 'the master changed; see status, then try again',
  }
  return {
    change: { operations: [], requests: {} },
    effects: context.operations.map(({ id }) => ({ type: 'operation.answer', id, result })),
  }
}

export function primaryOf(context: CrimContext, assignment: string): ComponentId | null {
  const roles = context.intents[assignment]?.roles ?? {}
  return (Object.keys(roles) as ComponentId[]).find((component) => roles[component]!.role === 'primary') ?? null
}

function done(id: string, text: string): Reconciled {
  return { change: {}, effects: [{ type: 'operation.answer', id, result: { ok: true, text } }] }
}

function refuse(id: string, code: 'no-such' | 'refused' | 'unavailable', text: string): Reconciled {
  return { change: {}, effects: [{ type: 'operation.answer', id, result: { ok: false, code, text } }] }
}
