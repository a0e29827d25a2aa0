/** Name of a node, as in the configuration: `n1`. */
export type NodeName = string

/** Name of an assignment (service instance), as in the configuration: `ledger`. */
export type AssignmentName = string

/**
 * Unique persistent name of a component: its path in the containment tree (SPEC C8), node first: `n1/ledger`. What has a role is a
 * component, or, in one that can serve several assignments, its place for one of them, a step further down: `n1/pool/web1`.
 */
export type ComponentId = `${string}/${string}`

/** Counts the lives of a process, component or node: higher is later. What carries an older one is stale. */
export type Incarnation = number

export function componentId(at: { node: NodeName; component: string }): ComponentId {
  return `${at.node}/${at.component}`
}

/** The place of one assignment in a component that can serve several. */
export function placeId(at: { node: NodeName; component: string; assignment: AssignmentName }): ComponentId {
  return `${at.node}/${at.component}/${at.assignment}`
}

export function nodeOf(component: ComponentId): NodeName {
  return component.slice(0, component.indexOf('/'))
}

/** `ledger` of `n1/ledger`, and `pool` of `n1/pool/web1`. */
export function componentNameOf(component: ComponentId): string {
  const start = component.indexOf('/') + 1
  const end = component.indexOf('/', start)
  return end < 0 ? component.slice(start) : component.slice(start, end)
}

/** The component that a place is in; any other is its own: `n1/pool` of `n1/pool/web1`. Locks, limits and failures are the component's. */
export function hostOf(component: ComponentId): ComponentId {
  const end = component.indexOf('/', component.indexOf('/') + 1)
  return end < 0 ? component : (component.slice(0, end) as ComponentId)
}

/** `web1` of the place `n1/pool/web1`; null of a component that is no place. */
export function placeAssignmentOf(component: ComponentId): AssignmentName | null {
  const host = hostOf(component)
  return host === component ? null : component.slice(host.length + 1)
}
