/** What `bench/plan.ts` plans for: ten kinds of service over and over, with capacity, wishes, priorities and relationships. */
import type { AssignmentConfiguration, ComponentConfiguration, Configuration } from '../machines/model/configuration.ts'
import type { Relationship } from '../machines/model/relationships.ts'
import { componentType, configuration } from '../test/support/configuration.ts'

const types = {
  hot: componentType(),
  warm: componentType({ standby: 'warm' }),
  cold: componentType({ standby: 'cold' }),
  open: componentType({ exclusive: false }),
  pool: componentType({ serves: { primaryCountMax: 64, secondaryCountMax: 64, isMixed: true } }),
  standbys: componentType({ serves: { primaryCountMax: 64, secondaryCountMax: 256, isMixed: false } }),
}

/** Ten kinds of service, over and over: of ten assignments two are in pools (N-way), one shares standbys (N+M), the rest stand alone. */
export function configurationOf(assignmentCount: number, nodeCount: number): Configuration {
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${String(index + 1).padStart(4, '0')}`)
  const some = (first: number, count: number) =>
    Array.from({ length: Math.min(count, nodeCount) }, (_, step) => nodes[(first + step) % nodeCount]!)
  const components: Record<string, ComponentConfiguration> = {}
  const assignments: Record<string, AssignmentConfiguration> = {}
  const relationships: Record<string, Relationship> = {}
  const weights = { primary: { memory: 4, cpu: 2 }, secondary: { memory: 2, cpu: 0 } }
  for (let index = 0; index < assignmentCount; index++) {
    const name = `a${String(index).padStart(6, '0')}`
    const at = (index * 7) % nodeCount
    const pool = `pool${Math.floor(index / 200)}`
    const alone = (type: string, nodesOf: readonly string[]) => {
      components[name] = { type, nodes: nodesOf, instances: {} }
      return name
    }
    const shared = (kind: string, type: string) => {
      const component = `${kind}${pool}`
      components[component] ??= { type, nodes: some(Math.floor(index / 200) * 4, 4), instances: {} }
      return component
    }
    const priority = index % 3
    switch (index % 10) {
      case 0:
      case 1:
        assignments[name] = { component: shared('way', 'pool'), redundancy: 'N-way', priority, weights }
        break
      case 2:
        assignments[name] = { component: shared('plus', 'standbys'), redundancy: 'N+M', priority }
        break
      case 3:
        assignments[name] = {
          component: alone('open', some(at, 4)),
          redundancy: 'load-sharing',
          priority,
          primaries: { required: 1, preferred: 3 },
          weights,
        }
        break
      case 4:
        assignments[name] = {
          component: alone('cold', some(at, 3)),
          redundancy: 'none',
          priority,
          wishes: { [nodes[(at + 1) % nodeCount]!]: 5 },
        }
        break
      case 5:
        assignments[name] = {
          component: alone('warm', some(at, 3)),
          redundancy: '2N',
          priority,
          weights,
          distribution: 'equal',
        }
        break
      case 6:
        assignments[name] = { component: alone('cold', some(at, 3)), redundancy: 'none', weights }
        relationships[`needs${name}`] = {
          kind: 'dependency',
          dependent: name,
          sponsor: `a${String(index - 1).padStart(6, '0')}`,
          instanceCountMin: 1,
          toleranceMs: 1000,
          mode: 'full',
        }
        break
      default:
        assignments[name] = { component: alone('hot', some(at, 3)), redundancy: '2N', priority, weights }
    }
  }
  const perNode = Math.ceil((assignmentCount / nodeCount) * 12)
  return {
    ...configuration({ nodes }),
    nodes: Object.fromEntries(
      nodes.map((name, rank) => [
        name,
        { links: [], rank, capacity: { memory: perNode, cpu: perNode }, containment: { shelf: `s${rank % 10}` } },
      ]),
    ),
    types,
    components,
    assignments,
    relationships,
  }
}
