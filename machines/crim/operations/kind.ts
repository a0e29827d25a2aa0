import type { PlanInput } from '../../logic/placement/index.ts'
import type { Operation, OperationCode, OperationResult } from '../../model/operation.ts'
import type { Change, CrimContext, PendingOperation } from '../context.ts'
import type { Reconciled } from '../propose.ts'

/**
 * One kind of operation. It is looked at in this order, at a moment at which no decision is being committed: is it possible
 * (`check`), does it cost what is required (`loss.ts`), then `begin`; from then on `result` at each look, until there is one.
 */
export interface OperationKind<Of extends Operation> {
  /** What it is called when it is refused: `locking n1`. */
  readonly name: (operation: Of) => string
  readonly check: (context: CrimContext, operation: Of) => Checked
  /** How it starts: what it changes of the context, and what it has the repository take over. */
  readonly begin: (context: CrimContext, pending: PendingOperation, operation: Of) => Begun
  /** The repository has taken over what it asks for. */
  readonly isDecided?: (context: CrimContext, operation: Of) => boolean
  /** Until it is decided, what it still has the repository take over, once what it waited for is so. */
  readonly changes?: (context: CrimContext, pending: PendingOperation, operation: Of) => readonly Change[]
  /** What it still has nodes do. */
  readonly proceed?: (context: CrimContext, pending: PendingOperation, operation: Of) => Reconciled
  /** null while it is under way. */
  readonly result: (context: CrimContext, pending: PendingOperation, operation: Of) => OperationResult | null
}

export interface Begun {
  readonly change: Partial<CrimContext>
  readonly pending: PendingOperation
  readonly changes: readonly Change[]
}

export type Checked =
  /** What the planner would see once it is done. */
  | { readonly kind: 'possible'; readonly after: PlanInput; readonly isOutage?: boolean }
  /** It is so already. */
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'refused'; readonly code: OperationCode; readonly text: string }

export const refused = (text: string): Checked => ({ kind: 'refused', code: 'refused', text })
export const noSuch = (text: string): Checked => ({ kind: 'refused', code: 'no-such', text })

export const failedWith = (text: string): OperationResult => ({ ok: false, code: 'refused', text })
