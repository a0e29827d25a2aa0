/** All that the console knows: one value, changed by `reduce.ts` only. */
import type { ClusterView } from '../../../../machines/model/view.ts'
import type { ActivityView, IncidentView, RecordView, SessionView } from '../../http/contract.ts'
import type { Actors } from './actors.ts'
import type { History } from './history.ts'
import { home, type Route } from './route.ts'
import type { Structure } from './structure.ts'

/** `lost`: nothing was heard for too long, or the connection broke; it is tried again at `retryAtMs`. */
export interface Link {
  readonly phase: 'connecting' | 'live' | 'lost' | 'none'
  /** Of this browser's clock; null: never. */
  readonly heardAtMs: number | null
  readonly retryAtMs: number | null
  readonly attempt: number
  readonly reason: string | null
}

export interface Span {
  readonly fromUs: number
  readonly toUs: number
}

export interface ConsoleState {
  readonly route: Route
  readonly session: SessionView | null
  readonly link: Link
  /** What the server's clock is ahead of the browser's. */
  readonly skewMs: number
  readonly view: ClusterView | null
  readonly structure: Structure
  /** Of the present, as far as records came. */
  readonly actors: Actors
  /** The last of the stream, in the order of time, at most `recordCountMax`. */
  readonly records: readonly RecordView[]
  /** Of all that can be asked for. */
  readonly extent: Span | null
  /** What the timeline shows. null: all there is. Pinned: it stays, though it reaches the present. */
  readonly window: (Span & { readonly isPinned?: true }) | null
  readonly activity: ActivityView | null
  /** Latest first. */
  readonly incidents: readonly IncidentView[]
  /** False: they have not been told yet, which is not the same as there being none. */
  readonly areIncidentsKnown: boolean
  readonly history: History | null
  readonly play: { readonly isOn: boolean; readonly speed: number }
  /** Said once at the bottom, for some seconds. */
  readonly notice: { readonly text: string; readonly tone: 'good' | 'bad' } | null
  readonly dialog: 'signin' | 'keys' | null
  readonly upload: { readonly name: string; readonly share: number } | null
}

export const recordCountMax = 5000

export const initialState: ConsoleState = {
  route: home,
  session: null,
  link: { phase: 'connecting', heardAtMs: null, retryAtMs: null, attempt: 0, reason: null },
  skewMs: 0,
  view: null,
  structure: { components: new Map(), redundancies: new Map(), nodes: [] },
  actors: new Map(),
  records: [],
  extent: null,
  window: null,
  activity: null,
  incidents: [],
  areIncidentsKnown: false,
  history: null,
  play: { isOn: false, speed: 1 },
  notice: null,
  dialog: null,
  upload: null,
}
