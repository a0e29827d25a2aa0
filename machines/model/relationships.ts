/** What assignments, components and places have to do with each other (SPEC R5). */
import type { AssignmentName } from './ids.ts'

/** `required`: else it is not placed at all; a number: a wish of that weight. Weights of one kind for one place add up. */
export type Strength = 'required' | number

export type Relationship = Dependency | Together | Apart | ComponentDependency | Containment

/** One assignment needs another: sponsors are served first, dependents stop first. */
export interface Dependency {
  readonly kind: 'dependency'
  readonly dependent: AssignmentName
  readonly sponsor: AssignmentName
  /** So many primaries of the sponsor must be ready. At least 1. */
  readonly instanceCountMin: number
  /** The dependent outlives its sponsor for so long; then it is stopped until the sponsor is served again. */
  readonly toleranceMs: number
  /** `start`: only the order of starting matters; `full`: also that of stopping, and the tolerance; `restart`: and a sponsor that was started anew restarts its dependent. */
  readonly mode: 'start' | 'full' | 'restart'
}

/** Primaries of assignments (or of all that the components serve) stand in one place. */
export interface Together {
  readonly kind: 'together'
  readonly members: readonly Member[]
  /** `node`, or a level of the nodes' containment: `shelf`. */
  readonly level: string
  readonly strength: Strength
}

/** No two of them in one place, with whatever active or standby role. With one member: its own primaries and secondaries. */
export interface Apart {
  readonly kind: 'apart'
  readonly members: readonly Member[]
  readonly level: string
  readonly strength: Strength
}

export type Member =
  | { readonly assignment: AssignmentName; readonly component?: undefined }
  | { readonly component: string; readonly assignment?: undefined }

/** On each node the one component needs the other: it is used only where an instance of the sponsor runs in a role. */
export interface ComponentDependency {
  readonly kind: 'component-dependency'
  readonly dependent: string
  readonly sponsor: string
}

/** On each node the one component is part of the other (SPEC C8): what ends the container ends what is in it. */
export interface Containment {
  readonly kind: 'containment'
  readonly container: string
  readonly contained: string
}

/** Members in the order of starting, stopped in reverse, on one node; one that fails stops those behind it only. */
export interface GroupConfiguration {
  readonly members: readonly AssignmentName[]
}
