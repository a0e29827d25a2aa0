/** What passes from the engine to the black box: the inputs of every step, with its outputs to compare on replay (DESIGN §7). */
import type { HybridTime } from './hybridClock.ts'
import type { Message, PersistedSnapshot, TimerChange } from './step.ts'

/** A step of some node: what an event was caused by. */
export interface Cause {
  readonly node: string
  /** The node's life, and the step's number in it. */
  readonly incarnation: number
  readonly sequence: number
}

interface Common {
  /** Number of the record in the node's life, from 1, without gaps. */
  readonly sequence: number
  readonly time: HybridTime
  /** `crim`, `membership`, `node/n2`, `component/n1/ledger`. */
  readonly actor: string
  /** State after the step, `primary.ready`. */
  readonly state: string
  /** Of the snapshot after the step. */
  readonly hash: number
}

interface Outputs {
  readonly effects: readonly Message[]
  readonly timers: readonly TimerChange[]
}

export interface StartRecord extends Common, Outputs {
  readonly kind: 'start'
  readonly machine: string
  readonly version: number
  readonly input: unknown
}

export interface StepRecord extends Common, Outputs {
  readonly kind: 'step'
  readonly event: Message
  /** null: the world's doing (a process exited, a timer ended, a peer fell silent). */
  readonly cause: Cause | null
}

/** At the head of each segment, one for each actor alive, so that a ring can be replayed from its oldest part. */
export interface SnapshotRecord extends Common {
  readonly kind: 'snapshot'
  readonly machine: string
  readonly version: number
  readonly snapshot: PersistedSnapshot
  readonly timers: readonly PendingTimer[]
}

export interface PendingTimer {
  readonly id: string
  readonly event: Message
  readonly remainingMs: number
}

/** An actor is no more: nothing is delivered to it, and its timers are cancelled. One of the same name may start later. */
export interface EndRecord extends Common {
  readonly kind: 'end'
}

/**
 * No step of a machine, but worth knowing beside them: what a component's program wrote for the record (`application`), or what
 * the node has to say of itself and of what it stands on (`note`). Replay passes it over.
 */
export interface NoteRecord extends Common {
  readonly kind: 'application' | 'note'
  readonly event: Message
  /** null: the world's doing. */
  readonly cause: Cause | null
}

export function isNote(record: { readonly kind: string }): record is NoteRecord {
  return record.kind === 'note' || record.kind === 'application'
}

export type BlackBoxRecord = StartRecord | StepRecord | SnapshotRecord | EndRecord | NoteRecord

/** What the engine numbers. */
export type NumberedRecord = StartRecord | StepRecord | EndRecord | NoteRecord

/** Where the engine puts its records. Must be durable against the end of the process when it returns. */
export interface Recorder {
  append(record: NumberedRecord): void
}
