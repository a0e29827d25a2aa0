import type { Configuration, Resources } from '../../../model/configuration.ts'
import type { CompiledAssignment } from '../compile.ts'

/** Whole numbers of each resource (SPEC R6), in rows of `resources.length`. */
export interface Capacities {
  readonly resources: readonly string[]
  /** By node. Of what a node does not name it has nothing. */
  readonly capacities: Float64Array
  /** By assignment: what a primary of it takes, and a secondary. */
  readonly primaryWeights: Float64Array
  readonly secondaryWeights: Float64Array
}

export function capacitiesOf(
  configuration: Configuration,
  { nodes, assignments }: { nodes: readonly string[]; assignments: readonly CompiledAssignment[] },
): Capacities {
  const resources: string[] = []
  for (const { configuration: of } of assignments) {
    for (const resource in of.weights?.primary) if (!resources.includes(resource)) resources.push(resource)
    for (const resource in of.weights?.secondary) if (!resources.includes(resource)) resources.push(resource)
  }
  resources.sort()
  const count = resources.length
  const capacities = new Float64Array(nodes.length * count)
  nodes.forEach((node, index) => {
    const has = configuration.nodes[node]!.capacity
    if (has) fill(capacities, index * count, resources, has)
  })
  const primaryWeights = new Float64Array(assignments.length * count)
  const secondaryWeights = new Float64Array(assignments.length * count)
  assignments.forEach(({ configuration: { weights } }, index) => {
    if (!weights) return
    fill(primaryWeights, index * count, resources, weights.primary)
    fill(secondaryWeights, index * count, resources, weights.secondary)
  })
  return { resources, capacities, primaryWeights, secondaryWeights }
}

function fill(row: Float64Array, from: number, resources: readonly string[], of: Resources): void {
  for (let index = 0; index < resources.length; index++) row[from + index] = of[resources[index]!] ?? 0
}
