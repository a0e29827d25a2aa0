/** From a machine to its chart: what XState knows of it, read out in the order in which it is written. */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { actionTextOf, guardTextOf } from './actionText.ts'
import type { Chart, ChartState, ChartTransition } from './model.ts'

/** What the source says of a machine beside what it does. */
export interface Words {
  readonly purpose: string
  /** By path. */
  readonly states: Readonly<Record<string, string>>
  readonly words: Readonly<Record<string, string>>
}

const noWords: Words = { purpose: '', states: {}, words: {} }

export interface Named {
  readonly name: string
  readonly machine: AnyStateMachine
  readonly version: number
}

export function deriveChart({ name, machine, version }: Named, said: Words = noWords): Chart {
  const nodes = nodesBelow(machine.root as AnyStateNode)
  const states = nodes.slice(1).map((node) => stateFrom(node, said.states[pathOf(node)] ?? null))
  const transitions = nodes.flatMap(transitionsOf)
  const used = wordsIn(transitions, states)
  return {
    name,
    version,
    purpose: said.purpose,
    initial: initialOf(machine.root as AnyStateNode) ?? '',
    states,
    transitions,
    words: Object.fromEntries(Object.entries(said.words).filter(([word]) => used.has(word))),
  }
}

function nodesBelow(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesBelow(child as AnyStateNode))]
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.')
}

function initialOf(node: AnyStateNode): string | null {
  const target = node.config.initial === undefined ? undefined : node.initial.target[0]
  return target ? pathOf(target as AnyStateNode) : null
}

function stateFrom(node: AnyStateNode, description: string | null): ChartState {
  return {
    path: pathOf(node),
    name: node.key,
    parent: node.parent ? pathOf(node.parent as AnyStateNode) : '',
    type: node.type,
    initial: initialOf(node),
    description: node.description ?? description,
    entry: listOf(node.config.entry).map(actionTextOf),
    exit: listOf(node.config.exit).map(actionTextOf),
  }
}

/** XState takes one where it takes several. */
function listOf(actions: unknown): unknown[] {
  if (actions === undefined) return []
  return Array.isArray(actions) ? actions : [actions]
}

type Definition = NonNullable<AnyStateNode['always']>[number]

function transitionsOf(node: AnyStateNode): ChartTransition[] {
  const always = (node.always ?? []).map((each, index) => transitionFrom({ node, type: '', each, index }))
  const others = [...node.transitions].flatMap(([type, several]) =>
    several.map((each: Definition, index: number) => transitionFrom({ node, type, each, index })),
  )
  return [...always, ...others]
}

function transitionFrom(of: { node: AnyStateNode; type: string; each: Definition; index: number }): ChartTransition {
  const { node, type, each, index } = of
  const { kind, event } = eventOf(node, type)
  const source = pathOf(node)
  const target = each.target?.[0]
  return {
    id: `${source}/${kind === 'event' ? event : [kind, event].filter(Boolean).join(' ')}/${index + 1}`,
    source,
    target: target ? pathOf(target as AnyStateNode) : null,
    kind,
    event,
    guard: each.guard === undefined ? null : guardTextOf(each.guard),
    actions: each.actions.map(actionTextOf),
    isReentering: each.reenter,
  }
}

/** XState sends itself `xstate.after.DELAY.ID` when a delay is over. */
function eventOf(node: AnyStateNode, type: string): Pick<ChartTransition, 'kind' | 'event'> {
  if (type === '') return { kind: 'always', event: '' }
  const [begin, end] = ['xstate.after.', `.${node.id}`]
  if (!type.startsWith(begin)) return { kind: 'event', event: type }
  return { kind: 'after', event: type.slice(begin.length, -end.length) }
}

/** Every name that is used in them. */
function wordsIn(transitions: readonly ChartTransition[], states: readonly ChartState[]): ReadonlySet<string> {
  const texts = [
    ...transitions.flatMap(({ event, guard, actions }) => [event, ...(guard?.split(/[^\w]+/) ?? []), ...actions]),
    ...states.flatMap(({ entry, exit }) => [...entry, ...exit]),
  ]
  return new Set(texts.map((text) => text.replace(/\(.*$/s, '')))
}
