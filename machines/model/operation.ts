import type { AssignmentName, ComponentId, NodeName } from './ids.ts'

/** What an operator asks of the CRIM (SPEC R8, R9). */
export type Operation =
  | { readonly operation: 'switchover'; readonly assignment: AssignmentName; readonly to: NodeName | null }
  | { readonly operation: 'lock'; readonly component: ComponentId }
  | { readonly operation: 'unlock'; readonly component: ComponentId }

/** For the fencing of a node, not the CRIM. `run`: have its agent fence it; `confirm`: the operator has seen that it is off. */
export interface FenceOperation {
  readonly operation: 'fence'
  readonly node: NodeName
  readonly how: 'run' | 'confirm'
}

export type AnyOperation = Operation | FenceOperation

/** Stable codes of refusals; each has an exit code of its own. */
export type OperationCode = 'no-such' | 'no-quorum' | 'needs-force' | 'unavailable' | 'timed-out' | 'refused'

export type OperationResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: OperationCode; readonly text: string }
