/** What the planner may assume of one component: whether it can be used, and whether it may still be acting. */
import type { AssignmentConfiguration, ComponentType, Configuration } from '../../model/configuration.ts'
import { type AssignmentName, type ComponentId, nodeOf } from '../../model/ids.ts'
import { servantOf } from '../../model/redundancy.ts'
import type { Role } from '../../model/roles.ts'
import {
  type ComponentStatus,
  type NodeAvailability,
  stoppedAvailabilities,
  upAvailabilities,
} from '../../model/status.ts'
import { compareTokens, type Token } from '../../model/token.ts'
import type { PlanInput } from './input.ts'

export interface Candidate {
  readonly component: ComponentId
  readonly node: NodeAvailability
  readonly status: ComponentStatus | null
  /** What it was last meant to be. */
  readonly intended: { readonly role: Role; readonly token: Token } | null
  /** No longer configured for the assignment: it is to stop, and is forgotten then. */
  readonly isRetired: boolean
  readonly isLocked: boolean
  readonly isBarred: boolean
  /** Its node is up and has spoken, and nobody forbids its use. It may have failed: then using it restarts it. */
  readonly isUsable: boolean
  /** Its node is up but has not said what is: nothing is decided about it until it does. */
  readonly isPending: boolean
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
 * The components that may serve an assignment, preferred first; then those that once might and may not have stopped yet. An
 * assignment that is gone has only the latter. A component serves one assignment at a time: no intent names it for another before
 * the one that did has done with it.
 */
export function candidatesOf(input: PlanInput, name: AssignmentName): Candidate[] {
  const owners = ownersOf(input.intents)
  const configured = configuredFor(input.configuration, name).filter(
    (component) => (owners.get(component) ?? name) === name,
  )
  const retired = (Object.keys(input.intents[name]?.roles ?? {}) as ComponentId[])
    .filter((component) => !configured.includes(component))
    .sort()
  return [
    ...configured.map((component) => candidateOf(input, name, { component, isRetired: false })),
    ...retired
      .map((component) => candidateOf(input, name, { component, isRetired: true }))
      .filter((candidate) => !isOver(input, candidate)),
  ]
}

const ownersByIntents = new WeakMap<PlanInput['intents'], ReadonlyMap<ComponentId, AssignmentName>>()

/** Which assignment's intent names a component. */
function ownersOf(intents: PlanInput['intents']): ReadonlyMap<ComponentId, AssignmentName> {
  const known = ownersByIntents.get(intents)
  if (known) return known
  const owners = new Map<ComponentId, AssignmentName>()
  for (const { assignment, roles } of Object.values(intents))
    for (const component of Object.keys(roles) as ComponentId[]) owners.set(component, assignment)
  ownersByIntents.set(intents, owners)
  return owners
}

function configuredFor(configuration: Configuration, name: AssignmentName): ComponentId[] {
  const { assignments, components } = configuration
  const assignment = assignments[name]
  if (!assignment) return []
  return components[assignment.component]!.nodes.map((node) => servantOf(configuration, { assignment: name, node }))
}

function candidateOf(
  input: PlanInput,
  assignment: AssignmentName,
  { component, isRetired }: { component: ComponentId; isRetired: boolean },
): Candidate {
  const node = input.nodes[nodeOf(component)] ?? 'unknown'
  const status = input.statuses[component] ?? null
  const intended = input.intents[assignment]?.roles[component] ?? null
  const isLocked = input.locked[component] === true
  const isBarred = input.barred[component] === true
  const isUp = upAvailabilities.includes(node)
  const isFree = !isRetired && !isLocked && !isBarred
  // A node that has said what is, and did not name a component that is not configured, has not got it.
  const isAbsent = isRetired && isUp && status === null && !input.awaited.includes(nodeOf(component))
  const isUnanswered = input.commanded[component]?.mayAct === true
  return {
    component,
    node,
    status,
    intended,
    isRetired,
    isLocked,
    isBarred,
    isUsable: isUp && node !== 'leaving' && status !== null && isFree && status.phase !== 'stopFailed',
    isPending: isUp && status === null && !isAbsent,
    hasFailed: status?.failure != null && status.role === 'offline',
    isUnanswered,
    mayAct:
      !(isAbsent && !isUnanswered) && mayAct({ node, status, intendedRole: intended?.role ?? null, isUnanswered }),
  }
}

/** A retired component that has been told to stop, or cannot be told any more, and does nothing: it may be forgotten. */
function isOver(input: PlanInput, { component, node, status, intended, isPending, mayAct }: Candidate): boolean {
  if (intended?.role !== 'offline' || isPending || mayAct) return false
  if (stoppedAvailabilities.includes(node) || status === null) return true
  const isAnswered = input.commanded[component] === undefined
  return isAnswered && status.role === 'offline' && status.phase === 'stopped'
}

/**
 * Pessimistic on purpose: what is not known to have stopped acts. A quiesced component (`quiescing`, `ready`) has handed
 * over and does not; one that failed to stop does (trap 14); one that was told to become primary does from the moment of
 * the command, until it says otherwise.
 */
function mayAct(of: {
  node: NodeAvailability
  status: ComponentStatus | null
  intendedRole: Role | null
  isUnanswered: boolean
}): boolean {
  const { node, status, isUnanswered } = of
  if (stoppedAvailabilities.includes(node)) return false
  if (status === null || status.phase === 'stopFailed' || isUnanswered) return true
  if (status.role === 'quiescing' && status.phase === 'ready') return false
  return status.isActive || (!upAvailabilities.includes(node) && of.intendedRole === 'primary')
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
