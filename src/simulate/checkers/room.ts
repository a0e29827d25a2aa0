/** SPEC R5, R6: at no true instant does a node bear more than its capacity, or do those stand in one place that have to be apart. */
import { type Compiled, compiled } from '../../../machines/logic/placement/index.ts'
import type { Configuration } from '../../../machines/model/configuration.ts'
import type { Checker } from './checker.ts'
import { type Held, standing, type Wrong } from './standing.ts'

export function nodeCapacity({ nodes, assignments }: Configuration): Checker {
  return standing('node-capacity', (held) => {
    const wrong: Wrong[] = []
    for (const [node, here] of Map.groupBy(held, (one) => one.node)) {
      const used = new Map<string, number>()
      for (const { assignment, role } of here)
        for (const [resource, weight] of Object.entries(assignments[assignment]?.weights?.[role] ?? {}))
          used.set(resource, (used.get(resource) ?? 0) + weight)
      for (const [resource, amount] of used) {
        const most = nodes[node]?.capacity?.[resource] ?? 0
        if (amount > most) wrong.push({ text: `${node} bears ${amount} ${resource}, and has ${most}: ${textOf(here)}` })
      }
    }
    return wrong
  })
}

/** Only those that are required; others are wishes. */
export function hardApart(configuration: Configuration): Checker {
  const of = compiled(configuration)
  const required = of.aparts.filter(({ weight }) => weight === null)
  return standing('hard-apart', (held) =>
    required.flatMap(({ name, level, domains, classes }) => {
      const pairs = pairsOf(held).filter(([one, other]) => {
        const isNear = domainOf(of, domains, one) === domainOf(of, domains, other)
        return isNear && isOpposed(of, classes, [one, other])
      })
      return pairs.map(([one, other]) => ({
        text: `${one.component} and ${other.component} stand in one ${level}, for ${one.assignment} and ${other.assignment}, against ${name}`,
      }))
    }),
  )
}

function isOpposed(of: Compiled, classes: readonly (readonly number[])[], pair: readonly [Held, Held]): boolean {
  const [one, other] = pair.map(({ assignment }) => of.assignmentIndexes.get(assignment) ?? -1) as [number, number]
  if (classes.length === 1) return one === other && classes[0]!.includes(one)
  return classes.some(
    (members, at) => members.includes(one) && classes.some((others, to) => to !== at && others.includes(other)),
  )
}

function domainOf({ nodeIndexes }: Compiled, domains: Int32Array, { node }: Held): number {
  return domains[nodeIndexes.get(node)!]!
}

function pairsOf(held: readonly Held[]): (readonly [Held, Held])[] {
  return held.flatMap((one, index) => held.slice(index + 1).map((other) => [one, other] as const))
}

function textOf(held: readonly Held[]): string {
  return held
    .map(({ assignment, role }) => `${assignment} ${role}`)
    .sort()
    .join(', ')
}
