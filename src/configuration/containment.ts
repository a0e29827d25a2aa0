/** Where nodes stand, level by level (SPEC R5): levels have no order of their own, what is in what shows in the names of places. */
import { finding } from './finding.ts'
import type { Sifted } from './sift.ts'
import type { Finding } from './source.ts'

export function checkContainment({ nodes }: Sifted): Finding[] {
  const first = [...nodes].find(([, { containment }]) => containment)
  if (!first) return []
  const [example, { containment }] = first
  const levels = levelNames(containment!)
  return [...nodes].flatMap(([name, node]) => {
    // One that is not well-formed is refused where it is written.
    if (!Object.hasOwn(node, 'containment')) return []
    const own = levelNames(node.containment ?? {})
    if (own.length === levels.length && own.every((level) => levels.includes(level))) return []
    const message = `expected the levels ${levels.join(', ')}, as ${example} has, found ${own.join(', ') || 'none'}`
    const suggestion = 'every node has the same levels, or nobody could tell what is apart'
    return [finding(['nodes', name, 'containment'], message, suggestion, 'key')]
  })
}

/** `node` is refused apart. */
function levelNames(containment: Readonly<Record<string, string>>): string[] {
  return Object.keys(containment).filter((level) => level !== 'node')
}

/** `node`, and those of the nodes' containment. */
export function levelsOf({ nodes }: Sifted): string[] {
  return [...new Set(['node', ...[...nodes.values()].flatMap(({ containment }) => Object.keys(containment ?? {}))])]
}

/** The node itself, or what its containment says; null: it has no such level, which is refused elsewhere. */
export function placeOf({ nodes }: Sifted, node: string, level: string): string | null {
  return level === 'node' ? node : (nodes.get(node)?.containment?.[level] ?? null)
}

/** Whether what is in one place at the inner level is in one at the outer. */
export function isWithin(sifted: Sifted, inner: string, outer: string): boolean {
  const outerOf = new Map<string | null, string | null>()
  return [...sifted.nodes.keys()].every((node) => {
    const [place, around] = [placeOf(sifted, node, inner), placeOf(sifted, node, outer)]
    if (!outerOf.has(place)) outerOf.set(place, around)
    return outerOf.get(place) === around
  })
}
