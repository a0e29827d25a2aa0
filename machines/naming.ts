/**
 * The names of actions that are made from functions. XState shows actions that are named in `setup()` by their names; those made
 * outside of it, as they take part of the event or a parameter that is typed, are functions without one. Who draws a machine
 * needs the names; whoever runs it doesn't, and nothing of the action itself is touched.
 */

export interface ActionName {
  readonly name: string
  readonly params: readonly unknown[]
}

const names = new WeakMap<object, ActionName>()

type Maker = (...params: never[]) => object

/** An action, or what makes one from parameters: XState's have a `resolve`. */
function isAction(value: object): boolean {
  return 'resolve' in value
}

/** The same actions, by which `actionNameOf` finds the keys they have here. */
export function named<Actions extends Record<string, object>>(actions: Actions): Actions {
  const entries = Object.entries(actions).map(([name, value]) => [
    name,
    isAction(value) ? note(value, { name }) : make(name, value as Maker),
  ])
  return Object.fromEntries(entries) as Actions
}

function make(name: string, maker: Maker): Maker {
  return (...params) => note(maker(...params), { name, params })
}

function note<Action extends object>(
  action: Action,
  { name, params = [] }: { name: string; params?: readonly unknown[] },
): Action {
  names.set(action, { name, params })
  return action
}

export function actionNameOf(action: object): ActionName | null {
  return names.get(action) ?? null
}
