/** What the planner may assume of one place: whether it can be used, and whether it may still be acting. */
import type { AssignmentConfiguration, ComponentType, Configuration } from '../../model/configuration.ts'
import { type AssignmentName, type ComponentId, hostOf, type NodeName, nodeOf } from '../../model/ids.ts'
import type { Role } from '../../model/roles.ts'
import {
  type ComponentStatus,
  type IntendedRole,
  type Intent,
  type NodeAvailability,
  stoppedAvailabilities,
  upAvailabilities,
} from '../../model/status.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import { type Compiled, compiled } from './compile.ts'
import type { Command, NodeState, PlanInput } from './input.ts'
import { isOwnedByAnother, retiredOf, retiredOwners } from './retired.ts'

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

/**
 * What was made for an input already: candidates are asked for by targets, steps, introductions and operations alike. By assignment,
 * those that are no longer configured by name.
 */
interface Made {
  configured: (readonly Candidate[] | undefined)[]
  /** None of the configured is missing. */
  isComplete: boolean
  readonly gone: Map<AssignmentName, readonly Candidate[]>
  readonly sight: Sight
}

const known = new WeakMap<PlanInput, Made>()

/**
 * The places that may serve an assignment, preferred first; then those that once might and may not have stopped yet. An
 * assignment that is gone has only the latter. A component that is not shared serves one assignment at a time: no intent names it
 * for another before the one that did has done with it.
 */
export function candidatesOf(input: PlanInput, name: AssignmentName): readonly Candidate[] {
  const made = madeFor(input)
  const index = made.sight.of.assignmentIndexes.get(name)
  return index === undefined ? candidatesOfGone(made, name) : candidatesAt(made, index)
}

/** All of them, by assignment. */
export function allCandidates(input: PlanInput): readonly (readonly Candidate[])[] {
  const made = madeFor(input)
  if (!made.isComplete) {
    const observed = observedBySlot(made.sight)
    for (let index = 0; index < made.configured.length; index++) candidatesAt(made, index, observed)
    made.isComplete = true
  }
  return made.configured as readonly (readonly Candidate[])[]
}

/** Those of an earlier input, of the same configuration and with nothing that is retired. */
interface Earlier {
  readonly input: PlanInput
  readonly candidates: readonly (readonly Candidate[])[]
  /** By assignment: 0 where they are still the same. */
  readonly isAnew: Uint8Array
}

/** The same as `allCandidates`, with less to look up. */
export function candidatesSince(input: PlanInput, earlier: Earlier): readonly (readonly Candidate[])[] {
  const made = madeFor(input)
  const candidates = earlier.candidates.slice()
  for (let index = 0; index < candidates.length; index++)
    if (earlier.isAnew[index] === 1) candidates[index] = madeAnew(made.sight, index, earlier)
  made.configured = candidates
  made.isComplete = true
  return candidates
}

function madeAnew(sight: Sight, index: number, { input: before, candidates }: Earlier): readonly Candidate[] {
  const { input, of } = sight
  const { name } = of.assignments[index]!
  const roles = input.intents[name]?.roles ?? nothing
  return candidates[index]!.map((was) => {
    const { component, slot } = was
    const host = of.hostIds[of.slotHosts[slot]!]!
    const node = sight.nodes[of.slotNodes[slot]!]!
    const status = input.statuses === before.statuses ? was.status : (input.statuses[component] ?? null)
    const intended = input.intents === before.intents ? was.intended : (roles[component] ?? null)
    return candidateOf(sight, name, { component, slot, node, host, status, signs: signsOf(status), intended })
  })
}

interface Observed {
  /** By slot. */
  readonly statuses: readonly (ComponentStatus | null)[]
  readonly signs: Uint8Array
}

