/** What differs between two configurations, by name. */
import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../../machines/model/configuration.ts'
import { defaultNodeRecovery } from '../../machines/model/recovery.ts'

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
  readonly relationships: NamesChanged
  readonly groups: NamesChanged
  /** `nodeLeaseMs` */
  readonly timing: readonly string[]
  readonly isArbiterChanged: boolean
  readonly areReleasesChanged: boolean
  /** Of nodes and the cluster; that of a component is its type's. */
  readonly isRecoveryChanged: boolean
}

export function diff(before: Configuration, after: Configuration): ConfigurationDiff {
  const { added, removed, changed } = namesChanged({ ...before.timing }, { ...after.timing })
  return {
    nodes: namesChanged(before.nodes, after.nodes),
    types: namesChanged(before.types, after.types),
    components: namesChanged(before.components, after.components),
    assignments: namesChanged(before.assignments, after.assignments),
    relationships: namesChanged(before.relationships ?? {}, after.relationships ?? {}),
    groups: namesChanged(before.groups ?? {}, after.groups ?? {}),
    timing: [...added, ...removed, ...changed],
    isArbiterChanged: !isDeepStrictEqual(before.arbiter ?? null, after.arbiter ?? null),
    areReleasesChanged: !isDeepStrictEqual(before.releases, after.releases),
    isRecoveryChanged: !isDeepStrictEqual(
      before.recovery ?? defaultNodeRecovery,
      after.recovery ?? defaultNodeRecovery,
    ),
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
