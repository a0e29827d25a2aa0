/** Assignments with what the checks need of their components and types, as far as these are well-formed. */
import type { Wanted } from '../../machines/model/configuration.ts'
import { type AssignmentFile, numbersOf } from './assignment.ts'
import type { ComponentTypeFile } from './componentType.ts'
import type { Sifted } from './sift.ts'

export interface Served {
  readonly name: string
  readonly assignment: Partial<AssignmentFile>
  readonly componentName: string
  readonly typeName: string | null
  /** null: there is none of that name, or its type is not known. */
  readonly type: Partial<ComponentTypeFile> | null
  readonly primaries: Wanted
  readonly secondaries: Wanted
  /** Nodes of its component, preferred first. */
  readonly nodes: readonly string[]
  /** Of these, where its wishes let it be. */
  readonly allowed: readonly string[]
}

/** Those whose component is there, by name. */
export function servedOf({ assignments, components, types }: Sifted): ReadonlyMap<string, Served> {
  const found = new Map<string, Served>()
  for (const [name, assignment] of assignments) {
    const componentName = assignment.component
    const component = componentName === undefined ? undefined : components.get(componentName)
    if (!component?.nodes || componentName === undefined) continue
    const nodes = [...new Set(component.nodes)]
    found.set(name, {
      ...{ name, assignment, componentName, nodes },
      ...numbersOf(assignment),
      typeName: component.type ?? null,
      type: (component.type !== undefined && types.get(component.type)) || null,
      allowed: allowedOf(nodes, assignment.wishes ?? {}),
    })
  }
  return found
}

function allowedOf(nodes: readonly string[], wishes: NonNullable<AssignmentFile['wishes']>): string[] {
  const required = nodes.filter((node) => wishes[node] === 'required')
  return required.length > 0 ? required : nodes.filter((node) => wishes[node] !== 'forbidden')
}

/** So many places it needs at the least. */
export function placeCountMinOf({ primaries, secondaries }: Served): number {
  return primaries.required + secondaries.required
}

export function isSharedType({ serves }: Partial<ComponentTypeFile>): boolean {
  return serves !== undefined && (serves.primaries > 1 || serves.secondaries > 1 || serves.mixed)
}
