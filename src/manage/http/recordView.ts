/** A record of the timeline as the HTTP interface tells it. */
import { catalogue } from '../../../machines/index.ts'
import type { RecordView } from './contract.ts'
import type { HistoryRecord } from './history.ts'

export function recordViewOf(entry: HistoryRecord): RecordView {
  const { id, node, time, actor, kind, event, cause, fromState, state, effects } = entry
  return {
    id,
    node,
    timeUs: time.us,
    timeCount: time.count,
    actor,
    machine: entry.machine === undefined ? machineOf(actor) : entry.machine,
    kind,
    event,
    cause,
    fromState: fromState === null ? null : stateText(fromState),
    state: stateText(state),
    effects: [...effects],
  }
}

/** Actors are named after their machines: `component/n1/ledger`. null: of none that is in the catalogue. */
export function machineOf(actor: string): string | null {
  const slash = actor.indexOf('/')
  const name = slash < 0 ? actor : actor.slice(0, slash)
  return Object.hasOwn(catalogue, name) ? name : null
}

/** Parallel regions are kept with a bar between them. */
export function stateText(state: string): string {
  return state.includes('|') ? state.replaceAll('|', ' & ') : state
}

/** A machine has left one state for another, begun or ended, or somebody has noted something. */
export function isChange({ kind, fromState, state }: HistoryRecord): boolean {
  return kind !== 'step' || (fromState !== null && fromState !== state)
}

const failedStates = ['barred', 'stopFailed', 'isolated', 'unreachable', 'suspect', 'ended', 'failed']

/** Worth red on a timeline: a failure that was reported, or a state that is one. */
export function isFailure(entry: HistoryRecord): boolean {
  if (/(^|\.)(failed|lost|timedOut|confirmedSilent)$/.test(entry.event.type)) return true
  if (entry.event.type === 'process.exited' && entry.fromState !== null && !entry.fromState.startsWith('offline'))
    return true
  return entry.fromState !== entry.state && entry.state.split(/[.|]/).some((part) => failedStates.includes(part))
}
