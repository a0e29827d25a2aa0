/**
 * SPEC M1, R2, R7: within a bound after the last fault ended there is one master that all nodes agree on, each knows exactly the
 * nodes that run, and every assignment that can have a primary has one. Faults that begin anew start the wait anew.
 */
import type { Observation } from '../observation.ts'
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
  { sights, roles, servable }: Extract<Observation, { type: 'cluster.seen' }>,
  nodes: readonly string[],
): readonly string[] {
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
  ]
}
