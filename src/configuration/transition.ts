/** What is right in itself and must not come from what is: changes that no order of applying them on the nodes makes safe. */
import { isDeepStrictEqual } from 'node:util'
import { isSameLeaseTiming } from '../../machines/logic/lease.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { isShared } from '../../machines/model/redundancy.ts'
import type { KeyProblem } from './tree.ts'

export function forbiddenChanges(
  before: Configuration,
  after: Configuration,
  state: { readonly isSettled: boolean } = { isSettled: true },
): KeyProblem[] {
  return [
    ...changedTiming(before, after),
    ...arbiterTooEarly(before, after, state),
    ...changedLinks(before, after),
    ...changedExclusiveness(before, after),
    ...changedSharing(before, after),
    ...lastVoter(before, after),
  ]
}

/** An arbiter has no configuration but its file: nobody would know when it promises by another lease. */
function changedTiming(before: Configuration, after: Configuration): KeyProblem[] {
  if (!(before.arbiter || after.arbiter) || isSameLeaseTiming(before.timing, after.timing)) return []
  const message = 'leaderLease, nodeLease, selfStop and takeOverMargin do not change while the cluster has an arbiter'
  const suggestion = 'remove the arbiter, change them, and add it again, with the new timings in its file'
  return [{ key: 'configuration/timing', message, suggestion }]
}

function arbiterTooEarly(before: Configuration, after: Configuration, state: { isSettled: boolean }): KeyProblem[] {
  if (before.arbiter || !after.arbiter || state.isSettled) return []
  const message = 'no arbiter can be added while a change of the timings of leases is not applied everywhere'
  return [{ key: 'configuration/arbiter', message, suggestion: 'try again when status shows no timing.unsettled' }]
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

/**
 * A plain component has its role itself, a shared one has a place for each assignment: one that changes from the one to the other while
 * it serves would be known by two names, and nobody could tell that what acts under the old one is what was told under the new.
 */
function changedSharing(before: Configuration, after: Configuration): KeyProblem[] {
  const servers = (of: Configuration) => Object.values(of.assignments).map(({ component }) => component)
  const stayed = new Set(servers(before)).intersection(new Set(servers(after)))
  return [...stayed].flatMap((name) => {
    const was = isShared(before.types[before.components[name]!.type]!)
    const { type } = after.components[name]!
    if (isShared(after.types[type]!) === was) return []
    const found = was ? 'one at a time' : 'several'
    const message = `serves: expected ${was ? 'several' : 'one at a time'}, as long as '${name}' serves an assignment, found ${found}`
    const suggestion = 'remove its assignments, and add them anew when they are stopped'
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
