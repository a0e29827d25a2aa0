/** Which guards decided what a machine did with an event: those of the transition that was taken, and what kept others from it. */
import { type AnyMachineSnapshot, type AnyStateMachine, getMicrosteps } from 'xstate'
import type { Message } from '../engine/step.ts'

export interface GuardFinding {
  /** `isLive`, `isFor(primary)` */
  readonly guard: string
  readonly held: boolean
}

type Named = string | { readonly type: string; readonly params?: unknown }
type Composite = { readonly guards: readonly Guard[] }
type Guard = Named | Composite

interface Candidate {
  readonly guard?: Guard
}

interface Node {
  readonly order: number
  readonly transitions: ReadonlyMap<string, readonly Candidate[]>
  readonly always?: readonly Candidate[]
}

type Test = (args: { context: unknown; event: Message }, params: unknown) => boolean

/**
 * Of the step that `event` led to from `snapshot`, in the order in which they were asked: the event's transition, then what the
 * machine did of itself (`always`). A guard that several candidates share is told once. Empty: nothing was guarded.
 */
export function guardsOf(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: Message): GuardFinding[] {
  const found = new Map<string, GuardFinding>()
  const asked = (of: AnyMachineSnapshot, candidatesOf: (node: Node) => readonly Candidate[] | undefined) => {
    for (const one of findingsOf(machine, of, { event, candidatesOf }))
      if (!found.has(one.guard)) found.set(one.guard, one)
  }
  asked(snapshot, (node) => node.transitions.get(event.type))
  const steps = getMicrosteps(machine, snapshot, event as never) as [AnyMachineSnapshot, unknown][]
  for (const [after] of steps.slice(0, -1)) asked(after, (node) => node.always)
  return [...found.values()]
}

interface Asking {
  readonly event: Message
  readonly candidatesOf: (node: Node) => readonly Candidate[] | undefined
}

/** The innermost states are asked first; the first candidate all of whose guards hold is taken. */
function findingsOf(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  { event, candidatesOf }: Asking,
): GuardFinding[] {
  const nodes = [...(snapshot as unknown as { _nodes: Node[] })._nodes].sort((a, b) => b.order - a.order)
  const args = { context: snapshot.context, event }
  const findings: GuardFinding[] = []
  for (const candidate of nodes.flatMap((node) => candidatesOf(node) ?? [])) {
    if (candidate.guard === undefined) return findings
    const leaves = leavesOf(candidate.guard).map((leaf) => findingOf(machine, leaf, args))
    if (isTaken(machine, snapshot, candidate.guard, event)) return [...findings, ...leaves]
    findings.push(...leaves.filter(({ held }) => !held))
  }
  return findings
}

function leavesOf(guard: Guard): Named[] {
  return isComposite(guard) ? guard.guards.flatMap(leavesOf) : [guard]
}

function isComposite(guard: Guard): guard is Composite {
  return typeof guard === 'function' || (typeof guard === 'object' && 'guards' in guard)
}

function findingOf(machine: AnyStateMachine, leaf: Named, args: { context: unknown; event: Message }): GuardFinding {
  const { type, params } = typeof leaf === 'string' ? { type: leaf, params: undefined } : { params: undefined, ...leaf }
  const test = (machine.implementations.guards as Record<string, Test | undefined>)[type]
  const guard = params === undefined ? type : `${type}(${typeof params === 'string' ? params : JSON.stringify(params)})`
  return { guard, held: typeof test === 'function' && test(args, params) }
}

/** XState's own word, which knows what `and`, `or` and `not` make of their parts. */
function isTaken(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, guard: Guard, event: Message): boolean {
  if (!isComposite(guard)) return findingOf(machine, guard, { context: snapshot.context, event }).held
  const { check } = guard as unknown as { check: (of: AnyMachineSnapshot, args: object, guard: Guard) => boolean }
  return check(snapshot, { context: snapshot.context, event }, guard)
}
