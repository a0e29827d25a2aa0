/**
 * What-if: a plan carried out to its end by ideal components (`ideal.ts`), which take every role they are told. Each turn
 * plans, commits the targets as the CRIM would, and carries out the steps that wait for nothing, all at once; where nothing is left
 * to do, time passes (`time.ts`): a silent node stops what is exclusive by itself, a dependent's tolerance ends.
 *
 * The estimate is an upper limit: each turn takes as long as the slowest of its steps may, by the limits of its type.
 * Pure, and bounded: after `turnCountMax` turns it stops and says that it has not settled.
 */
import type { AssignmentName, ComponentId } from '../../../model/ids.ts'
import type { Role } from '../../../model/roles.ts'
import { formatToken, type Token } from '../../../model/token.ts'
import { compiled } from '../compile.ts'
import { type Plan, plan } from '../index.ts'
import type { PlanInput } from '../input.ts'
import type { Step } from '../steps.ts'
import { commit, newestToken } from './commit.ts'
import { arrived, asIntended, carriedOut, fresh, typeOfPlace } from './ideal.ts'
import { isServed, type Shortage, shortageOf } from './service.ts'
import { isUnmet, lapsedAtOnce, lapsedLeft, limitOf, nextPassage } from './time.ts'
import { troubleOf, whyDecided, whyShort } from './why.ts'

export interface Rehearsal {
  /** As it is, with what is under way come to its end. */
  readonly before: PlanInput
  readonly after: PlanInput
  /** In the order in which they are carried out; those of one turn at the same time. */
  readonly steps: readonly RehearsedStep[]
  /** What waits and still waits at the end: `n2/ledger waits for n1/ledger to stop acting before primary`. */
  readonly waits: readonly string[]
  /** What happened by itself, between the steps. */
  readonly passages: readonly { readonly beforeStep: number; readonly atMs: number; readonly text: string }[]
  /** Assignments that are not as configured in the end, with the planner's reason. */
  readonly shortages: readonly (Shortage & { readonly reason: string | null })[]
  /** How long each assignment is without its required primaries meanwhile, at most; those that are at the end are not counted on. */
  readonly unservedMs: Readonly<Record<AssignmentName, number>>
  /** Steps that make a primary or a secondary of what was not meant to be one before. */
  readonly moveCount: number
  /** All of it takes this long at most. */
  readonly limitMs: number
  /** False: it ran into the bound, and what is said is what had happened until then. */
  readonly isSettled: boolean
}

export interface RehearsedStep {
  /** From 1. */
  readonly number: number
  /** From 1: steps of one turn are carried out at the same time. */
  readonly turn: number
  readonly assignment: AssignmentName
  readonly place: ComponentId
  readonly from: Role
  readonly to: Role
  readonly token: Token
  /** What it waited for last, in words; null: nothing. */
  readonly waitedFor: string | null
  readonly reason: string
  readonly limitMs: number
}

/** What changes from turn to turn. */
interface Stage {
  input: PlanInput
  /** Of the turn before. */
  plan: Plan | null
  token: Token
  turn: number
  elapsedMs: number
  /** Passed, and counted once something comes of it. */
  waitedMs: number
  readonly steps: RehearsedStep[]
  readonly passages: { beforeStep: number; atMs: number; text: string }[]
  readonly reasons: Map<ComponentId, string>
  readonly waitedFor: Map<string, string>
  readonly unservedSinceMs: Map<AssignmentName, number>
  /** By dependency that is not met. */
  readonly unmetSinceMs: Map<number, number>
  /** Whose service has to be looked at again; null: everybody's. */
  touched: ReadonlySet<AssignmentName> | null
  readonly unservedMs: Record<AssignmentName, number>
  moveCount: number
}

/** Turns enough for every place to take each of its roles, one after the other, and once more. */
export function turnCountMaxOf({ configuration, intents }: PlanInput): number {
  const configured = Object.values(configuration.assignments).map(
    ({ component }) => configuration.components[component]?.nodes.length ?? 0,
  )
  const intended = Object.values(intents).map(({ roles }) => Object.keys(roles).length)
  return 64 + 8 * [...configured, ...intended].reduce((sum, count) => sum + count, 0)
}

