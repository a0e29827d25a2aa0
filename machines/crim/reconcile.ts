/**
 * The CRIM's loop as a pure function: observed → plan → commit the intent → command → observe (DESIGN §4). A decision is
 * committed before anything is commanded on its strength, so a successor finds it; its place in the log is the fencing
 * token of the roles it gave.
 */
import {
  type Command,
  candidatesOf,
  isRenewed,
  isSponsorChanged,
  type PlanInput,
  peersOf,
  plan,
  type Step,
  sponsorTokens,
  type Target,
} from '../logic/placement/index.ts'
import { type ComponentId, componentNameOf, nodeOf } from '../model/ids.ts'
import { activeRoles, type Role } from '../model/roles.ts'
import { compareTokens, type Token } from '../model/token.ts'
import type { Change, CrimContext, StoredIntent } from './context.ts'
import { intentKey, lockKey } from './keys.ts'
import { livesBegun, livesLeft } from './lives.ts'
import { typeOfComponent } from './observe.ts'
import { finishOperations, requestsLeft } from './operations.ts'
import { planInputOf, propose, type Reconciled } from './propose.ts'

/** `isRepeating`: commands that were sent already are sent again. */
export function reconcile(context: CrimContext, { isRepeating } = { isRepeating: false }): Reconciled {
  if (context.proposal) return { change: {}, effects: [] }
  const input = planInputOf(context)
  const { targets, steps } = plan(input)
  const reasons = Object.fromEntries(targets.map((target) => [target.assignment, target.reason]))
  const changes = [
    ...targets.flatMap((target) => intentChange(input, target)),
    ...locksLeft(context),
    ...livesBegun(context),
    ...livesLeft(context),
  ]
  if (changes.length > 0) return propose({ ...context, reasons }, changes)
  const waits = steps.flatMap((step) =>
    step.waitsFor ? [`${step.component} waits for ${step.waitsFor} before ${step.role}`] : [],
  )
  const commands = steps
    .filter((step) => step.waitsFor === null && (isRepeating || !isCommanded(context, step)))
    .map((step) => commandOf(context, input, step))
  const introductions = introductionsOf(context, input, steps)
  const told = [...commands, ...introductions]
  const finished = finishOperations({ ...context, requests: requestsLeft(context) })
  return {
    change: {
      ...finished.change,
      reasons,
      waits,
      commanded: {
        ...context.commanded,
        ...Object.fromEntries(commands.map((command) => underWay(context, command))),
      },
      introduced: {
        ...context.introduced,
        ...Object.fromEntries(told.map(({ component, peers }) => [component, peers])),
      },
    },
    effects: [...told, ...finished.effects],
  }
}

/** Locks of components that are not configured any more are taken away: one of that name that comes later is another. */
function locksLeft({ locked, configuration, intents }: CrimContext): Change[] {
  const isKnown = (id: ComponentId) =>
    configuration.components[componentNameOf(id)]?.nodes.includes(nodeOf(id)) ||
    Object.values(intents).some(({ roles }) => roles[id] !== undefined)
  return (Object.keys(locked) as ComponentId[])
    .filter((id) => !isKnown(id))
    .map((id) => ({ key: lockKey(id), value: null }))
}

/**
 * The change of an assignment's intent, if there is one: new roles get the token of the entry that will hold them. The intent of
 * an assignment that is gone goes when nothing of it is left.
 */
function intentChange(input: PlanInput, target: Target): Change[] {
  const { assignment } = target
  const candidates = candidatesOf(input, assignment)
  const sponsors = sponsorTokens(input, assignment)
  const before = Object.keys(input.intents[assignment]?.roles ?? {})
  let isChanged =
    isSponsorChanged(input.intents[assignment]?.sponsors, sponsors) ||
    before.some((component) => target.roles[component as ComponentId] === undefined)
  const configured = input.configuration.assignments[assignment]
  if (configured === undefined && candidates.length === 0) return [{ key: intentKey(assignment), value: null }]
  const roles: StoredIntent['roles'] = Object.fromEntries(
    candidates.map((candidate) => {
      const { component, intended } = candidate
      const role = target.roles[component]!
      const isKept = intended?.role === role && !isRenewed(configured, candidates, candidate)
      if (!isKept) isChanged = true
      return [component, { role, token: isKept ? intended.token : null }]
    }),
  )
  const value: StoredIntent = sponsors ? { roles, sponsors } : { roles }
  return isChanged ? [{ key: intentKey(assignment), value }] : []
}

/** What was commanded before and not answered may still be happening. */
function underWay(
  context: CrimContext,
  { component, role, token }: { component: ComponentId; role: Role; token: Token },
): [ComponentId, Command] {
  const mayAct = activeRoles.includes(role) || context.commanded[component]?.mayAct === true
  return [component, { role, token, mayAct }]
}

/** Told already, and its node has not yet said that it took the command. */
function isCommanded(context: CrimContext, step: Step): boolean {
  const last = context.commanded[step.component]
  return last?.role === step.role && compareTokens(last.token, step.token) === 0
}

/** Of the commands that stop a component whose type is no longer configured. */
const goneTimeLimitMs = 5000

function commandOf(context: CrimContext, input: PlanInput, step: Step) {
  const { component, assignment, role, token, level } = step
  const type = typeOfComponent(context, component)
  const peers = peersOf(input, assignment, component)
  return {
    type: 'role.command' as const,
    component,
    assignment,
    role,
    token,
    level,
    timeLimitMs: type?.roleTimeoutMs ?? goneTimeLimitMs,
    peers,
    epoch: context.epoch,
  }
}

/** Tells those that have their role of peers that changed (SPEC R4). Those with a step before them hear it with the command. */
function introductionsOf(context: CrimContext, input: PlanInput, steps: readonly Step[]) {
  return Object.values(context.intents).flatMap(({ assignment, roles }) =>
    (Object.keys(roles) as ComponentId[])
      .filter(
        (component) =>
          isIntroducible(context, roles[component]!, component) && !steps.some((step) => step.component === component),
      )
      .flatMap((component) => {
        const peers = peersOf(input, assignment, component)
        if (JSON.stringify(peers) === JSON.stringify(context.introduced[component] ?? null)) return []
        const { token } = roles[component]!
        return [{ type: 'peers.command' as const, component, assignment, token, peers, epoch: context.epoch }]
      }),
  )
}

function isIntroducible(context: CrimContext, intended: { role: string }, component: ComponentId): boolean {
  const status = context.statuses[component]
  const node = context.nodes[nodeOf(component)]
  return (
    node?.availability === 'alive' &&
    status?.role === intended.role &&
    (status.role === 'primary' || status.role === 'secondary')
  )
}
