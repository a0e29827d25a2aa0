/** What is right in itself and must not come from what is: changes that no order of applying them on the nodes makes safe. */
import { isDeepStrictEqual } from 'node:util'
import { isSameLeaseTiming } from '../../machines/logic/lease.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import type { KeyProblem } from './tree.ts'

export function forbiddenChanges(before: Configuration, after: Configuration): KeyProblem[] {
  return [
    ...changedTiming(before, after),
    ...changedLinks(before, after),
    ...changedExclusiveness(before, after),
    ...lastVoter(before, after),
  ]
}

/** What one node holds by while another waits by it must be the same everywhere at every moment. */
function changedTiming(before: Configuration, after: Configuration): KeyProblem[] {
  if (isSameLeaseTiming(before.timing, after.timing)) return []
  const message = 'leaderLease, nodeLease, selfStop and takeOverMargin do not change while the cluster runs'
  return [
    {
      key: 'configuration/timing',
      message,
      suggestion: 'stop all nodes, change them in every file, and start the nodes again',
    },
  ]
}

/** A node cannot move its sockets while it runs, nor be found by those that have not applied the change. */
function changedLinks(before: Configuration, after: Configuration): KeyProblem[] {
  return Object.keys(after.nodes).flatMap((name) => {
    const old = before.nodes[name]
    if (!old || isDeepStrictEqual(old.links, after.nodes[name]!.links)) return []
    const message = 'links: the addresses of a node do not change while it is a member'
    return [
      { key: `configuration/nodes/${name}`, message, suggestion: 'remove the node, let it leave, and add it anew' },
    ]
  })
}

/**
 * Others wait until an exclusive primary that cannot be reached has stopped by itself. One that has not heard yet that it is exclusive
 * would not stop.
 */
function changedExclusiveness(before: Configuration, after: Configuration): KeyProblem[] {
  return Object.entries(after.assignments).flatMap(([name, { component }]) => {
    const old = before.assignments[name]
    if (!old) return []
    const was = before.types[before.components[old.component]!.type]!.exclusive
    const type = after.components[component]!.type
    if (after.types[type]!.exclusive === was) return []
    const message = `exclusive: expected ${was}, as long as '${name}' is served, found ${!was}`
    const suggestion = 'remove the assignment, and add it anew when it is stopped'
    return [{ key: `configuration/types/${type}`, message, suggestion }]
  })
}

/** Of those that decide at least one stays, or nobody knows what was decided. */
function lastVoter(before: Configuration, after: Configuration): KeyProblem[] {
  const isVoter = (of: Configuration, name: string) =>
    of.nodes[name] !== undefined && of.nodes[name].isEligible !== false
  const isKept = Object.keys(before.nodes).some((name) => isVoter(before, name) && isVoter(after, name))
  if (isKept) return []
  const message = 'expected at least one node to stay that was eligible before'
  return [{ key: 'configuration/nodes', message, suggestion: 'add the new nodes first, and then remove the old ones' }]
}
