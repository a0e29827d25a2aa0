/** What the leader says to each of the others, and when it says it again. */
import type { NodeName } from '../../model/ids.ts'
import type { Members } from './members.ts'
import type { AppendRequest, InstallRequest, LogEntry, Position } from './messages.ts'
import { inflightCountMax, withProgress } from './progress.ts'
import { type LogReader, membersOf, type ReplicaState } from './state.ts'

/** Of one request. With what is around the entries it stays below 48 KiB; one entry of 32 KiB always fits. */
const appendLimit = { bytesMax: 46 * 1024, countMax: 512 }

/** Of a snapshot, in one request. */
export const installBytesMax = 46 * 1024

/** A snapshot that can be sent. It must stay readable until it is installed, or another is offered in its place. */
export interface Snapshot {
  readonly at: Position
  /** In force at `at`. */
  readonly members: Members
  readonly totalBytes: number
  read(offset: number, countMax: number): Uint8Array
}

export interface Asked {
  readonly to: NodeName
  /** Only a question: finds out where a silent replica stands, and tells what is committed. */
  readonly isEmpty: boolean
  /** The snapshot at `at`, if it is still there, else the newest; null: none. Asked for only when it is needed. */
  readonly snapshot: (at: Position | null) => Snapshot | null
}

/** The next request for a replica: entries, or a part of a snapshot if what it needs is no longer in the log. */
export function requestFor(
  state: ReplicaState,
  log: LogReader,
  asked: Asked,
): { state: ReplicaState; request: AppendRequest | InstallRequest | null } {
  const { next, mode } = state.leadership!.progress[asked.to]!
  return mode === 'installing' || log.epochAt(next - 1) === null
    ? installFor(state, asked)
    : appendFor(state, log, asked)
}

function appendFor(state: ReplicaState, log: LogReader, { to, isEmpty }: Asked) {
  const progress = state.leadership!.progress[to]!
  const previous = { index: progress.next - 1, epoch: log.epochAt(progress.next - 1)! }
  const isArbiter = kindOf(state, to) === 'arbiter'
  const entries = isEmpty ? [] : log.read(progress.next, appendLimit)
  const { epoch, commitIndex } = state
  const isReplicating = progress.mode === 'replicating'
  const next = isReplicating ? progress.next + entries.length : progress.next
  const inflight = isReplicating && entries.length > 0 ? [...progress.inflight, next - 1] : progress.inflight
  return {
    state: withProgress(state, to, { next, inflight, toldCommitIndex: commitIndex }),
    request: {
      type: 'append.request',
      epoch,
      previous,
      entries: isArbiter ? entries.map(stripped) : entries,
      commitIndex,
    } as const,
  }
}

/** As an arbiter keeps it: its place, which is all that votes and majorities need, and who belongs to the log. */
export function stripped(entry: LogEntry): LogEntry {
  return entry.command.type === 'members' ? entry : { ...entry, command: { type: 'noop' } }
}

function installFor(state: ReplicaState, { to, isEmpty, snapshot: snapshotAt }: Asked) {
  const progress = state.leadership!.progress[to]!
  const snapshot = snapshotAt(progress.installing?.at ?? null)
  if (snapshot === null) return { state, request: null }
  const { at, members } = snapshot
  const isSame = progress.installing?.at.index === at.index && progress.installing.at.epoch === at.epoch
  const offset = isSame ? progress.installing!.offset : 0
  const totalBytes = kindOf(state, to) === 'arbiter' ? 0 : snapshot.totalBytes
  const bytes = isEmpty || totalBytes === 0 ? new Uint8Array() : snapshot.read(offset, installBytesMax)
  const installing = { at, offset }
  return {
    state: withProgress(state, to, { mode: 'installing', installing, inflight: [] }),
    request: { type: 'install.request', epoch: state.epoch, at, members, offset, totalBytes, bytes } as const,
  }
}

/**
 * Whether there is something new for this replica, and it is known where to go on. One that is being probed, that is sent a
 * snapshot, or to which enough is on its way, is waited for: what comes meanwhile leaves together, when it answers. That something
 * is committed, and nothing else, is said only to one that has answered everything.
 */
export function isSendable(state: ReplicaState, log: LogReader, to: NodeName): boolean {
  const progress = state.leadership?.progress[to]
  if (progress?.mode !== 'replicating' || progress.inflight.length >= inflightCountMax) return false
  if (progress.next <= log.lastIndex) return true
  return progress.toldCommitIndex < state.commitIndex && progress.inflight.length === 0
}

/** A tick without an answer where one is due: what was sent may be lost, and is sent again from the last that is known to be there. */
export function ticked(
  state: ReplicaState,
  log: LogReader,
): { state: ReplicaState; due: readonly { to: NodeName; isEmpty: boolean }[] } {
  let next = state
  const due: { to: NodeName; isEmpty: boolean }[] = []
  for (const [to, progress] of Object.entries(state.leadership?.progress ?? {})) {
    if (progress.match === log.lastIndex && progress.commitIndex === state.commitIndex) continue
    const silentTickCount = progress.silentTickCount + 1
    next = withProgress(next, to, { silentTickCount })
    // Younger than a whole tick: probably still on its way.
    if (silentTickCount < 2) continue
    if (progress.mode === 'replicating')
      next = withProgress(next, to, { next: progress.match + 1, mode: 'probing', inflight: [] })
    due.push({ to, isEmpty: silentTickCount > 2 })
  }
  return { state: next, due }
}

function kindOf(state: ReplicaState, name: NodeName) {
  return membersOf(state).find((member) => member.name === name)?.kind ?? null
}
