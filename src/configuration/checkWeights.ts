/** Checks of room: weights of resources that some node has, and can hold. */
import type { Resources } from '../../machines/model/configuration.ts'
import { finding } from './finding.ts'
import { suggestionFor } from './nearest.ts'
import type { Served } from './served.ts'
import type { Sifted } from './sift.ts'
import type { Finding } from './source.ts'

export function checkWeights(sifted: Sifted, served: ReadonlyMap<string, Served>): Finding[] {
  const resources = new Set([...sifted.nodes.values()].flatMap(({ capacity }) => Object.keys(capacity ?? {})))
  return [...served.values()].flatMap((each) =>
    (['weights', 'standbyWeights'] as const).flatMap((key) => {
      const weights = each.assignment[key]
      if (!weights) return []
      const path = ['assignments', each.name, key]
      const unknown = Object.keys(weights).filter((resource) => !resources.has(resource))
      if (unknown.length > 0)
        return unknown.map((resource) => {
          const message = `expected a resource that some node has capacity of, found '${resource}'`
          const suggestion = suggestionFor(resource, [...resources]) ?? `add capacity: { ${resource}: 16 } to the nodes`
          return finding([...path, resource], message, suggestion, 'key')
        })
      if (each.allowed.some((node) => holds(capacityOf(sifted, node), weights))) return []
      const message = `expected weights that one of its nodes can hold, found ${resourcesText(weights)}; ${roomText(sifted, each.allowed, weights)}`
      return [finding(path, message, 'write less, or give a node more capacity')]
    }),
  )
}

export function capacityOf({ nodes }: Sifted, node: string): Resources {
  return nodes.get(node)?.capacity ?? {}
}

export function holds(capacity: Resources, weights: Resources): boolean {
  return Object.entries(weights).every(([resource, weight]) => weight <= (capacity[resource] ?? 0))
}

export function added(all: readonly Resources[]): Resources {
  const total: Record<string, number> = {}
  for (const weights of all)
    for (const [resource, weight] of Object.entries(weights)) total[resource] = (total[resource] ?? 0) + weight
  return total
}

/** `memory 3 and cpu 2` */
export function resourcesText(weights: Resources): string {
  return Object.entries(weights)
    .map(([resource, weight]) => `${resource} ${weight}`)
    .join(' and ')
}

/** What nodes have of what is too much: `n1 has memory 2, n2 has memory 4`. */
export function roomText(sifted: Sifted, nodes: readonly string[], weights: Resources): string {
  const shown = nodes.slice(0, nodesShownMax).map((node) => {
    const capacity = capacityOf(sifted, node)
    const short = Object.keys(weights).filter((resource) => weights[resource]! > (capacity[resource] ?? 0))
    return `${node} has ${resourcesText(Object.fromEntries(short.map((resource) => [resource, capacity[resource] ?? 0])))}`
  })
  return `${shown.join(', ')}${nodes.length > shown.length ? ', …' : ''}`
}

const nodesShownMax = 8
