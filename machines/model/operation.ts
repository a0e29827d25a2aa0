import type { AssignmentName, ComponentId, NodeName } from './ids.ts'

/** What an operation is for. */
export type Target =
  | { readonly kind: 'component'; readonly component: ComponentId }
  | { readonly kind: 'node'; readonly node: NodeName }
  | { readonly kind: 'assignment'; readonly assignment: AssignmentName }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'cluster' }

/**
 * What an operator asks of the CRIM (SPEC R8, R9). One that would take away required redundancy or service is refused with
 * `needs-force` unless it is forced. `lock`: out of use at once; `shutdown`: primaries quiesce and hand over first; `selfTest`: offline,
 * tested, and back; `maintenance`: nothing there is touched until it is over.
 */
export type Operation = OperationWords & {
  readonly isForced?: boolean
  /** Answers with what would be done, and does nothing. */
  readonly isDryRun?: boolean
}

export type OperationWords =
  | { readonly operation: 'switchover'; readonly assignment: AssignmentName; readonly to: NodeName | null }
  | {
      readonly operation: 'migrate'
      readonly assignment: AssignmentName
      readonly from: NodeName
      readonly to: NodeName
    }
  | { readonly operation: 'selfTest'; readonly component: ComponentId }
  | { readonly operation: 'lock' | 'unlock' | 'shutdown' | 'restart'; readonly target: Target }
  | { readonly operation: 'maintenance'; readonly target: Target; readonly isOn: boolean }

/** For the fencing of a node, not the CRIM. `run`: have its agent fence it; `confirm`: the operator has seen that it is off. */
export interface FenceOperation {
  readonly operation: 'fence'
  readonly node: NodeName
  readonly how: 'run' | 'confirm'
}

/** For no machine: the master answers with what its CRIM knows, and nothing happens. */
export interface ObserveOperation {
  readonly operation: 'observe'
}

export type AnyOperation = Operation | FenceOperation | ObserveOperation

/** Stable codes of refusals; each has an exit code of its own. */
export type OperationCode = 'no-such' | 'no-quorum' | 'needs-force' | 'unavailable' | 'timed-out' | 'refused'

export type OperationResult =
  | {
      readonly ok: true
      readonly text: string
      /** Of a dry run: the plan; of `observe`: what the CRIM knows. Both in the form of `docs/plan.md`. */
      readonly plan?: unknown
    }
  | { readonly ok: false; readonly code: OperationCode; readonly text: string }