/** Looked up by name in one go, and then read in one go: between other work each takes twice as long. */
function observedBySlot({ input, of: { slotIds } }: Sight): Observed {
  const statuses: (ComponentStatus | null)[] = new Array(slotIds.length)
  for (let slot = 0; slot < slotIds.length; slot++) statuses[slot] = input.statuses[slotIds[slot]!] ?? null
  const signs = new Uint8Array(slotIds.length)
  for (let slot = 0; slot < slotIds.length; slot++) signs[slot] = signsOf(statuses[slot]!)
  return { statuses, signs }
}

/** Bits of what a status says for or against its place. */
const failedSign = 1
const stopFailedSign = 2
/** It has handed over, and does not act whatever else is said. */
const handedOverSign = 4
const activeSign = 8

function signsOf(status: ComponentStatus | null): number {
  if (status === null) return 0
  const { phase, role } = status
  let signs = 0
  if (status.failure !== null) signs |= failedSign
  if (phase === 'stopFailed') signs |= stopFailedSign
  if (role === 'quiescing' && phase === 'ready') signs |= handedOverSign
  if (status.isActive) signs |= activeSign
  return signs
}

function madeFor(input: PlanInput): Made {
  const before = known.get(input)
  if (before) return before
  const sight = sightOf(input)
  const made = { configured: new Array(sight.of.assignments.length), isComplete: false, gone: new Map(), sight }
  known.set(input, made)
  return made
}

function candidatesOfGone({ gone, sight }: Made, name: AssignmentName): readonly Candidate[] {
  const before = gone.get(name)
  if (before) return before
  const candidates = retiredCandidates(sight, name)
  gone.set(name, candidates)
  return candidates
}

/** `observed`: where it is at hand. */
function candidatesAt(
  { configured, sight }: Made,
  index: number,
  observed: Observed | null = null,
): readonly Candidate[] {
  const before = configured[index]
  if (before) return before
  const { input, of } = sight
  const { name } = of.assignments[index]!
  const roles = input.intents[name]?.roles ?? nothing
  const candidates: Candidate[] = []
  for (let slot = of.slotsFrom[index]!; slot < of.slotsFrom[index + 1]!; slot++) {
    const component = of.slotIds[slot]!
    if (sight.owners.size > 0 && isOwnedByAnother(sight.owners, name, component)) continue
    const host = of.hostIds[of.slotHosts[slot]!]!
    const status = observed ? observed.statuses[slot]! : (input.statuses[component] ?? null)
    const signs = observed ? observed.signs[slot]! : signsOf(status)
    const intended = roles === nothing ? null : (roles[component] ?? null)
    const node = sight.nodes[of.slotNodes[slot]!]!
    candidates.push(candidateOf(sight, name, { component, slot, node, host, status, signs, intended }))
  }
  if (sight.owners.size > 0) candidates.push(...retiredCandidates(sight, name))
  configured[index] = candidates
  return candidates
}

const nothing: Intent['roles'] = {}

function retiredCandidates(sight: Sight, name: AssignmentName): Candidate[] {
  const roles = sight.input.intents[name]?.roles ?? nothing
  return retiredOf(sight.input, name)
    .map((component) => {
      const node = nodeSight(sight.input, nodeOf(component))
      const status = sight.input.statuses[component] ?? null
      const intended = roles[component] ?? null
      const place = { component, slot: -1, node, host: hostOf(component), status, signs: signsOf(status), intended }
      return candidateOf(sight, name, place)
    })
    .filter((candidate) => !isOver(sight.input, candidate))
}

/** What is the same for many candidates, looked up once. */
interface Sight {
  readonly input: PlanInput
  readonly of: Compiled
  /** Who is to be done with a place first. */
  readonly owners: ReadonlyMap<ComponentId, AssignmentName>
  readonly nodes: readonly NodeSight[]
  /** No place is locked, barred, withheld, commanded, …: there is nothing to look for. */
  readonly isUnmarked: boolean
}

interface NodeSight {
  readonly availability: NodeAvailability
  readonly isUp: boolean
  readonly isAwaited: boolean
  readonly state: NodeState | null
}

