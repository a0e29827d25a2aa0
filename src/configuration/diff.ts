/** What differs between two configurations, by name. */
import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../../machines/model/configuration.ts'

export interface NamesChanged {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export interface ConfigurationDiff {
  readonly nodes: NamesChanged
  readonly types: NamesChanged
  readonly components: NamesChanged
  readonly assignments: NamesChanged
  /** `nodeLeaseMs` */
  readonly timing: readonly string[]
  readonly isArbiterChanged: boolean
}

export function diff(before: Configuration, after: Configuration): ConfigurationDiff {
  const { added, removed, changed } = namesChanged({ ...before.timing }, { ...after.timing })
  return {
    nodes: namesChanged(before.nodes, after.nodes),
    types: namesChanged(before.types, after.types),
    components: namesChanged(before.components, after.components),
    assignments: namesChanged(before.assignments, after.assignments),
    timing: [...added, ...removed, ...changed],
    isArbiterChanged: !isDeepStrictEqual(before.arbiter ?? null, after.arbiter ?? null),
  }
}

function namesChanged(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) {
  const names = (of: Readonly<Record<string, unknown>>) => Object.keys(of).sort()
  return {
    added: names(after).filter((name) => !Object.hasOwn(before, name)),
    removed: names(before).filter((name) => !Object.hasOwn(after, name)),
    changed: names(after).filter(
      (name) => Object.hasOwn(before, name) && !isDeepStrictEqual(before[name], after[name]),
    ),
  }
}