export interface RehearseOptions {
  readonly turnCountMax?: number
  /** Of a like input: it saves work. */
  readonly previous?: Plan
}

export function rehearse(observed: PlanInput, options: RehearseOptions = {}): Rehearsal {
  const { turnCountMax = turnCountMaxOf(observed), previous = null } = options
  const before = arrived(observed)
  const stage = stageOf(before, previous)
  note(stage, 0)
  for (let count = 0; count < turnCountMax; count++) if (!advance(stage)) return rehearsalOf(before, stage, true)
  return rehearsalOf(before, stage, false)
}

/**
 * A cluster that has come to rest, without the way there: whatever is decided is so at once. What that leaves to be done, if anything,
 * is rehearsed. It is the beginning of a what-if for a cluster that is only configured.
 */
export function settle(fresh: PlanInput): PlanInput {
  let input = fresh
  let token = newestToken(fresh)
  let previous: Plan | undefined
  for (let count = 0; count < leapCountMax; count++) {
    previous = plan(input, previous)
    const committed = commit(input, previous.targets, token)
    if (!committed.isChanged) break
    token = committed.token
    input = asIntended({ ...input, intents: committed.intents })
  }
  return rehearse(input, { ...(previous && { previous }) }).after
}

/** Far more than it takes until what one place does has been heeded by all that depend on it. */
const leapCountMax = 32

function stageOf(input: PlanInput, plan: Plan | null): Stage {
  const counts = { turn: 0, elapsedMs: 0, waitedMs: 0, moveCount: 0, touched: null }
  const lists = { steps: [], passages: [], reasons: new Map(), waitedFor: new Map() }
  return {
    input,
    plan,
    token: newestToken(input),
    ...counts,
    ...lists,
    unservedSinceMs: new Map(),
    unmetSinceMs: new Map(),
    unservedMs: {},
  }
}

/** Each plan saves work of the next. */
function planned(stage: Stage): Plan {
  stage.plan = stage.plan ? plan(stage.input, stage.plan) : plan(stage.input)
  return stage.plan
}

/** One turn. False: nothing is left to do, and time changes nothing. */
function advance(stage: Stage): boolean {
  const { targets, steps } = planned(stage)
  const committed = commit(stage.input, targets, stage.token)
  if (committed.isChanged) {
    for (const decision of committed.decisions) {
      stage.reasons.set(decision.place, whyDecided(stage.input, decision, committed.decisions))
      if (decision.from !== decision.to && (decision.to === 'primary' || decision.to === 'secondary')) stage.moveCount++
    }
    stage.token = committed.token
    stage.input = { ...stage.input, intents: committed.intents }
    return true
  }
  const wasAsked = Object.keys(stage.input.requests).length
  const requests = requestsLeft(stage.input)
  // What is made for an input is kept with it: it is not made anew for nothing.
  if (requests !== stage.input.requests) stage.input = { ...stage.input, requests }
  for (const step of steps) if (step.waitsFor !== null) stage.waitedFor.set(keyOf(step), step.waitsFor)
  const ready = steps.filter((step) => step.waitsFor === null)
  if (ready.length > 0) carryOut(stage, ready)
  else return Object.keys(stage.input.requests).length < wasAsked || passTime(stage)
  return true
}

const keyOf = ({ component, role }: Pick<Step, 'component' | 'role'>): string => `${component} ${role}`

function carryOut(stage: Stage, steps: readonly Step[]): void {
  stage.turn++
  const rehearsed = [...steps].sort((a, b) => a.level - b.level).map((step) => rehearsedOf(stage, step))
  for (const step of rehearsed) stage.steps.push({ ...step, number: stage.steps.length + 1 })
  const lastedMs = stage.waitedMs + Math.max(...rehearsed.map(({ limitMs }) => limitMs))
  stage.waitedMs = 0
  stage.input = carriedOut(stage.input, steps)
  stage.elapsedMs += lastedMs
  stage.touched = stage.touched && new Set(steps.map(({ assignment }) => assignment))
  note(stage, lastedMs)
}

