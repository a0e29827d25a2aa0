import { expect } from 'bun:test'
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  type AnyTransitionDefinition,
  getNextTransitions,
} from 'xstate'
import { hashOf, initialStep, type Message, step } from '../../../src/engine/step.ts'
import { Run } from './run.ts'

/** Every event, and every delay that runs, is tried in every snapshot found, breadth first. */
export interface Exploration {
  readonly input: unknown
  /** What may happen now; the delays come by themselves. */
  readonly events: (snapshot: AnyMachineSnapshot) => readonly Message[]
  /** Two snapshots with the same key count as one. Default: same state and context. */
  readonly keyOf?: (snapshot: AnyMachineSnapshot) => string | number
  /** Exploring fails beyond so many snapshots. Default: 2000. */
  readonly snapshotCountMax?: number
}

export interface Coverage {
  readonly paths?: readonly { readonly input: unknown; readonly events: readonly Message[] }[]
  readonly explorations?: readonly Exploration[]
  /** Transitions that nothing can cause, by the name they are reported under, each with the reason. */
  readonly exempt?: Readonly<Record<string, string>>
}

/** Every state is reached and every transition taken, by the paths given or by exploring. What is left is named. */
export function expectCoverage(machine: AnyStateMachine, coverage: Coverage): void {
  const seen: Seen = { nodes: new Set(), transitions: new Set() }
  for (const { input, events } of coverage.paths ?? []) {
    const run = new Run(machine, input)
    watchStart(machine, input, seen)
    for (const event of events) {
      const { before, delivered } = run.send(event)
      watch(machine, before, delivered, seen)
    }
  }
  for (const exploration of coverage.explorations ?? []) explore(machine, exploration, seen)
  const { exempt = {} } = coverage
  expect({
    statesNotReached: nodesOf(machine.root)
      .filter((node) => !seen.nodes.has(node))
      .map(nameOf),
    transitionsNotTaken: transitionsOf(machine)
      .filter(({ name, definition }) => !seen.transitions.has(definition) && exempt[name] === undefined)
      .map(({ name }) => name),
  }).toEqual({ statesNotReached: [], transitionsNotTaken: [] })
}

interface Seen {
  readonly nodes: Set<AnyStateNode>
  readonly transitions: Set<AnyTransitionDefinition>
}

function explore(machine: AnyStateMachine, exploration: Exploration, seen: Seen): void {
  const { keyOf = hashOf, snapshotCountMax = 2000 } = exploration
  const first = initialStep(machine, exploration.input).snapshot
  watchStart(machine, exploration.input, seen)
  const queue = [first]
  const known = new Set([keyOf(first)])
  for (let snapshot = queue.shift(); snapshot; snapshot = queue.shift()) {
    for (const event of [...exploration.events(snapshot), ...delaysOf(snapshot)]) {
      watch(machine, snapshot, event, seen)
      const { snapshot: next } = step(machine, snapshot, event)
      const key = keyOf(next)
      if (known.has(key)) continue
      known.add(key)
      if (known.size > snapshotCountMax)
        throw new Error(`more than ${snapshotCountMax} snapshots: give a coarser keyOf`)
      queue.push(next)
    }
  }
}

/** A state's delays run as long as it is entered, so each of its delayed transitions may come. */
function delaysOf(snapshot: AnyMachineSnapshot): Message[] {
  const types = getNextTransitions(snapshot).map((transition) => transition.eventType)
  return [...new Set(types)].filter((type) => type.startsWith('xstate.after.')).map((type) => ({ type }))
}

/** Takes the step once more in a scope that is told of every microstep, `always` included. */
function watch(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: Message, seen: Seen): void {
  machine.transition(snapshot, event, scopeFor(seen))
}

function watchStart(machine: AnyStateMachine, input: unknown, seen: Seen): void {
  const first = machine.getInitialSnapshot(scopeFor(seen), input as never) as AnyMachineSnapshot
  for (const node of first._nodes) seen.nodes.add(node)
}

function scopeFor(seen: Seen): Parameters<AnyStateMachine['transition']>[2] {
  return {
    self: {},
    id: '',
    sessionId: '',
    logger: () => {},
    defer: () => {},
    stopChild: () => {},
    emit: () => {},
    actionExecutor: () => {},
    system: {
      _sendInspectionEvent: (inspected: {
        snapshot: AnyMachineSnapshot
        _transitions: readonly AnyTransitionDefinition[]
      }) => {
        for (const node of inspected.snapshot._nodes) seen.nodes.add(node)
        for (const transition of inspected._transitions) seen.transitions.add(transition)
      },
    },
  } as unknown as Parameters<AnyStateMachine['transition']>[2]
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(nodesOf)]
}

function nameOf(node: AnyStateNode): string {
  return node.path.join('.') || '(root)'
}

/** All transitions with a name for reports: `primary.ready process.exited`, with `#2` for the second candidate. */
function transitionsOf(machine: AnyStateMachine): { name: string; definition: AnyTransitionDefinition }[] {
  return nodesOf(machine.root).flatMap((node) => {
    const lists: [string, readonly AnyTransitionDefinition[]][] = [...node.transitions]
    if (node.always) lists.push(['always', node.always])
    return lists.flatMap(([event, candidates]) =>
      candidates.map((definition, index) => ({
        name: `${nameOf(node)} ${event}${index === 0 ? '' : ` #${index + 1}`}`,
        definition,
      })),
    )
  })
}
