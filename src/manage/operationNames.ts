/** Names in an operation that are not in the view: refused where they are asked for, with those that were perhaps meant. */
import { hostOf } from '../../machines/model/ids.ts'
import type { AnyOperation } from '../../machines/model/operation.ts'
import type { ClusterView } from '../../machines/model/view.ts'

export interface UnknownName {
  readonly what: string
  readonly name: string
  readonly names: readonly string[]
}

/**
 * Names that are not in the view are refused here, with a suggestion; the CRIM checks them again. Groups, which the view has not got,
 * it checks alone.
 */
export function unknownName(view: ClusterView, operation: AnyOperation): UnknownName | null {
  const named = namesIn(view, operation)
  return named.find(({ name, names }) => !names.includes(name)) ?? null
}

function namesIn(view: ClusterView, operation: AnyOperation): UnknownName[] {
  const nodes = view.nodes.map(({ name }) => name)
  const assignments = view.assignments.map(({ name }) => name)
  // A place is locked with the component that it is in.
  const components = [...new Set(view.components.flatMap(({ component }) => [component, hostOf(component)]))]
  const node = (name: string): UnknownName => ({ what: 'node', name, names: nodes })
  const assignment = (name: string): UnknownName => ({ what: 'assignment', name, names: assignments })
  const component = (name: string): UnknownName => ({ what: 'component', name, names: components })
  switch (operation.operation) {
    case 'observe':
      return []
    case 'fence':
      return [node(operation.node)]
    case 'switchover':
      return [assignment(operation.assignment), ...(operation.to === null ? [] : [node(operation.to)])]
    case 'migrate':
      return [assignment(operation.assignment), node(operation.from), node(operation.to)]
    case 'selfTest':
      return [component(operation.component)]
    default: {
      const { target } = operation
      if (target.kind === 'component') return [component(target.component)]
      if (target.kind === 'node') return [node(target.node)]
      return target.kind === 'assignment' ? [assignment(target.assignment)] : []
    }
  }
}