function rehearsedOf(stage: Stage, step: Step): RehearsedStep {
  const { assignment, component, role, token } = step
  const from = (stage.input.statuses[component] ?? fresh(component)).role
  return {
    number: 0,
    turn: stage.turn,
    assignment,
    place: component,
    from,
    to: role,
    token,
    waitedFor: stage.waitedFor.get(keyOf(step)) ?? null,
    reason:
      stage.reasons.get(component) ??
      troubleOf(stage.input, component) ??
      `as decided before, in ${formatToken(token)}`,
    limitMs: limitOf(typeOfPlace(stage.input, component), { from, to: role }),
  }
}

/** Keeps account of who is not served, and since when. */
function note(stage: Stage, lastedMs: number): void {
  const { input, unservedSinceMs, unservedMs, elapsedMs } = stage
  for (const name of unservedSinceMs.keys()) unservedMs[name] = (unservedMs[name] ?? 0) + lastedMs
  for (const name of stage.touched ?? Object.keys(input.configuration.assignments)) {
    if (input.configuration.assignments[name] === undefined || isServed(input, name)) unservedSinceMs.delete(name)
    else if (!unservedSinceMs.has(name)) unservedSinceMs.set(name, elapsedMs)
  }
  noteUnmet(stage)
  stage.touched = new Set()
  const lapsed = lapsedAtOnce(input, stage.unmetSinceMs.keys())
  if (input.lapsed || lapsed !== null)
    stage.input = { ...input, lapsed: { ...lapsedLeft(input, stage.unmetSinceMs.keys()), ...lapsed } }
}

function noteUnmet({ input, touched, elapsedMs, unmetSinceMs }: Stage): void {
  const { dependencies, assignments } = compiled(input.configuration)
  dependencies.forEach((dependency, index) => {
    if (touched !== null && !touched.has(assignments[dependency.sponsor]!.name)) return
    if (!isUnmet(input, dependency)) unmetSinceMs.delete(index)
    else if (!unmetSinceMs.has(index)) unmetSinceMs.set(index, elapsedMs)
  })
}

/** Nothing can be done now; what happens by itself next? */
function passTime(stage: Stage): boolean {
  const passage = nextPassage(stage.input, stage.unmetSinceMs)
  if (passage === null) return false
  const atMs = Math.max(passage.atMs, stage.elapsedMs + stage.waitedMs)
  stage.waitedMs = atMs - stage.elapsedMs
  stage.passages.push({ beforeStep: stage.steps.length + 1, atMs, text: passage.text })
  stage.input = passage.input
  stage.touched = null
  return true
}

/** A switch-over is asked for until its successor is primary, or was found unfit (as `machines/crim/operations.ts` has it). */
function requestsLeft({ requests, intents, statuses }: PlanInput): PlanInput['requests'] {
  const left = Object.entries(requests).filter(([assignment, { to }]) => {
    const intended = to === null ? null : intents[assignment]?.roles[to]
    return intended?.role === 'secondary' && statuses[to!]?.failure === null
  })
  return left.length === Object.keys(requests).length ? requests : Object.fromEntries(left)
}

function rehearsalOf(before: PlanInput, stage: Stage, isSettled: boolean): Rehearsal {
  const { input } = stage
  const { targets, steps } = planned(stage)
  const waits = steps.flatMap(({ component, role, waitsFor }) =>
    waitsFor ? [`${component} waits for ${waitsFor} before ${role}`] : [],
  )
  const shortages = targets.flatMap(({ assignment, reason }) => {
    if (input.configuration.assignments[assignment] === undefined) return []
    const shortage = shortageOf(input, assignment)
    const isLost = shortage.primaries > 0 || shortage.secondaries > 0
    if (!isLost && reason === null) return []
    return [{ ...shortage, reason: reason ?? whyShort(input, assignment, waits) }]
  })
  return {
    before,
    after: input,
    steps: stage.steps,
    waits,
    passages: stage.passages,
    shortages,
    unservedMs: stage.unservedMs,
    moveCount: stage.moveCount,
    limitMs: stage.elapsedMs,
    isSettled,
  }
}
