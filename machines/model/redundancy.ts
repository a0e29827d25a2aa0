/** Redundancy models as data (SPEC R3, DESIGN §4): what a name stands for where the configuration gives no numbers of its own. */
import type {
  AssignmentConfiguration,
  ComponentType,
  Configuration,
  Redundancy,
  ServingLimits,
  Wanted,
} from './configuration.ts'
import { type AssignmentName, type ComponentId, componentId, type NodeName, placeId } from './ids.ts'

interface Model {
  readonly primaries: Wanted
  readonly secondaries: Wanted
  readonly distribution: 'ranked' | 'equal'
}

const exactly = (count: number): Wanted => ({ required: count, preferred: count })

const models: Readonly<Record<Redundancy, Model>> = {
  none: { primaries: exactly(1), secondaries: exactly(0), distribution: 'ranked' },
  '2N': { primaries: exactly(1), secondaries: exactly(1), distribution: 'ranked' },
  'N+M': { primaries: exactly(1), secondaries: exactly(1), distribution: 'equal' },
  'N-way': { primaries: exactly(1), secondaries: exactly(1), distribution: 'equal' },
  'load-sharing': { primaries: { required: 1, preferred: 64 }, secondaries: exactly(0), distribution: 'equal' },
}

export function modelOf({ redundancy, primaries, secondaries, distribution }: AssignmentConfiguration): Model {
  const model = models[redundancy]
  return {
    primaries: primaries ?? model.primaries,
    secondaries: secondaries ?? model.secondaries,
    distribution: distribution ?? model.distribution,
  }
}

const plain: ServingLimits = { primaryCountMax: 1, secondaryCountMax: 1, isMixed: false }

export function servingLimitsOf({ serves }: Pick<ComponentType, 'serves'>): ServingLimits {
  return serves ?? plain
}

/**
 * Whether one component can serve several assignments. Each of those then has a place of its own in it, with its own role, named
 * by the component and the assignment: `n1/pool/web1` (`ids.ts`).
 */
export function isShared({ serves }: Pick<ComponentType, 'serves'>): boolean {
  return serves !== undefined && (serves.primaryCountMax > 1 || serves.secondaryCountMax > 1 || serves.isMixed)
}

/** What has the role for an assignment on a node that has its component: the place for it there, or the component itself. */
export function servantOf(
  { types, components, assignments }: Pick<Configuration, 'types' | 'components' | 'assignments'>,
  { assignment, node }: { assignment: AssignmentName; node: NodeName },
): ComponentId {
  const { component } = assignments[assignment]!
  const isPlace = isShared(types[components[component]!.type]!)
  return isPlace ? placeId({ node, component, assignment }) : componentId({ node, component })
}
