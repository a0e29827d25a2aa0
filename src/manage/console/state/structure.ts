/**
 * Which component is there for which assignment. A live cluster says it in its view; of a recording it is learnt from what the
 * components were told and did.
 */
import { componentNameOf } from '../../../../machines/model/ids.ts'
import type { ClusterView } from '../../../../machines/model/view.ts'
import type { RecordView } from '../../http/contract.ts'
import type { Actors } from './actors.ts'

export interface Structure {
  /** The assignment of each component, by its id. */
  readonly components: ReadonlyMap<string, string>
  readonly redundancies: ReadonlyMap<string, string>
  readonly nodes: readonly string[]
}

export function structureOfView(view: ClusterView, before: Structure): Structure {
  const components = new Map<string, string>()
  for (const { component, assignment } of view.components) if (assignment) components.set(component, assignment)
  const redundancies = new Map(view.assignments.map(({ name, redundancy }) => [name, redundancy]))
  const nodes = view.nodes.map(({ name }) => name)
  const after = { components, redundancies, nodes }
  return isSame(before, after) ? before : after
}

const prefix = 'component/'

/** Adds what records and states show. The same object where that is nothing new. */
export function learn(before: Structure, from: { actors?: Actors; records?: readonly RecordView[] }): Structure {
  const components = new Map(before.components)
  const nodes = new Set(before.nodes)
  for (const record of from.records ?? []) {
    nodes.add(record.node)
    if (!record.actor.startsWith(prefix)) continue
    const assignment = assignmentIn(record)
    if (assignment) components.set(record.actor.slice(prefix.length), assignment)
  }
  for (const { node, actor } of from.actors?.values() ?? []) {
    nodes.add(node)
    if (actor.startsWith('node/')) nodes.add(actor.slice(5))
    if (!actor.startsWith(prefix)) continue
    const id = actor.slice(prefix.length)
    if (!components.has(id)) components.set(id, ownName(id))
  }
  const after = { components, redundancies: before.redundancies, nodes: [...nodes].sort(byNumber) }
  return isSame(before, after) ? before : after
}

/** A place is named after its assignment; else the component's name is most often the assignment's. */
function ownName(id: string): string {
  const parts = id.split('/')
  return parts.length > 2 ? parts.slice(2).join('/') : componentNameOf(id as `${string}/${string}`)
}

function assignmentIn(record: RecordView): string | null {
  for (const message of [record.event, ...record.effects]) {
    const of = message as { component?: unknown; assignment?: unknown }
    if (typeof of.assignment === 'string') return of.assignment
  }
  return null
}

const collator = new Intl.Collator('en', { numeric: true })

/** `n2` before `n10`. */
export const byNumber = (a: string, b: string): number => collator.compare(a, b)

function isSame(a: Structure, b: Structure): boolean {
  return (
    a.components.size === b.components.size &&
    a.redundancies.size === b.redundancies.size &&
    a.nodes.length === b.nodes.length &&
    a.nodes.every((name, index) => name === b.nodes[index]) &&
    [...b.components].every(([id, assignment]) => a.components.get(id) === assignment) &&
    [...b.redundancies].every(([name, of]) => a.redundancies.get(name) === of)
  )
}
