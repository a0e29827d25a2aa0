/**
 * Snapshots on their way to who needs entries that are no longer there (Raft §7; thesis, chapter 5): by parts, one at a time, each
 * asked for by its offset, so that any of them may be lost. What is there already counts until the whole is.
 */

import { counted } from './leading.ts'
import type { Peer } from './members.ts'
import { memberOf } from './members.ts'
import type { InstallReply, InstallRequest, Position } from './messages.ts'
import { replicatedTo, withProgress } from './progress.ts'
import {
  followed,
  isCredible,
  type LogReader,
  membersOf,
  type Receiving,
  type ReplicaState,
  raised,
  withCommitIndex,
} from './state.ts'

/** What the shell does with a part, in this order; the reply leaves when all of it, and all that was written before, is durable. */
export interface Received {
  readonly state: ReplicaState
  /** Bytes to be put aside at their offset. At offset 0 they are the first of a new snapshot: what was put aside before is dropped. */
  readonly store: { readonly offset: number; readonly bytes: Uint8Array } | null
  /** All is put aside: takes the place of the whole log and of the applied state. Then `firstIndex` is `at.index + 1`. */
  readonly install: Receiving | null
  /** null: the request made no sense here, and is passed over in silence. */
  readonly reply: InstallReply | null
}

export function considerInstall(
  state: ReplicaState,
  log: LogReader,
  { from, request }: { from: Peer; request: InstallRequest },
): Received {
  const { at, totalBytes } = request
  const nothing = { store: null, install: null } as const
  const reply = (epoch: number, offset: number): InstallReply => ({
    type: 'install.reply',
    epoch,
    at,
    offset,
    totalBytes,
  })
  if (request.epoch < state.epoch) return { ...nothing, state, reply: reply(state.epoch, 0) }
  if (!isCredible(state, { leader: from, epoch: request.epoch }) || !isPart(request))
    return { ...nothing, state, reply: null }
  const current = followed(state, { leader: from, epoch: request.epoch })
  const { epoch } = current
  // What the snapshot stands for is here, and what follows it stays (Raft, figure 13, 6).
  if (at.index <= current.commitIndex || log.epochAt(at.index) === at.epoch) {
    const known = withCommitIndex(current, Math.max(current.commitIndex, at.index))
    return { ...nothing, state: known, reply: reply(epoch, totalBytes) }
  }
  const known = current.receiving
  const isKnown = known !== null && isSamePosition(known.at, at) && known.totalBytes === totalBytes
  const receiving: Receiving = isKnown ? known : { at, members: request.members, totalBytes, offset: 0 }
  if (request.offset !== receiving.offset)
    return { ...nothing, state: { ...current, receiving }, reply: reply(epoch, receiving.offset) }
  const offset = receiving.offset + request.bytes.length
  const store = request.bytes.length > 0 ? { offset: request.offset, bytes: request.bytes } : null
  const next = { ...receiving, offset }
  if (offset < totalBytes)
    return { state: { ...current, receiving: next }, store, install: null, reply: reply(epoch, offset) }
  return { state: installed(current, next), store, install: next, reply: reply(epoch, totalBytes) }
}

function isPart({ epoch, at, offset, totalBytes, bytes }: InstallRequest): boolean {
  return at.index >= 1 && at.epoch >= 1 && at.epoch <= epoch && offset + bytes.length <= totalBytes
}

/** A snapshot holds only what is committed. */
function installed(state: ReplicaState, { at, members }: Receiving): ReplicaState {
  const memberships = [{ index: at.index, members, isForced: false }]
  return { ...state, memberships, commitIndex: at.index, receiving: null }
}

/**
 * Takes a reply; `isDue`: the next part, or what follows the snapshot, is to be sent. A lower offset than was confirmed is believed
 * only when nothing was confirmed for a whole tick (the receiver lost what it had), so that a doubled answer doubles nothing.
 */
export function considerInstallReply(
  state: ReplicaState,
  log: LogReader,
  { from, reply }: { from: Peer; reply: InstallReply },
): { state: ReplicaState; isDue: boolean } {
  const nothing = { state, isDue: false }
  if (memberOf(membersOf(state), from) === null) return nothing
  if (reply.epoch > state.epoch) return { state: raised(state, reply.epoch), isDue: false }
  const progress = state.leadership?.progress[from.name]
  if (progress?.mode !== 'installing' || reply.epoch < state.epoch) return nothing
  const { installing } = progress
  if (installing === null || !isSamePosition(installing.at, reply.at)) return nothing
  if (reply.offset >= reply.totalBytes) {
    const next = withProgress(state, from.name, replicatedTo(progress, reply.at.index))
    return { state: counted(next, log), isDue: true }
  }
  if (reply.offset <= installing.offset && progress.silentTickCount < 2) return nothing
  const next = { installing: { ...installing, offset: reply.offset }, silentTickCount: 0 }
  return { state: withProgress(state, from.name, next), isDue: true }
}

function isSamePosition(a: Position, b: Position): boolean {
  return a.index === b.index && a.epoch === b.epoch
}
