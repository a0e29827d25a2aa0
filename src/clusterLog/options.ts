/** What the cluster log of a node stands on. */
import type { Clock } from '../engine/clock.ts'
import type { ClusterLogMessage } from '../wire/messages/clusterLog.ts'
import type { ArchiveSink } from './archiveSink.ts'
import type { Candidate } from './keepers.ts'
import type { SpoolLimits } from './spool.ts'
import type { SpoolClient } from './spoolClient.ts'
import type { Tap } from './tap.ts'

export interface NodeLogOptions {
  readonly self: string
  readonly incarnation: number
  readonly clock: Clock
  readonly tap: Tap
  /** Of the spool, and of the black box that it is filled from. */
  readonly directories: { readonly spool: string; readonly blackBox: string }
  readonly limits: SpoolLimits
  /** So many nodes keep the whole log; null: all that are eligible. */
  readonly copies: number | null
  /** null: nothing is archived. */
  readonly archive: ArchiveSink | null
  readonly startSpool: () => SpoolClient
  /** All nodes, this one included. */
  readonly candidates: () => readonly Candidate[]
  /** Nodes that are up and know these messages, without this one. */
  readonly peers: () => readonly string[]
  /** The latest life of a peer that was heard. */
  readonly lifeOf: (node: string) => number
  readonly send: (to: string, message: ClusterLogMessage) => void
  /** No record of this node is ever that early again. Microseconds. */
  readonly sealTime: () => number
  /** What is wrong has changed. */
  readonly onProblems?: () => void
}

/** After a failure of the spool. */
export const mendMs = 5000
