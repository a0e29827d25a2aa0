/** What the repository has decided, taken over entry by entry. Keys of others are not looked at. */
import { type AssignmentName, type ComponentId, type Incarnation, type NodeName, nodeOf } from '../model/ids.ts'
import type { Intent } from '../model/status.ts'
import { administered } from './administrative.ts'
import type { AppliedEntry, Change, CrimChange, CrimContext, StoredIntent } from './context.ts'
import { below, prefixes } from './keys.ts'
import { recordIn } from './records.ts'
import { forgiven, without } from './recovery.ts'

type Decided = Pick<CrimContext, 'intents' | 'locked' | 'lives' | 'records' | 'administrative'> & CrimChange

export function applied(context: CrimContext, entries: readonly AppliedEntry[]): Decided {
  const intents = { ...context.intents }
  const locked = { ...context.locked }
  const lives = { ...context.lives }
  const records = { ...context.records }
  let { administrative } = context
  let forgiving: CrimChange = {}
  for (const entry of entries) {
    administrative = administered(administrative, entry)
    forgiving = { ...forgiving, ...forgivenBy({ ...context, ...forgiving }, entry) }
    const assignment = below<AssignmentName>(prefixes.intent, entry.key)
    const component = below<ComponentId>(prefixes.lock, entry.key)
    const node = below<NodeName>(prefixes.life, entry.key)
    const host = below<ComponentId>(prefixes.failures, entry.key)
    if (assignment !== null) {
      if (entry.value === null) delete intents[assignment]
      else intents[assignment] = intentOf(assignment, entry)
    } else if (component !== null) {
      if (entry.value === null) delete locked[component]
      else locked[component] = true
    } else if (node !== null) {
      if (entry.value === null) delete lives[node]
      else lives[node] = entry.value as Incarnation
    } else if (host !== null) {
      const record = recordIn(entry.value)
      if (record === null) delete records[host]
      else records[host] = record
    }
  }
  return { intents, locked, lives, records, administrative, ...forgiving }
}

/** Whoever puts a component, or a node, back to use holds nothing against it any more. */
export function forgivenBy(context: CrimContext, { key, value }: Change): CrimChange {
  if (value !== null) return {}
  const component = below<ComponentId>(prefixes.lock, key)
  if (component !== null) return forgiven(context, [component])
  const node = below<NodeName>(prefixes.node, key)
  if (node === null) return {}
  const nodeReturns = without(context.nodeReturns, node)
  // What was held down only came and went.
  if (context.administrative.nodes[node] === 'held') return { nodeReturns }
  const failed = [...Object.keys(context.failures), ...Object.keys(context.barred)] as ComponentId[]
  const hosts = failed.filter((host) => nodeOf(host) === node)
  return { ...forgiven(context, hosts), nodeFailures: without(context.nodeFailures, node), nodeReturns }
}

function intentOf(assignment: string, { value, epoch, index }: AppliedEntry): Intent {
  const { roles, sponsors } = value as StoredIntent
  return {
    assignment,
    ...(sponsors ? { sponsors } : {}),
    roles: Object.fromEntries(
      Object.entries(roles).map(([component, { role, token }]) => [
        component,
        { role, token: token ?? { epoch, index } },
      ]),
    ),
  }
}
