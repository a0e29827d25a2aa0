/**
 * The CRIM's loop as a pure function: observed → plan → commit the intent → command → observe (DESIGN §4). A decision is
 * committed before anything is commanded on its strength, so a successor finds it; its place in the log is the fencing
 * token of the roles it gave.
 */
import {
  type Command,
  type Plan,
  type PlanInput,
  peersOf,
  plan,
  type Step,
  type Target,
} from '../logic/placement/index.ts'
import { type AssignmentName, type ComponentId, componentNameOf, nodeOf } from '../model/ids.ts'
import { activeRoles, type Role } from '../model/roles.ts'
import { compareTokens, type Token } from '../model/token.ts'
import type { Change, CrimContext } from './context.ts'
import { resetsWanted } from './errands.ts'
import { intentChange } from './intents.ts'
import { introductionsOf } from './introductions.ts'
import { assignmentStateKey, componentStateKey, failuresKey, lockKey, nodeStateKey } from './keys.ts'
import { livesBegun, livesLeft } from './lives.ts'
import { namedIn } from './named.ts'
import { fellings, nodeStateChanges } from './nodes.ts'
import { requestsLeft } from './operations/switchover.ts'
import {
  beginOperation,
  decidedOperations,
  finishOperations,
  operationChanges,
  proceedOperations,
} from './operations.ts'
import { typeOfComponent } from './places.ts'
import { nothing, propose, type Reconciled } from './propose.ts'
import { recordChanges } from './records.ts'
import { stillRecovering } from './recovery.ts'
import { inTurn } from './turns.ts'
import { isAlike, isEmpty, isKnown } from './unchanged.ts'
import { viewOf } from './view.ts'

/** `isRepeating`: commands that were sent already are sent again. */
export function reconcile(context: CrimContext, { isRepeating } = { isRepeating: false }): Reconciled {
  if (context.proposal) return nothing
  const operations = decidedOperations(context)
  const noted: Reconciled = operations === context.operations ? nothing : { change: { operations }, effects: [] }
  const next = operations.find(({ isBegun }) => !isBegun)
  if (!next) return after(context, noted, fellings, (known) => decided(known, isRepeating))
  return after(
    context,
    noted,
    (known) => beginOperation(known, next),
    (known) => reconcile(known, { isRepeating }),
  )
}

function decided(context: CrimContext, isRepeating: boolean): Reconciled {
  const input = viewOf(context)
  const { targets, steps } = planned(input)
  const reasons = reasonsOf(targets, context.reasons)
  const changes = changesOf(context, input, targets)
  if (changes.length > 0) return propose({ ...context, reasons }, changes)
  const change = { reasons, recovering: stillRecovering(context), requests: requestsLeft(context) }
  return after(
    context,
    isKnown(context, change) ? nothing : { change, effects: [] },
    (now) => commanded(now, input, { steps: inTurn(now, steps), isRepeating }),
    resetsWanted,
    proceedOperations,
    finishOperations,
  )
}

/** `before` where none has changed. */
function reasonsOf(targets: readonly Target[], before: CrimContext['reasons']): CrimContext['reasons'] {
  const isSame = targets.every(({ assignment, reason }) => before[assignment] === reason)
  if (isSame && Object.keys(before).length === targets.length) return before
  const reasons: Record<AssignmentName, string | null> = {}
  for (const { assignment, reason } of targets) reasons[assignment] = reason
  return reasons
}

/** The last plan for a configuration: it saves most of the work of the next, and changes nothing of it. */
const lastPlans = new WeakMap<PlanInput['configuration'], { readonly input: PlanInput; readonly made: Plan }>()

function planned(input: PlanInput): Plan {
  const last = lastPlans.get(input.configuration)
  if (last?.input === input) return last.made
  const made = plan(input, last?.made)
  lastPlans.set(input.configuration, { input, made })
  return made
}

