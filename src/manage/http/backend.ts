/** What the HTTP interface asks of whoever it stands before: a node, or recordings that were opened. */
import type { AnyOperation, OperationResult } from '../../../machines/model/operation.ts'
import type { ClusterView } from '../../../machines/model/view.ts'
import type { PlanRequest } from './contract.ts'
import type { History } from './history.ts'

export interface Backend {
  readonly cluster: string
  /** null: no node, but recordings. */
  readonly node: string | null
  readonly version: string
  readonly history: History
  nowUs(): number
  /** What was recorded, as it may be shown: without secrets. */
  redact<T>(value: T): T
  /** What only a running cluster has. null: recordings. */
  readonly live: LiveBackend | null
  /** Takes a file that was dropped on the page; null: it takes none. */
  readonly addRecording: ((file: { name: string; bytes: Uint8Array }) => Promise<void>) | null
}

export interface LiveBackend {
  /** Without secrets: there may be some in endpoints, and in what agents said of failures. */
  view(): ClusterView
  /** Calls back at each change of the view. Returns what ends it. */
  changes(listener: () => void): () => void
  operate(operation: AnyOperation): Promise<OperationResult>
  /** The plan document of docs/plan.md, or why there is none. Never done on the node's own loop. */
  plan(request: PlanRequest): Promise<OperationResult>
  /** As it counts now, without secrets. */
  configuration(): unknown
  /** What keeps this node from doing its part; empty: nothing. */
  unready(): readonly string[]
  /** Whether this node itself serves the assignment as that, at this moment; null: there is no such assignment. */
  serves(assignment: string, role: 'primary' | 'secondary'): boolean | null
  /** In the text format of Prometheus. */
  metrics(): string
}
