/** Whether there is an order to start in: nothing waits, by way of others, for itself. */
import { finding } from './finding.ts'
import type { Sifted } from './sift.ts'
import type { Finding, Path } from './source.ts'

interface Edge {
  readonly dependent: string
  readonly sponsor: string
  readonly path: Path
  /** It stands for what their components need. */
  readonly isLowered?: boolean
}

export function checkOrder(sifted: Sifted): Finding[] {
  const components = componentEdges(sifted)
  const assignments = [...assignmentEdges(sifted), ...loweredEdges(components, sifted)]
  const circles = circlesIn(assignments).filter((circle) => circle.some(({ isLowered }) => !isLowered))
  return [...circles, ...circlesIn(components)].map((circle) => {
    const names = [circle[0]!.dependent, ...circle.map(({ sponsor }) => sponsor)]
    const [first, ...rest] = names.map((name) => `'${name}'`)
    const message = `expected an order to start in, found a circle: ${first} needs ${rest.join(', which needs ')}`
    return finding(circle[0]!.path, message, 'remove one of these', 'key')
  })
}

function assignmentEdges({ relationships, groups }: Sifted): Edge[] {
  const dependencies = [...relationships].flatMap(([name, each]) => {
    if (each.kind !== 'dependency' || each.dependent === undefined || each.sponsor === undefined) return []
    return [{ dependent: each.dependent, sponsor: each.sponsor, path: ['relationships', name] }]
  })
  const orders = [...groups].flatMap(([name, members]) => {
    // One that is there twice is refused where that is written.
    const once = [...new Set(members)]
    return once.slice(1).map((dependent, index) => {
      return { dependent, sponsor: once[index]!, path: ['groups', name, members.indexOf(dependent)] }
    })
  })
  return [...dependencies, ...orders]
}

function componentEdges({ relationships, components }: Sifted): Edge[] {
  const related = [...relationships].flatMap(([name, each]): Edge[] => {
    const path = ['relationships', name]
    if (each.kind === 'containment' && each.contained !== undefined && each.container !== undefined)
      return [{ dependent: each.contained, sponsor: each.container, path }]
    if (each.kind === 'component-dependency' && each.dependent !== undefined && each.sponsor !== undefined)
      return [{ dependent: each.dependent, sponsor: each.sponsor, path }]
    return []
  })
  const proxied = [...components].flatMap(([name, { proxy }]) =>
    // A component that speaks for itself is refused where that is written.
    proxy === undefined || proxy === name
      ? []
      : [{ dependent: name, sponsor: proxy, path: ['components', name, 'proxy'] }],
  )
  return [...related, ...proxied]
}

/**
 * Assignments whose components need others: these circles go by way of both. Of a component that serves several nobody can tell here
 * which of them it runs for.
 */
function loweredEdges(edges: readonly Edge[], { assignments }: Sifted): Edge[] {
  const served = Map.groupBy(assignments.keys(), (name) => assignments.get(name)!.component)
  return edges.flatMap(({ dependent, sponsor, path }) => {
    const [only, ...others] = served.get(sponsor) ?? []
    if (only === undefined || others.length > 0) return []
    return (served.get(dependent) ?? []).map((name) => ({ dependent: name, sponsor: only, path, isLowered: true }))
  })
}

/** One circle for each that there is, up to those that run into one already found. */
function circlesIn(edges: readonly Edge[]): Edge[][] {
  const once = new Map<string, Edge>()
  for (const edge of edges) {
    const key = `${edge.dependent} ${edge.sponsor}`
    if (!once.has(key)) once.set(key, edge)
  }
  const from = Map.groupBy(once.values(), ({ dependent }) => dependent)
  const done = new Set<string>()
  const circles: Edge[][] = []
  for (const start of from.keys()) {
    const way: { name: string; edges: readonly Edge[]; next: number }[] = []
    const taken: Edge[] = []
    const enter = (name: string) => way.push({ name, edges: from.get(name) ?? [], next: 0 })
    if (!done.has(start)) enter(start)
    while (way.length > 0) {
      const top = way.at(-1)!
      const edge = top.edges[top.next++]
      if (!edge) {
        done.add(top.name)
        way.pop()
        taken.pop()
        continue
      }
      const place = way.findIndex(({ name }) => name === edge.sponsor)
      if (place >= 0) circles.push([...taken.slice(place), edge])
      else if (!done.has(edge.sponsor)) {
        taken.push(edge)
        enter(edge.sponsor)
      }
    }
  }
  return circles
}