/** One thing after the other, each on the strength of what those before have changed. */
export function after(
  context: CrimContext,
  first: Reconciled,
  ...acts: readonly ((context: CrimContext) => Reconciled)[]
): Reconciled {
  let done = first
  let known = first === nothing ? context : { ...context, ...first.change }
  for (const act of acts) {
    const next = act(known)
    if (next === nothing) continue
    known = { ...known, ...next.change }
    done = { change: { ...done.change, ...next.change }, effects: [...done.effects, ...next.effects] }
  }
  return done
}

/** All that is to be decided now. What is kept of failures alone waits for a decision to go along with. */
function changesOf(context: CrimContext, input: PlanInput, targets: readonly Target[]): Change[] {
  const records = recordChanges(context)
  const changes = [
    ...livesBegun(context),
    ...livesLeft(context),
    ...statesLeft(context),
    ...nodeStateChanges(context),
    ...operationChanges(context),
  ]
  for (const target of targets) changes.push(...intentChange(input, target))
  return changes.length > 0 || records.isUrgent ? atOnce([...records.changes, ...changes]) : []
}

/** What one entry of the log holds, as JSON, with some room for the rest of it; and how many changes it takes. */
const changesSizeMax = 24 * 1024
const changeCountMax = 512

/** As many as fit into one entry; the others follow once these are decided. */
function atOnce(changes: readonly Change[]): Change[] {
  let size = 0
  const count = changes.findIndex((change, index) => {
    size += JSON.stringify(change).length
    return index > 0 && (size > changesSizeMax || index >= changeCountMax)
  })
  return count < 0 ? [...changes] : changes.slice(0, count)
}

/** Tells components what to become, and those that have become it of their peers. */
function commanded(
  context: CrimContext,
  input: PlanInput,
  { steps, isRepeating }: { steps: readonly Step[]; isRepeating: boolean },
): Reconciled {
  const commands = steps
    .filter((step) => step.waitsFor === null && (isRepeating || !isCommanded(context, step)))
    .map((step) => commandOf(context, input, step))
  const told = [...commands, ...introductionsOf(context, input, steps)]
  const waits = waitsOf(steps)
  if (told.length === 0 && isAlike(waits, context.waits)) return nothing
  const underWayNow = Object.fromEntries(commands.map((command) => underWay(context, command)))
  const introduced = Object.fromEntries(told.map(({ component, peers }) => [component, peers]))
  return {
    change: {
      waits,
      ...(commands.length > 0 && { commanded: { ...context.commanded, ...underWayNow } }),
      ...(told.length > 0 && { introduced: { ...context.introduced, ...introduced } }),
    },
    effects: told,
  }
}

function waitsOf(steps: readonly Step[]): string[] {
  return steps
    .filter(({ waitsFor }) => waitsFor !== null)
    .map(({ component, waitsFor, role }) => `${component} waits for ${waitsFor} before ${role}`)
}

/** What is set of components, nodes and assignments that are not configured any more goes: one of that name that comes later is another. */
function statesLeft({ locked, administrative, records, configuration, intents }: CrimContext): Change[] {
  const { nodes, assignments, components } = administrative
  if ([locked, records, nodes, assignments, components].every(isEmpty)) return []
  const { hosts } = namedIn(intents)
  const isNamed = (id: ComponentId) =>
    configuration.components[componentNameOf(id)]?.nodes.includes(nodeOf(id)) || hosts.has(id)
  const strange = (of: object) => (Object.keys(of) as ComponentId[]).filter((id) => !isNamed(id))
  const keys = [
    ...strange(locked).map(lockKey),
    ...strange(components).map(componentStateKey),
    ...strange(records).map(failuresKey),
    ...Object.keys(nodes)
      .filter((node) => !configuration.nodes[node])
      .map(nodeStateKey),
    ...Object.keys(assignments)
      .filter((name) => !configuration.assignments[name])
      .map(assignmentStateKey),
  ]
  return keys.map((key) => ({ key, value: null }))
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
