/** Name of a node, as in the configuration: `n1`. */
export type NodeName = string

/** Name of an assignment (service instance), as in the configuration: `ledger`. */
export type AssignmentName = string

/** Unique persistent name of a component: its path in the containment tree (SPEC C8), node first: `n1/ledger`. */
export type ComponentId = `${string}/${string}`

/** Counts the lives of a process, component or node: higher is later. What carries an older one is stale. */
export type Incarnation = number

export function componentId(at: { node: NodeName; component: string }): ComponentId {
  return `${at.node}/${at.component}`
}

export function nodeOf(component: ComponentId): NodeName {
  return component.slice(0, component.indexOf('/'))
}

export function componentNameOf(component: ComponentId): string {
  return component.slice(component.indexOf('/') + 1)
}
