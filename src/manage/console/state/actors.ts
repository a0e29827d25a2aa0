/** What each machine of each node is in: by records going by, or as the server says it was at one moment. */
import type { RecordView, StatesView } from '../../http/contract.ts'

export type ActorState = StatesView['actors'][number]
export type Actors = ReadonlyMap<string, ActorState>

/** Names have no spaces. */
export function actorKey(of: { readonly node: string; readonly actor: string }): string {
  return `${of.node} ${of.actor}`
}

export function actorsOf(states: StatesView): Map<string, ActorState> {
  return new Map(states.actors.map((actor) => [actorKey(actor), actor]))
}

/** Null: the record changes nothing that is shown, or belongs to no machine. */
export function afterRecord(before: ActorState | undefined, record: RecordView): ActorState | null {
  if (record.kind === 'application' || record.kind === 'note') return null
  const isSame = before?.state === record.state
  const { node, actor, id } = record
  const machine = record.machine ?? before?.machine ?? null
  return { node, actor, machine, state: record.state, recordId: id, sinceUs: isSame ? before.sinceUs : record.timeUs }
}

/** Puts records upon what is known, in place. Those older than what `newest` has of their actor are passed over; one that has ended is in no state. */
export function applyRecords(
  actors: Map<string, ActorState>,
  records: readonly RecordView[],
  newest?: Map<string, number>,
): void {
  for (const record of records) {
    const key = actorKey(record)
    if (newest && (newest.get(key) ?? 0) > record.timeUs) continue
    const after = afterRecord(actors.get(key), record)
    if (!after) continue
    if (record.kind === 'end') actors.delete(key)
    else actors.set(key, after)
    newest?.set(key, record.timeUs)
  }
}

/** `primary` of `primary.ready`; of parallel regions the first. */
export function rootOf(state: string): string {
  return state.split(' ')[0]!.split('.')[0]!
}

/** `ready` of `primary.ready`. */
export function leafOf(state: string): string {
  return state.split(' ')[0]!.split('.').slice(1).join('.')
}
