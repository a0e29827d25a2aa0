/** How each thing that happens changes what the console knows. Pure: no clock, no network; times come with the actions. */
import type { ClusterView } from '../../../../machines/model/view.ts'
import type { ActivityView, IncidentView, RecordView, SessionView, StatesView } from '../../http/contract.ts'
import { type ActorState, actorsOf, applyRecords } from './actors.ts'
import { compareRecords, type History, mergedRecords } from './history.ts'
import { type ConsoleState, type Link, recordCountMax, type Span } from './model.ts'
import type { Route } from './route.ts'
import { learn, structureOfView } from './structure.ts'

export type Action =
  | { readonly type: 'route.changed'; readonly route: Route }
  | { readonly type: 'session.known'; readonly session: SessionView }
  | { readonly type: 'link.changed'; readonly link: Link }
  | { readonly type: 'heard'; readonly atMs: number; readonly serverUs?: number }
  /** Of this browser's clock: the present goes on though nothing happens. */
  | { readonly type: 'time.passed'; readonly atMs: number }
  | { readonly type: 'view.arrived'; readonly view: ClusterView }
  | { readonly type: 'records.arrived'; readonly records: readonly RecordView[] }
  | { readonly type: 'states.arrived'; readonly states: StatesView }
  | { readonly type: 'extent.known'; readonly extent: Span | null }
  | { readonly type: 'window.changed'; readonly window: ConsoleState['window'] }
  | { readonly type: 'activity.arrived'; readonly activity: ActivityView }
  | { readonly type: 'incidents.arrived'; readonly incidents: readonly IncidentView[] }
  | { readonly type: 'history.arrived'; readonly history: History | null }
  | { readonly type: 'play.changed'; readonly isOn?: boolean; readonly speed?: number }
  | { readonly type: 'notice.given'; readonly notice: ConsoleState['notice'] }
  | { readonly type: 'dialog.changed'; readonly dialog: ConsoleState['dialog'] }
  | { readonly type: 'upload.changed'; readonly upload: ConsoleState['upload'] }
  /** Another recording, or a node that has forgotten: what is known of records is no longer so. */
  | { readonly type: 'forgotten' }

export function reduce(state: ConsoleState, action: Action): ConsoleState {
  switch (action.type) {
    case 'route.changed':
      return { ...state, route: action.route }
    case 'session.known':
      return { ...state, session: action.session }
    case 'link.changed':
      return { ...state, link: action.link }
    case 'heard':
      return heard(state, action)
    case 'time.passed':
      return reached(state, Math.round((action.atMs + state.skewMs) * 1000))
    case 'view.arrived':
      return { ...state, view: action.view, structure: structureOfView(action.view, state.structure) }
    case 'records.arrived':
      return recordsArrived(state, action.records)
    case 'states.arrived':
      return statesArrived(state, action.states)
    case 'extent.known':
      return { ...state, extent: action.extent }
    case 'window.changed':
      return { ...state, window: action.window }
    case 'activity.arrived':
      return { ...state, activity: action.activity }
    case 'incidents.arrived':
      return {
        ...state,
        incidents: [...action.incidents].sort((a, b) => b.startUs - a.startUs),
        areIncidentsKnown: true,
      }
    case 'history.arrived':
      return historyArrived(state, action.history)
    case 'play.changed':
      return {
        ...state,
        play: { isOn: action.isOn ?? state.play.isOn, speed: action.speed ?? state.play.speed },
      }
    case 'notice.given':
      return { ...state, notice: action.notice }
    case 'dialog.changed':
      return { ...state, dialog: action.dialog }
    case 'upload.changed':
      return { ...state, upload: action.upload }
    case 'forgotten':
      return {
        ...state,
        actors: new Map(),
        records: [],
        history: null,
        activity: null,
        extent: null,
        incidents: [],
        areIncidentsKnown: false,
      }
  }
}

function heard(state: ConsoleState, action: { atMs: number; serverUs?: number }): ConsoleState {
  const skewMs = action.serverUs === undefined ? state.skewMs : action.serverUs / 1000 - action.atMs
  const link: Link = { phase: 'live', heardAtMs: action.atMs, retryAtMs: null, attempt: 0, reason: null }
  return { ...state, link, skewMs }
}

/** A timeline that shows the present goes along with it. */
function reached(state: ConsoleState, toUs: number): ConsoleState {
  const { extent, window } = state
  if (!extent || extent.toUs >= toUs) return state
  const byUs = toUs - extent.toUs
  const isAlong = window !== null && !window.isPinned && window.toUs >= extent.toUs && state.route.at === null
  return {
    ...state,
    extent: { ...extent, toUs },
    window: isAlong ? { fromUs: window.fromUs + byUs, toUs: window.toUs + byUs } : window,
  }
}

/** Records come as they arrive at the node, not in the order of time; what is older than what is kept is let go. */
function recordsArrived(state: ConsoleState, arrived: readonly RecordView[]): ConsoleState {
  if (arrived.length === 0) return state
  const records = mergedRecords(state.records, arrived).slice(-recordCountMax)
  const actors = new Map<string, ActorState>(state.actors)
  const newest = new Map([...actors].map(([key, actor]) => [key, actor.sinceUs]))
  applyRecords(actors, [...arrived].sort(compareRecords), newest)
  const extent = state.extent ?? { fromUs: records[0]!.timeUs, toUs: records[0]!.timeUs }
  // A live cluster says itself which component is for what.
  const structure = state.view ? state.structure : learn(state.structure, { records: arrived })
  const after = { ...state, records, actors, extent, structure }
  return reached(after, records.at(-1)!.timeUs)
}

/** What has come from the stream meanwhile is newer than the answer, and stays. */
function statesArrived(state: ConsoleState, states: StatesView): ConsoleState {
  const actors = actorsOf(states)
  applyRecords(
    actors,
    state.records.filter(({ timeUs }) => timeUs > states.atUs),
  )
  return { ...state, actors, structure: learn(state.structure, { actors }) }
}

function historyArrived(state: ConsoleState, history: History | null): ConsoleState {
  if (!history) return { ...state, history }
  return { ...state, history, structure: learn(state.structure, { records: history.records }) }
}
