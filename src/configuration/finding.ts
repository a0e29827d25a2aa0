/** How a check says what it found. */
import { suggestionFor } from './nearest.ts'
import type { ComponentFile } from './schema.ts'
import type { Entries } from './sift.ts'
import type { Finding, Path } from './source.ts'

export function finding(
  path: Path,
  message: string,
  suggestion: string | null,
  at: 'key' | 'value' = 'value',
): Finding {
  return { path, at, message, suggestion }
}

export function checkExists(
  path: Path,
  reference: { what: string; name: string; among: ReadonlyMap<string, unknown> },
): Finding[] {
  const { what, name, among } = reference
  if (among.has(name)) return []
  return [
    finding(
      path,
      `expected the name of ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}, found '${name}'`,
      suggestionFor(name, [...among.keys()]),
    ),
  ]
}

/** On a node without the one the other could never be used. */
export function checkStandsOn(
  path: Path,
  pair: { dependent: string; sponsor: string; components: Entries<ComponentFile> },
): Finding[] {
  const { dependent, sponsor, components } = pair
  const has = components.get(sponsor)?.nodes
  if (!has) return []
  const without = components.get(dependent)?.nodes?.find((node) => !has.includes(node))
  if (without === undefined) return []
  const message = `expected a component on every node of '${dependent}', found '${sponsor}', which is not on ${without}`
  return [finding(path, message, `add ${without} to components.${sponsor}.nodes`)]
}

const words = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

/** `two nodes`, `12 primaries` */
export function counted(count: number, noun: string): string {
  return `${countWord(count)} ${count === 1 ? noun : noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`
}

export function countWord(count: number): string {
  return words[count] ?? `${count}`
}
