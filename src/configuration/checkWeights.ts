/** Checks of room: weights of resources that some node has, and can hold. */
import type { Resources } from '../../machines/model/configuration.ts'
import { weightsOf } from './assignment.ts'
import { standbyOf } from './componentType.ts'
import { countWord, finding } from './finding.ts'
import { suggestionFor } from './nearest.ts'
import type { Served } from './served.ts'
import type { Sifted } from './sift.ts'
import type { Finding } from './source.ts'

export function checkWeights(sifted: Sifted, served: ReadonlyMap<string, Served>): Finding[] {
  const resources = [...new Set([...sifted.nodes.values()].flatMap(({ capacity }) => Object.keys(capacity ?? {})))]
  return [...served.values()].flatMap((each) => {
    const unknown = checkResources(each, resources)
    return unknown.length > 0 ? unknown : checkRoom(each, sifted)
  })
}

function checkResources({ name, assignment }: Served, resources: readonly string[]): Finding[] {
  return (['weights', 'standbyWeights'] as const).flatMap((key) => {
    const unknown = Object.keys(assignment[key] ?? {}).filter((resource) => !resources.includes(resource))
    return unknown.map((resource) => {
      const message = `expected a resource that some node has capacity of, found '${resource}'`
      const suggestion = suggestionFor(resource, resources) ?? `add capacity: { ${resource}: 16 } to the nodes`
      return finding(['assignments', name, key, resource], message, suggestion, 'key')
    })
  })
}

/** Room with all nodes up and nothing else on them: nodes enough for its primaries, for its secondaries, and for both. */
function checkRoom({ name, assignment, type, allowed, primaries, secondaries }: Served, sifted: Sifted): Finding[] {
  const weights = type && weightsOf(assignment, standbyOf(type))
  if (!weights) return []
  const roomy = (of: Resources) => allowed.filter((node) => holds(capacityOf(sifted, node), of))
  const [forPrimary, forSecondary] = [roomy(weights.primary), roomy(weights.secondary)]
  const refuse = (of: { key: string; count: number; weights: Resources; has: readonly string[]; what: string }) => {
    // Too few nodes, whatever room they have, are refused elsewhere.
    if (of.has.length >= of.count || allowed.length < of.count) return []
    const short = roomText(sifted, allowed, of.weights)
    const message = `expected weights that ${countWord(of.count)} of its nodes can hold${of.what}, found ${resourcesText(of.weights)}; ${short}`
    return [finding(['assignments', name, of.key], message, 'write less, or give a node more capacity')]
  }
  const found = refuse({
    key: 'weights',
    count: primaries.required,
    weights: weights.primary,
    has: forPrimary,
    what: '',
  })
  if (found.length > 0) return found
  const key = assignment.standbyWeights ? 'standbyWeights' : 'weights'
  const least = assignment.standbyWeights ? Math.max(1, secondaries.required) : secondaries.required
  return [
    { count: least, has: forSecondary, what: ', as secondary' },
    {
      count: primaries.required + secondaries.required,
      has: [...new Set([...forPrimary, ...forSecondary])],
      what: ', for its primaries and its secondaries',
    },
  ]
    .flatMap((of) => refuse({ ...of, key, weights: weights.secondary }))
    .slice(0, 1)
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
  const full = nodes.filter((node) => !holds(capacityOf(sifted, node), weights))
  const shown = full.slice(0, nodesShownMax).map((node) => {
    const capacity = capacityOf(sifted, node)
    const short = Object.keys(weights).filter((resource) => weights[resource]! > (capacity[resource] ?? 0))
    return `${node} has ${resourcesText(Object.fromEntries(short.map((resource) => [resource, capacity[resource] ?? 0])))}`
  })
  return `${shown.join(', ')}${full.length > shown.length ? ', …' : ''}`
}

const nodesShownMax = 8
