/**
 * Where everything should be at this moment, judged from outside: by what the repository of the leader has decided, what each node says
 * of itself, and the plan that a successor would make of both. When the cluster is at rest there is nothing left in it.
 */

import { intentChange } from '../../machines/crim/intents.ts'
import { tookOver } from '../../machines/crim/observe.ts'
import { planInputOf } from '../../machines/crim/propose.ts'
import type { CrimContext } from '../../machines/crim.ts'
import { type PlanInput, plan } from '../../machines/logic/placement/index.ts'
import { freshInput } from '../../machines/logic/placement/rehearse.ts'
import type { Configuration } from '../../machines/model/configuration.ts'
import { type ComponentId, hostOf, nodeOf } from '../../machines/model/ids.ts'
import { modelOf } from '../../machines/model/redundancy.ts'
import { decidedEntries } from '../node/effects.ts'
import { actorOf } from '../node/parts.ts'
import type { Cluster } from './cluster.ts'
import type { SeenPlacement } from './observation.ts'

const nobody: SeenPlacement = { wanted: [], unsettled: ['nobody leads'] }

export function placementOf(cluster: Cluster): SeenPlacement {
  const input = inputOf(cluster)
  if (input === null) return nobody
  const { targets, steps } = plan(input)
  const wanted = targets.flatMap(({ assignment, roles }) =>
    (Object.keys(roles) as ComponentId[])
      .filter((place) => roles[place] === 'primary' || roles[place] === 'secondary')
      .map((place) => ({ node: nodeOf(place), component: hostOf(place), assignment, role: roles[place]! })),
  )
  const undecided = targets.filter((target) => intentChange(input, target).length > 0)
  return {
    wanted,
    unsettled: [
      ...undecided.map(({ assignment }) => `${assignment} is to be decided anew`),
      ...steps.map(({ component, role, waitsFor }) =>
        waitsFor === null ? `${component} is to be ${role}` : `${component} is to be ${role} and waits for ${waitsFor}`,
      ),
    ],
  }
}

/** Assignments that can have all the primaries they require, were the cluster to start now with every node. */
export function servableOf(configuration: Configuration): readonly string[] {
  const input = freshInput(configuration)
  const { targets } = plan(input)
  return targets.flatMap(({ assignment, roles }) => {
    const primaryCount = Object.values(roles).filter((role) => role === 'primary').length
    const { primaries } = modelOf(configuration.assignments[assignment]!)
    return primaryCount >= primaries.required ? [assignment] : []
  })
}

/** What a new master would begin with once every node has said what is; null: nobody leads, or a node is not there to say it. */
function inputOf({ leader, machines }: Cluster): PlanInput | null {
  const parts = leader?.life?.parts
  if (!parts?.engine.has(actorOf.crim)) return null
  const known = parts.engine.snapshot(actorOf.crim).context as CrimContext
  const { epoch } = parts.replica
  const decided = tookOver(known, { type: 'mastership.acquired', epoch, entries: decidedEntries(parts) })
  const context: CrimContext = { ...known, ...decided }
  const said = machines.map(({ life }) => life?.parts?.statuses ?? null)
  if (said.some((statuses) => statuses === null)) return null
  const nodes = machines.map(({ name }) => [name, 'alive' as const])
  return {
    ...planInputOf(context),
    nodes: Object.fromEntries(nodes),
    statuses: Object.fromEntries(said.flatMap((statuses) => [...statuses!])),
    awaited: [],
  }
}