function sightOf(input: PlanInput): Sight {
  const of = compiled(input.configuration)
  const { administrative } = input
  return {
    input,
    of,
    owners: retiredOwners(input),
    nodes: of.nodes.map((node) => nodeSight(input, node)),
    isUnmarked:
      [input.locked, input.barred, input.commanded, input.withheld, administrative?.components].every(isEmpty) &&
      isEmpty(administrative?.assignments) &&
      administrative?.isMaintained !== true,
  }
}

function nodeSight(input: PlanInput, node: NodeName): NodeSight {
  const availability = input.nodes[node] ?? 'unknown'
  return {
    availability,
    isUp: isUpAvailability(availability),
    isAwaited: input.awaited.includes(node),
    state: input.administrative?.nodes[node] ?? null,
  }
}

function isEmpty(record: object | undefined): boolean {
  for (const _ in record) return false
  return true
}

interface Place {
  readonly component: ComponentId
  readonly slot: number
  readonly node: NodeSight
  readonly host: ComponentId
  readonly status: ComponentStatus | null
  readonly signs: number
  readonly intended: IntendedRole | null
}

/** What operators and recovery have said of one place, and what it has been told. */
interface Marks {
  readonly isLocked: boolean
  readonly isBarred: boolean
  readonly isMaintained: boolean
  readonly isWithheld: boolean
  readonly commanded: Command | null
}

const unmarked: Marks = { isLocked: false, isBarred: false, isMaintained: false, isWithheld: false, commanded: null }

function marksOf({ input }: Sight, assignment: AssignmentName, { component, host }: Place): Marks {
  const { administrative } = input
  const state = administrative?.assignments[assignment] ?? null
  return {
    isLocked: input.locked[host] === true || state === 'locked',
    isBarred: input.barred[host] === true,
    isMaintained:
      administrative !== undefined &&
      (administrative.isMaintained || state === 'maintenance' || administrative.components[host] === 'maintenance'),
    isWithheld: input.withheld?.[host] === true,
    commanded: input.commanded[component] ?? null,
  }
}

function candidateOf(sight: Sight, assignment: AssignmentName, place: Place): Candidate {
  const { component, slot, node, status, signs, intended } = place
  const { availability, isUp, state } = node
  const { isLocked, isBarred, isMaintained, isWithheld, commanded } = sight.isUnmarked
    ? unmarked
    : marksOf(sight, assignment, place)
  const isRetired = slot < 0
  const isFree = !isRetired && !isLocked && !isBarred && state !== 'standby'
  // A node that has said what is, and did not name a component that is not configured, has not got it.
  const isAbsent = isRetired && isUp && status === null && !node.isAwaited
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
    isUsable: isUp && availability !== 'leaving' && status !== null && isFree && (signs & stopFailedSign) === 0,
    isPending: isUp && status === null && !isAbsent,
    isMaintained: isMaintained || state === 'maintenance',
    isWithheld,
    isHeld: state === 'held',
    isOnStandby: state === 'standby',
    hasFailed: (signs & failedSign) !== 0 && (status!.role === 'offline' || isDemoted(status!, intended)),
    isUnanswered,
    mayAct: !(isAbsent && !isUnanswered) && mayAct(place, isUnanswered),
  }
}

/** It stood down by itself, on a node that had lost the quorum: as a spare it runs on, and only a new decision makes it primary again. */
export function isDemoted(
  { role, phase, token, failure }: ComponentStatus,
  intended: Pick<IntendedRole, 'role' | 'token'> | null,
): boolean {
  if (role !== 'spare' || phase !== 'ready' || failure === null || intended?.role !== 'primary') return false
  return compareTokens(token, intended.token) >= 0
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
function mayAct({ node: { availability, isUp }, status, signs, intended }: Place, isUnanswered: boolean): boolean {
  if (!isUp && stoppedAvailabilities.includes(availability)) return false
  if (status === null || (signs & stopFailedSign) !== 0 || isUnanswered) return true
  if ((signs & handedOverSign) !== 0) return false
  return (signs & activeSign) !== 0 || (!isUp && intended?.role === 'primary')
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
