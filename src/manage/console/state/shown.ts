/**
 * What is on the page, whether it is the present of a live cluster, a moment of its past, or of a recording: one form for all, so
 * that no view asks which it is.
 */
import type { LinkView, Problem } from '../../../../machines/model/view.ts'

export type Health = 'served' | 'degraded' | 'unserved' | 'locked' | 'maintenance'

export interface NodeShown {
  readonly name: string
  readonly availability: string
  readonly mastership: 'master' | 'vice' | 'member'
  /** null: not known of a past moment. */
  readonly vote: 'voter' | 'learner' | 'none' | null
  readonly setting: string | null
  readonly links: readonly LinkView[]
  readonly life: number | null
  readonly rank: number | null
}

export interface PlaceShown {
  readonly component: string
  readonly node: string
  readonly role: string
  readonly phase: string
  /** null: as it is, or not known. */
  readonly intended: string | null
  readonly mark: 'failed' | 'barred' | 'locked' | 'maintenance' | 'gone' | null
  readonly note: string | null
}

export interface AssignmentShown {
  readonly name: string
  readonly redundancy: string | null
  readonly health: Health
  readonly reason: string | null
  readonly endpoint: string | null
  /** By node; there may be several on one. */
  readonly places: ReadonlyMap<string, readonly PlaceShown[]>
}

export interface Shown {
  readonly nodes: readonly NodeShown[]
  readonly assignments: readonly AssignmentShown[]
  readonly master: string | null
  readonly quorum: {
    readonly isQuorate: boolean
    readonly alive: number
    readonly voters: number
    readonly needed: number
  } | null
  /** null: not known of a past moment. */
  readonly problems: readonly Problem[] | null
}

export const nothingShown: Shown = { nodes: [], assignments: [], master: null, quorum: null, problems: null }

/**
 * The same with every part that did not change taken from before: what is drawn from it then knows by identity that there is
 * nothing to draw.
 */
export function keepSame(before: Shown, after: Shown): Shown {
  const nodes = keepItems(before.nodes, after.nodes, ({ name }) => name)
  const known = new Map(before.assignments.map((assignment) => [assignment.name, assignment]))
  const assignments = after.assignments.map((assignment) => {
    const old = known.get(assignment.name)
    if (!old) return assignment
    const kept = { ...assignment, places: keepPlaces(old.places, assignment.places) }
    return isShallowSame(old, kept) ? old : kept
  })
  return { ...after, nodes, assignments }
}

type Places = AssignmentShown['places']

function keepPlaces(before: Places, after: Places): Places {
  let isSame = before.size === after.size
  const kept = new Map<string, readonly PlaceShown[]>()
  for (const [node, places] of after) {
    const old = before.get(node)
    const same = old ? keepItems(old, places, ({ component }) => component) : places
    if (same !== old) isSame = false
    kept.set(node, same)
  }
  return isSame ? before : kept
}

function keepItems<T extends object>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => string,
): readonly T[] {
  const known = new Map(before.map((item) => [keyOf(item), item]))
  const kept = after.map((item) => {
    const old = known.get(keyOf(item))
    return old && isShallowSame(old, item) ? old : item
  })
  return kept.length === before.length && kept.every((item, index) => item === before[index]) ? before : kept
}

/** Arrays within count by their JSON: they are short (links). */
function isShallowSame<T extends object>(a: T, b: T): boolean {
  return (Object.keys(b) as (keyof T)[]).every((key) => {
    if (a[key] === b[key]) return true
    return Array.isArray(a[key]) && JSON.stringify(a[key]) === JSON.stringify(b[key])
  })
}
