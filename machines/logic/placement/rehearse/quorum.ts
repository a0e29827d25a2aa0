/** Whether those that are left can decide anything, and what becomes of what runs if they can't (SPEC R2, docs/operations.md). */
import type { Configuration } from '../../../model/configuration.ts'
import { type ComponentId, type NodeName, nodeOf } from '../../../model/ids.ts'
import { type ComponentStatus, type NodeAvailability, upAvailabilities } from '../../../model/status.ts'
import { majorityOf } from '../../quorum.ts'
import type { PlanInput } from '../input.ts'
import { ready, typeOfPlace } from './ideal.ts'

export interface QuorumForecast {
  readonly isQuorate: boolean
  readonly voterCount: number
  readonly aliveVoterCount: number
  readonly neededCount: number
  /** Why it holds though the majority is gone; else null. */
  readonly note: string | null
}

/** An arbiter is taken to be there. Of two voters without one, a fence agent of the lost one stands in for its vote. */
export function quorumOf({ configuration, nodes }: Pick<PlanInput, 'configuration' | 'nodes'>): QuorumForecast {
  const voters = Object.keys(configuration.nodes).filter((name) => configuration.nodes[name]!.isEligible !== false)
  const isUp = (name: NodeName) => upAvailabilities.includes(nodes[name] as NodeAvailability)
  const arbiterCount = configuration.arbiter ? 1 : 0
  const voterCount = voters.length + arbiterCount
  const aliveVoterCount = voters.filter(isUp).length + arbiterCount
  const neededCount = majorityOf(voterCount)
  const counts = { voterCount, aliveVoterCount, neededCount }
  if (aliveVoterCount >= neededCount) return { isQuorate: true, ...counts, note: null }
  const fenced = voters.find((name) => !isUp(name) && configuration.nodes[name]!.fence !== undefined)
  if (voterCount === 2 && arbiterCount === 0 && aliveVoterCount === 1 && fenced)
    return { isQuorate: true, ...counts, note: `once ${fenced} is fenced, the other goes on alone` }
  return { isQuorate: false, ...counts, note: null }
}

/**
 * The cluster once every lease has ended: each primary does what its assignment says for that case, and nothing else happens. Nobody
 * is left that could decide anything.
 */
export function withoutQuorum(input: PlanInput): PlanInput {
  const statuses = { ...input.statuses }
  for (const [assignment, { roles }] of Object.entries(input.intents)) {
    const policy = policyOf(input.configuration, assignment)
    for (const place of Object.keys(roles) as ComponentId[]) {
      const status = statuses[place]
      const isHeard = upAvailabilities.includes(input.nodes[nodeOf(place)] as NodeAvailability)
      if (status && isHeard && (status.isActive || status.role === 'primary')) statuses[place] = left(status, policy)
    }
  }
  return { ...input, statuses }

  function left(status: ComponentStatus, policy: 'stop' | 'demote' | 'keep'): ComponentStatus {
    if (policy === 'keep') return status
    const role = policy === 'stop' ? 'offline' : 'spare'
    return ready(status, { role, token: status.token, type: typeOfPlace(input, status.component) })
  }
}

function policyOf({ assignments, components, types }: Configuration, name: string): 'stop' | 'demote' | 'keep' {
  const assignment = assignments[name]
  if (!assignment) return 'stop'
  const { exclusive } = types[components[assignment.component]!.type]!
  const policy = assignment.withoutQuorum ?? (exclusive ? 'stop' : 'ignore')
  return policy === 'freeze' || policy === 'ignore' ? 'keep' : policy
}
