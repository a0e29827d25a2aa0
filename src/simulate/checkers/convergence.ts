/**
 * SPEC M1, R2, R3, R7: within a bound after the last fault ended there is one master that all nodes agree on, each knows exactly the
 * nodes that run, the log has them all as members, with their disks, every assignment that can have a primary has one, the planner has
 * nothing left to decide or do, and programs have the roles that it gave them, no more and no less. Faults that begin anew start the
 * wait anew.
 */
import { activeRoles } from '../../../machines/model/roles.ts'
import type { HeldRole, Observation } from '../observation.ts'
import type { Checker } from './checker.ts'

export interface ConvergenceOptions {
  readonly withinMs: number
}

export function convergence({ withinMs }: ConvergenceOptions): Checker {
  let healed: { atMs: number; nodes: readonly string[] } | null = null
  let lack: readonly string[] = ['nothing was seen of the cluster']
  let hasConverged = false
  let longestMs = 0
  return {
    name: 'convergence',
    observe(seen, report) {
      if (seen.type === 'fault.began') healed = null
      if (seen.type === 'healed') {
        healed = { atMs: seen.atMs, nodes: seen.nodes }
        hasConverged = false
        lack = ['nothing was seen of the cluster']
      }
      if (healed === null || hasConverged) return
      if (seen.type === 'cluster.seen') {
        lack = lacking(seen, healed.nodes)
        if (lack.length === 0) {
          hasConverged = true
          longestMs = Math.max(longestMs, seen.atMs - healed.atMs)
          return
        }
      }
      if (seen.atMs - healed.atMs <= withinMs) return
      hasConverged = true
      report(`not converged ${withinMs} ms after healing: ${lack.join('; ')}`, { healedAtMs: healed.atMs, lack })
    },
    figures: () => ({ convergenceMaxMs: longestMs }),
  }
}

/** What is not yet as it should be. */
export function lacking(
  { sights, roles, servable, strangers, placement }: Extract<Observation, { type: 'cluster.seen' }>,
  nodes: readonly string[],
): readonly string[] {
  const { wanted: placed, unsettled } = placement()
  const wanted = [...nodes].sort()
  const masters = [...new Set(sights.map(({ master, epoch }) => `${master ?? 'none'} of epoch ${epoch}`))]
  const absent = wanted.filter((node) => !sights.some((sight) => sight.node === node))
  const astray = sights.filter(({ members }) => [...members].sort().join('\n') !== wanted.join('\n'))
  const primaries = new Set(roles.filter(({ role }) => role === 'primary').map(({ assignment }) => assignment))
  const unserved = servable.filter((assignment) => !primaries.has(assignment))
  return [
    ...absent.map((node) => `${node} is not seen`),
    ...(masters.length === 1 ? [] : [`masters: ${masters.join(', ')}`]),
    ...(masters.length === 1 && !wanted.includes(sights[0]?.master ?? '') ? [`the master is ${masters[0]}`] : []),
    ...astray.map(({ node, members }) => `${node} knows ${members.join(', ') || 'nobody'}`),
    ...unserved.map((assignment) => `${assignment} has no primary`),
    ...strangers,
    ...unsettled,
    ...differing(placed, roles),
  ]
}

/** Where programs are not what they should be; a program that is not aware has no role but primary, and is not asked for others. */
function differing(wanted: readonly HeldRole[], roles: readonly HeldRole[]): string[] {
  const at = ({ node, assignment }: HeldRole): string => `${node} ${assignment}`
  const held = new Map(roles.map((role) => [at(role), role.role]))
  const given = new Map(wanted.map((role) => [at(role), role.role]))
  const missing = wanted.filter((one) => {
    const is = held.get(at(one))
    return is !== one.role && !(is === undefined && one.role === 'secondary')
  })
  const surplus = roles.filter((one) => activeRoles.includes(one.role) && given.get(at(one)) !== 'primary')
  return [
    ...missing.map((one) => `${one.assignment} is ${held.get(at(one)) ?? 'nothing'} on ${one.node}, not ${one.role}`),
    ...surplus.map((one) => `${one.assignment} is ${one.role} on ${one.node}, where it should not be`),
  ]
}
