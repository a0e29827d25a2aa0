/** Switch-over: another becomes primary of an assignment, in good order. */
import { candidatesOf, requestedSuccessor, whyNotFollowed } from '../../logic/placement/index.ts'
import { type AssignmentName, type ComponentId, type NodeName, nodeOf } from '../../model/ids.ts'
import type { Operation, OperationResult } from '../../model/operation.ts'
import type { CrimContext } from '../context.ts'
import { planInputOf } from '../propose.ts'
import { kept } from '../unchanged.ts'
import { failedWith, noSuch, type OperationKind, refused } from './kind.ts'

type Switchover = Extract<Operation, { operation: 'switchover' }>

export const switchover: OperationKind<Switchover> = {
  name: ({ assignment }) => `switching ${assignment} over`,
  check(context, { assignment, to }) {
    const successor = successorFor(context, assignment, to)
    if (successor.kind !== 'found') return successor
    const why = whyNotFollowed(planInputOf(context), assignment, successor.place)
    if (why !== null) return refused(why)
    const requests = { ...context.requests, [assignment]: { to: successor.place } }
    return { kind: 'possible', after: planInputOf({ ...context, requests }) }
  },
  begin(context, pending, { assignment, to }) {
    const successor = successorFor(context, assignment, to)
    return handOvers(context, pending, successor.kind === 'found' ? { [assignment]: successor.place } : {})
  },
  result: (context, { successors }, { assignment }) => handOverResult(context, assignment, successors[assignment]!),
}

/** Asks for hand-overs: the operation is under way from now on. */
export function handOvers(
  context: CrimContext,
  pending: CrimContext['operations'][number],
  successors: Readonly<Record<AssignmentName, ComponentId>>,
) {
  const asked = Object.entries(successors).map(([assignment, to]) => [assignment, { to }])
  return {
    change: { requests: { ...context.requests, ...Object.fromEntries(asked) } },
    pending: { ...pending, successors },
    changes: [],
  }
}

type Found = { readonly kind: 'found'; readonly place: ComponentId }

/** Who would follow; or why nobody can. */
export function successorFor(context: CrimContext, assignment: AssignmentName, to: NodeName | null) {
  const configured = context.configuration.assignments[assignment]
  if (!configured) return noSuch(`no assignment '${assignment}'`)
  if (to !== null && !context.configuration.components[configured.component]!.nodes.includes(to))
    return noSuch(`'${assignment}' has no component on a node '${to}'`)
  const candidates = candidatesOf(planInputOf(context), assignment)
  const current = candidates.find(({ intended }) => intended?.role === 'primary') ?? null
  const wanted = to === null ? null : (candidates.find(({ component }) => nodeOf(component) === to)?.component ?? null)
  if (current !== null && wanted === current.component)
    return { kind: 'done', text: `${wanted} is primary of ${assignment} already` } as const
  const successor = to !== null && wanted === null ? null : requestedSuccessor(candidates, current, wanted)
  if (!successor) return refused(`no sound component to switch '${assignment}' over to`)
  return { kind: 'found', place: successor.component } as Found
}

/** null while it is under way. */
export function handOverResult(
  context: CrimContext,
  assignment: AssignmentName,
  to: ComponentId,
): OperationResult | null {
  if (context.requests[assignment]) return null
  const roles = context.intents[assignment]?.roles ?? {}
  if (roles[to]?.role !== 'primary') {
    const primary = primaryOf(context, assignment)
    return failedWith(`${to} failed meanwhile; primary of ${assignment} is ${primary ?? 'nobody'}`)
  }
  const status = context.statuses[to]
  const isReady = status?.role === 'primary' && status.phase === 'ready'
  return isReady ? { ok: true, text: `${to} is primary of ${assignment}` } : null
}

export function primaryOf({ intents }: CrimContext, assignment: AssignmentName): ComponentId | null {
  const roles = intents[assignment]?.roles ?? {}
  return (Object.keys(roles) as ComponentId[]).find((place) => roles[place]!.role === 'primary') ?? null
}

/**
 * What is left of the requests when the plan has nothing more to decide: those whose successor is being brought in step.
 * The others are in the intents by now, or could not be followed, and are not asked again.
 */
export function requestsLeft(context: CrimContext): CrimContext['requests'] {
  return kept(context.requests, (assignment, { to }) => {
    const intended = to === null ? null : context.intents[assignment]?.roles[to]
    return intended?.role === 'secondary' && context.statuses[to!]?.failure === null
  })
}
