/** Guards and actions as one reads them: `isFor(primary)`, `isLive and not goesOnAlone`, `say(alive, heard)`. */
import { actionNameOf } from '../../machines/naming.ts'

interface Typed {
  readonly type: string
  readonly params?: unknown
}

export function actionTextOf(action: unknown): string {
  if (typeof action === 'string') return action
  const known = actionNameOf(action as object)
  if (known) return called(known.name, known.params)
  const { type, params } = action as Typed
  return called(type, params === undefined ? [] : [params])
}

type Combined = { readonly guards: readonly unknown[]; readonly name: string }

export function guardTextOf(guard: unknown): string {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'function' && 'guards' in guard) return combinedText(guard as unknown as Combined)
  const { type, params } = guard as Typed
  return called(type, params === undefined ? [] : [params])
}

/** XState's `and`, `or` and `not` are functions that carry what they combine. */
function combinedText({ guards, name }: Combined): string {
  const word = wordOf(name)
  const texts = guards.map((each) => (isJoinedOtherwise(each, word) ? `(${guardTextOf(each)})` : guardTextOf(each)))
  return word === 'not' ? `not ${texts[0]}` : texts.join(` ${word} `)
}

/** An `and` within an `and` needs no parentheses. */
function isJoinedOtherwise(guard: unknown, word: string): boolean {
  if (typeof guard !== 'function' || !('guards' in guard)) return false
  return wordOf(guard.name) !== 'not' && wordOf(guard.name) !== word
}

function wordOf(name: string): string {
  return name.replace(/(Guard)?$/, '')
}

function called(name: string, params: readonly unknown[]): string {
  const text = params.map(paramText).filter(Boolean).join(', ')
  return text === '' ? name : `${name}(${text})`
}

/** Of an object its values: their names say less than they would take. A truth is its name, or not. */
function paramText(param: unknown): string {
  if (param === null || param === undefined) return ''
  if (typeof param !== 'object') return String(param)
  return Object.entries(param)
    .map(([key, value]) => (typeof value === 'boolean' ? (value ? key : `not ${key}`) : paramText(value)))
    .filter(Boolean)
    .join(', ')
}
