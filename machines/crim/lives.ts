/**
 * Which life of each node may have been commanded, written down as `cluster/life/<node>` before the first command goes to it. A successor
 * may know less of the nodes than the master before it did: that life 14 of one has ended, and not that life 15 was made
 * primary. What it knows of the end of a life is then no evidence of the end of what acts (machines/node.ts).
 *
 * Invariant: the log knows of every life that any master has commanded. A command goes only to a life no later than the one
 * that is committed (the shell looks, at each command), and the no-op that makes a successor master comes after that entry.
 */
import type { NodeName } from '../model/ids.ts'
import type { Change, CrimContext } from './context.ts'
import { lifeKey } from './keys.ts'
import { namedIn } from './named.ts'
import { isUp } from './observe.ts'

/** Lives that have said what is, and so may be commanded from now on. A number never goes back. */
export function livesBegun(context: CrimContext): Change[] {
  const { nodes, lives, awaited } = context
  return Object.keys(nodes)
    .filter((name) => nodes[name]!.incarnation > (lives[name] ?? 0) && isUp(context, name) && !awaited.includes(name))
    .map((name) => ({ key: lifeKey(name), value: nodes[name]!.incarnation }))
}

/** With what comes at once this is a matter of milliseconds. */
const questionCountMax = 2

/**
 * It is heard and says nothing: as good as ended, for no master has ever commanded this life, and those before it are over. A node of a
 * release that shares no protocol with this one is like that for ever (`src/node/protocol.ts`).
 */
export function isMute({ awaited, unanswered, lives, nodes }: CrimContext, node: NodeName): boolean {
  const isUnanswered = (unanswered[node] ?? 0) >= questionCountMax && awaited.includes(node)
  return isUnanswered && nodes[node]!.incarnation > (lives[node] ?? 0)
}

/** Of nodes that are no longer configured, and that nothing is to be feared from any more. */
export function livesLeft({ lives, nodes, configuration, intents }: CrimContext): Change[] {
  const left = Object.keys(lives).filter((name) => nodes[name] === undefined && configuration.nodes[name] === undefined)
  if (left.length === 0) return []
  const named = namedIn(intents).nodes
  return left.filter((name) => !named.has(name)).map((name) => ({ key: lifeKey(name), value: null }))
}
