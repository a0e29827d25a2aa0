/** From the file to what the planner sees: assignments, relationships, releases, recovery of nodes. */
import type {
  AssignmentConfiguration,
  NodeRecoveryPolicy,
  ReleaseConfiguration,
  Standby,
} from '../../machines/model/configuration.ts'
import type { Relationship } from '../../machines/model/relationships.ts'
import { type AssignmentFile, redundancyOf, weightsOf } from './assignment.ts'
import { defined } from './defined.ts'
import type { NodeRecoveryFile } from './nodeRecovery.ts'
import { memberOf, type RelationshipFile, type ReleasesFile } from './relationship.ts'

export function convertAssignment(assignment: AssignmentFile, standby: Standby): AssignmentConfiguration {
  const { component, redundancy: _, weights, standbyWeights, ...same } = assignment
  return {
    component,
    redundancy: redundancyOf(assignment),
    ...defined({ ...same, weights: weightsOf({ weights, standbyWeights }, standby) }),
  }
}

export function convertRelationship(relationship: RelationshipFile): Relationship {
  switch (relationship.kind) {
    case 'dependency': {
      const { kind, dependent, sponsor, atLeast, tolerance, mode } = relationship
      return { kind, dependent, sponsor, instanceCountMin: atLeast, toleranceMs: tolerance, mode }
    }
    case 'together':
    case 'apart':
      return { ...relationship, members: relationship.members.map(memberOf) }
    default:
      return relationship
  }
}

export function convertReleases({ incompatible }: ReleasesFile): ReleaseConfiguration {
  return { incompatible: incompatible.map(([one, other]): [string, string] => [one!, other!]) }
}

export function convertNodeRecovery(recovery: NodeRecoveryFile): NodeRecoveryPolicy {
  return {
    failureLimit: recovery.failures,
    failureWindowMs: recovery.failureWindow,
    concurrentMax: recovery.concurrent,
    flapLimit: recovery.flaps,
    flapWindowMs: recovery.flapWindow,
    holdDownMs: recovery.holdDown,
  }
}
