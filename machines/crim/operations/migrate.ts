/**
 * Migration: the role that an assignment has on one node goes to another node. The only primary hands over, as in a switch-over; of
 * several primaries, or a secondary, the decision is written down as the operator wants it, and stays, since nothing moves by itself.
 */
import { candidatesOf, plan } from '../../logic/placement/index.ts'
import { type ComponentId, nodeOf } from '../../model/ids.ts'
import type { Operation } from '../../model/operation.ts'
import { modelOf } from '../../model/redundancy.ts'
import type { Role } from '../../model/roles.ts'
import type { Intent } from '../../model/status.ts'
import type { CrimContext, StoredIntent } from '../context.ts'
import { intentKey } from '../keys.ts'
import { planInputOf } from '../propose.ts'
import { type Checked, failedWith, noSuch, type OperationKind, refused } from './kind.ts'
import { switchover } from './switchover.ts'

type Migrate = Extract<Operation, { operation: 'migrate' }>

export const migrate: OperationKind<Migrate> = {
  name: ({ assignment, from, to }) => `migrating ${assignment} from ${from} to ${to}`,
  check(context, operation) {
    const exchange = exchangeOf(context, operation)
    if ('kind' in exchange) return exchange
    if (isHandOver(context, operation, exchange)) return switchover.check(context, switchoverOf(operation))
    const after = { ...planInputOf(context), intents: exchangedIn(context, operation, exchange) }
    const target = plan(after).targets.find(({ assignment }) => assignment === operation.assignment)!
    const isKept = target.roles[exchange.to] === exchange.role && target.roles[exchange.from] !== exchange.role
    if (!isKept)
      return refused(
        `'${operation.assignment}' cannot be ${exchange.role} there${target.reason ? `: ${target.reason}` : ''}`,
      )
    return { kind: 'possible', after }
  },
  begin(context, pending, operation) {
    const exchange = exchangeOf(context, operation) as Exchange
    if (isHandOver(context, operation, exchange)) return switchover.begin(context, pending, switchoverOf(operation))
    const { roles } = exchangedIn(context, operation, exchange)[operation.assignment]!
    const stored: StoredIntent['roles'] = Object.fromEntries(
      (Object.keys(roles) as ComponentId[]).map((place) => {
        const isChanged = place === exchange.from || place === exchange.to
        return [place, { role: roles[place]!.role, token: isChanged ? null : roles[place]!.token }]
      }),
    )
    const value = { ...context.intents[operation.assignment], roles: stored }
    const successors = { [operation.assignment]: exchange.to }
    return {
      change: {},
      pending: { ...pending, successors },
      changes: [{ key: intentKey(operation.assignment), value }],
    }
  },
  result(context, { successors }, { assignment }) {
    const to = successors[assignment]!
    if (context.requests[assignment]) return null
    const role = context.intents[assignment]?.roles[to]?.role
    if (role !== 'primary' && role !== 'secondary') return failedWith(`${to} failed meanwhile; see status`)
    const status = context.statuses[to]
    const isReady = status?.role === role && status.phase === 'ready'
    return isReady ? { ok: true, text: `${to} is ${role} of ${assignment}` } : null
  },
}

interface Exchange {
  readonly role: Role
  readonly from: ComponentId
  readonly to: ComponentId
}

function exchangeOf(context: CrimContext, { assignment, from, to }: Migrate): Exchange | Checked {
  if (!context.configuration.assignments[assignment]) return noSuch(`no assignment '${assignment}'`)
  const candidates = candidatesOf(planInputOf(context), assignment)
  const [source, goal] = [from, to].map((node) => candidates.find(({ component }) => nodeOf(component) === node))
  if (!source || !goal) return noSuch(`'${assignment}' has no component on a node '${source ? to : from}'`)
  const role = source.intended?.role
  if (role !== 'primary' && role !== 'secondary')
    return refused(`${source.component} is neither primary nor secondary of ${assignment}`)
  if (goal.intended?.role === role)
    return { kind: 'done', text: `${goal.component} is ${role} of ${assignment} already` }
  if (!goal.isUsable || goal.hasFailed) return refused(`${goal.component} is not sound`)
  return { role, from: source.component, to: goal.component }
}

function isHandOver({ configuration }: CrimContext, { assignment }: Migrate, { role }: Exchange): boolean {
  return role === 'primary' && modelOf(configuration.assignments[assignment]!).primaries.preferred === 1
}

function switchoverOf({ assignment, to }: Migrate) {
  return { operation: 'switchover', assignment, to } as const
}

/** The intents with the roles of the two exchanged. */
function exchangedIn(
  { intents }: CrimContext,
  { assignment }: Migrate,
  { from, to, role }: Exchange,
): CrimContext['intents'] {
  const intent = intents[assignment]!
  const left = intent.roles[to]?.role ?? 'spare'
  const roles: Intent['roles'] = {
    ...intent.roles,
    [from]: { ...intent.roles[from]!, role: left },
    [to]: { token: intent.roles[from]!.token, ...intent.roles[to], role },
  }
  return { ...intents, [assignment]: { ...intent, roles } }
}
