/** Where the CRIM keeps in the repository what it decided and what operators set: docs/repository.md lists these for readers. */
import type { AssignmentName, ComponentId, NodeName } from '../model/ids.ts'

export const prefixes = {
  intent: 'intent/',
  lock: 'lock/',
  life: 'cluster/life/',
  node: 'state/node/',
  assignment: 'state/assignment/',
  component: 'state/component/',
  failures: 'state/failures/',
} as const

export const clusterStateKey = 'state/cluster'

/** What is below these concerns the CRIM. */
export const decidedNames = ['intent', 'lock', 'state', 'cluster/life'] as const

export const intentKey = (assignment: AssignmentName): string => `${prefixes.intent}${assignment}`
/** Of a component, not of a place in it. */
export const lockKey = (component: ComponentId): string => `${prefixes.lock}${component}`
export const lifeKey = (node: NodeName): string => `${prefixes.life}${node}`
export const nodeStateKey = (node: NodeName): string => `${prefixes.node}${node}`
export const assignmentStateKey = (assignment: AssignmentName): string => `${prefixes.assignment}${assignment}`
/** Of a component, not of a place in it. */
export const failuresKey = (component: ComponentId): string => `${prefixes.failures}${component}`
export const componentStateKey = (component: ComponentId): string => `${prefixes.component}${component}`

/** What the key names below the prefix, or null if it is not below it. */
export function below<Name extends string>(prefix: string, key: string): Name | null {
  return key.startsWith(prefix) ? (key.slice(prefix.length) as Name) : null
}
