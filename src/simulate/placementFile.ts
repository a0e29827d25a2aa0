/** Assignments, relationships and what else the planner goes by, as the file of a simulation has them: the way back of `convertPlacement.ts`. */
import type {
  AssignmentConfiguration,
  ComponentType,
  Configuration,
  NodeRecoveryPolicy,
  RecoveryPolicy,
} from '../../machines/model/configuration.ts'
import type { Member, Relationship } from '../../machines/model/relationships.ts'
import { defined } from '../configuration/defined.ts'
import { componentPrefix } from '../configuration/relationship.ts'

export function assignmentFile({ weights, ...same }: AssignmentConfiguration) {
  return { ...same, ...defined({ weights: weights?.primary, standbyWeights: weights?.secondary }) }
}

/** What a type says of its role in redundancy; left out where it says nothing. */
export function capabilitiesFile({ class: className, roles, serves, selfDetermining }: ComponentType) {
  return defined({
    class: className,
    roles,
    serves: serves && {
      primaries: serves.primaryCountMax,
      secondaries: serves.secondaryCountMax,
      mixed: serves.isMixed,
    },
    selfDetermining,
  })
}

export function recoveryFile({ restartLimit, restartWindowMs, ...more }: RecoveryPolicy) {
  const { first, byCode, resetLimit, barredForMs } = more
  return {
    restarts: restartLimit,
    window: `${restartWindowMs}ms`,
    ...defined({ first, byCode, resets: resetLimit, barredFor: barredForMs }),
  }
}

/** Sections of the whole cluster; those that a configuration has not are left out. */
export function clusterFile({ relationships, groups, releases, recovery }: Configuration) {
  return defined({
    relationships: relationships && mapped(relationships, relationshipFile),
    groups: groups && mapped(groups, ({ members }) => members),
    releases,
    recovery: recovery && nodeRecoveryFile(recovery),
  })
}

function relationshipFile(relationship: Relationship) {
  switch (relationship.kind) {
    case 'dependency': {
      const { instanceCountMin, toleranceMs, ...same } = relationship
      return { ...same, atLeast: instanceCountMin, tolerance: toleranceMs }
    }
    case 'together':
    case 'apart':
      return { ...relationship, members: relationship.members.map(memberText) }
    default:
      return relationship
  }
}

function memberText({ assignment, component }: Member): string {
  return assignment ?? `${componentPrefix}${component}`
}

function nodeRecoveryFile(recovery: NodeRecoveryPolicy) {
  const { failureLimit, failureWindowMs, concurrentMax, flapLimit, flapWindowMs, holdDownMs } = recovery
  return {
    failures: failureLimit,
    failureWindow: failureWindowMs,
    concurrent: concurrentMax,
    flaps: flapLimit,
    flapWindow: flapWindowMs,
    holdDown: holdDownMs,
  }
}

export function mapped<From, To>(of: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value)]))
}
