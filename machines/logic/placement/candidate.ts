/** What the planner may assume of one place: whether it can be used, and whether it may still be acting. */
import type { AssignmentConfiguration, ComponentType, Configuration } from '../../model/configuration.ts'
import { type AssignmentName, type ComponentId, hostOf, type NodeName, nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import {
  type ComponentStatus,
  type NodeAvailability,
  stoppedAvailabilities,
  upAvailabilities,
} from '../../model/status.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import { compiled } from './compile.ts'
import type { PlanInput } from './input.ts'
import { isOwnedByAnother, retiredOf } from './retired.ts'

export interface Candidate {
  readonly component: ComponentId
  /** Its place in the compiled configuration; -1: it is retired. */
  readonly slot: number
  readonly node: NodeAvailability
  readonly status: ComponentStatus | null
  /** What it was last meant to be. */
  readonly intended: { readonly role: Role; readonly token: Token } | null
  /** No longer configured for the assignment: it is to stop, and is forgotten then. */
  readonly isRetired: boolean
  /** It, or its assignment, is locked. */
  readonly isLocked: boolean
  readonly isBarred: boolean
  /** Its node is up and has spoken, and nobody forbids its use. It may have failed: then using it restarts it. */
  readonly isUsable: boolean
  /** Its node is up but has not said what is: nothing is decided about it until it does. */
  readonly isPending: boolean
  /** Nothing there is touched: it is taken to be what it was meant to be. */
  readonly isMaintained: boolean
  /** It is to be offline for a while, and keeps its role meanwhile: nobody takes its place. */
  readonly isWithheld: boolean
  /** Its node keeps what it has and is given nothing more. */
  readonly isHeld: boolean
  /** Its node hosts nothing. */
  readonly isOnStandby: boolean
  /** It fell out of its role by itself and has not been told anything since. */
  readonly hasFailed: boolean
  /** A command that lets it act is unanswered: it may obey it yet, or have refused it. */
  readonly isUnanswered: boolean
  /** It may be acting as primary, as far as anyone can tell. */
  readonly mayAct: boolean
}

export function typeOf(configuration: Configuration, assignment: AssignmentConfiguration): ComponentType {
  return configuration.types[configuration.components[assignment.component]!.type]!
}

/** What was made for an input already: candidates are asked for by targets, steps, introductions and operations alike. */
const known = new WeakMap<PlanInput, Map<AssignmentName, readonly Candidate[]>>()

/**
 * The places that may serve an assignment, preferred first; then those that once might and may not have stopped yet. An
 * assignment that is gone has only the latter. A component that is not shared serves one assignment at a time: no intent names it
 * for another before the one that did has done with it.
 */
export function candidatesOf(input: PlanInput, name: AssignmentName): readonly Candidate[] {
  const made = madeFor(input)
  const before = made.get(name)
  if (before) return before
  const candidates = candidatesAnew(input, name)
  made.set(name, candidates)
  return candidates
}

/** The same candidates as of an earlier input, where nothing that they are made of has changed. */
export function keepCandidates(input: PlanInput, name: AssignmentName, candidates: readonly Candidate[]): void {
  madeFor(input).set(name, candidates)
}

function madeFor(input: PlanInput): Map<AssignmentName, readonly Candidate[]> {
  let made = known.get(input)
  if (!made) {
    made = new Map()
    known.set(input, made)
  }
  return made
}

function candidatesAnew(input: PlanInput, name: AssignmentName): Candidate[] {
  const of = compiled(input.configuration)
  const assignment = of.assignmentIndexes.get(name)
  const candidates: Candidate[] = []
  if (assignment !== undefined) {
    for (let slot = of.slotsFrom[assignment]!; slot < of.slotsFrom[assignment + 1]!; slot++) {
      const component = of.slotIds[slot]!
      if (isOwnedByAnother(input, name, component)) continue
      const node = of.nodes[of.slotNodes[slot]!]!
      candidates.push(candidateOf(input, name, { component, slot, node, host: of.hostIds[of.slotHosts[slot]!]! }))
    }
  }
  for (const component of retiredOf(input, name)) {
    const of = { component, slot: -1, node: nodeOf(component), host: hostOf(component) }
    const candidate = candidateOf(input, name, of)
    if (!isOver(input, candidate)) candidates.push(candidate)
  }
  return candidates
}

interface Place {
  readonly component: ComponentId
  readonly slot: number
  readonly node: NodeName
  readonly host: ComponentId
}

function candidateOf(input: PlanInput, assignment: AssignmentName, { component, slot, node, host }: Place): Candidate {
  const { administrative } = input
  const availability = input.nodes[node] ?? 'unknown'
  const status = input.statuses[component] ?? null
  const intended = input.intents[assignment]?.roles[component] ?? null
  const commanded = input.commanded[component] ?? null
  const isRetired = slot < 0
  const isBarred = input.barred[host] === true
  const isUp = isUpAvailability(availability)
  const state = administrative?.nodes[node] ?? null
  const assignmentState = administrative?.assignments[assignment] ?? null
  const isLocked = input.locked[host] === true || assignmentState === 'locked'
  const isFree = !isRetired && !isLocked && !isBarred && state !== 'standby'
  // A node that has said what is, and did not name a component that is not configured, has not got it.
  const isAbsent = isRetired && isUp && status === null && !input.awaited.includes(node)
  const isUnanswered = commanded?.mayAct === true
  return {
    component,
    slot,
    node: availability,
    status,
    intended,
    isRetired,
    isLocked,
    isBarred,
    isUsable: isUp && availability !== 'leaving' && status !== null && isFree && status.phase !== 'stopFailed',
    isPending: isUp && status === null && !isAbsent,
    isMaintained:
      administrative !== undefined &&
      (administrative.isMaintained ||
        state === 'maintenance' ||
        assignmentState === 'maintenance' ||
        administrative.components[host] === 'maintenance'),
    isWithheld: input.withheld?.[host] === true,
    isHeld: state === 'held',
    isOnStandby: state === 'standby',
    hasFailed: status !== null && status.failure !== null && status.role === 'offline',
    isUnanswered,
    mayAct: !(isAbsent && !isUnanswered) && mayAct({ node: availability, status, intended, isUnanswered }),
  }
}

/** A retired component that has been told to stop, or cannot be told any more, and does nothing: it may be forgotten. */
function isOver(input: PlanInput, { component, node, status, intended, isPending, mayAct }: Candidate): boolean {
  if (intended?.role !== 'offline' || isPending || mayAct) return false
  if (stoppedAvailabilities.includes(node) || status === null) return true
  const isAnswered = input.commanded[component] === undefined
  return isAnswered && status.role === 'offline' && status.phase === 'stopped'
}

export function isUpAvailability(node: NodeAvailability): boolean {
  return node === 'alive' || upAvailabilities.includes(node)
}

/**
 * Pessimistic on purpose: what is not known to have stopped acts. A quiesced component (`quiescing`, `ready`) has handed
 * over and does not; one that failed to stop does (trap 14); one that was told to become primary does from the moment of
 * the command, until it says otherwise.
 */
function mayAct(of: {
  node: NodeAvailability
  status: ComponentStatus | null
  intended: { readonly role: Role } | null
  isUnanswered: boolean
}): boolean {
  const { node, status, isUnanswered } = of
  if (node !== 'alive' && stoppedAvailabilities.includes(node)) return false
  if (status === null || status.phase === 'stopFailed' || isUnanswered) return true
  if (status.role === 'quiescing' && status.phase === 'ready') return false
  return status.isActive || (!isUpAvailability(node) && of.intended?.role === 'primary')
}

/** A secondary that can take over at once with the primary's state: in step, and meant to be (trap 16). */
export function isReadySecondary(candidate: Candidate): boolean {
  const { status, intended, isUsable } = candidate
  return (
    isUsable &&
    intended?.role === 'secondary' &&
    status?.role === 'secondary' &&
    status.phase === 'ready' &&
    compareTokens(status.token, intended.token) === 0
  )
}

/** Nothing is decided about it: it has not said what it is, is in maintenance, or comes back to what it was by itself. */
export function isLeftAlone({ isPending, isMaintained, isWithheld, isLocked, isRetired, node }: Candidate): boolean {
  return isMaintained || isPending || (isWithheld && !isLocked && !isRetired && isUpAvailability(node))
}
