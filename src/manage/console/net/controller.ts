/**
 * Brings what the server has to the store: the stream while there is a live node, and whatever of the past the cursor, the timeline
 * and the incidents need. The views ask it for nothing: they change the address, and this sees to the rest.
 */
import type { ClusterView } from '../../../../machines/model/view.ts'
import type { RecordView, StreamEvents } from '../../http/contract.ts'
import { actorsOf } from '../state/actors.ts'
import { History } from '../state/history.ts'
import { laneUsMax } from '../state/lanes.ts'
import type { ConsoleState, Span } from '../state/model.ts'
import type { Action } from '../state/reduce.ts'
import { isRecording, windowOf } from '../state/select.ts'
import type { Store } from '../state/store.ts'
import { ClientError, client } from './client.ts'
import { Stream } from './stream.ts'

export type ConsoleStore = Store<ConsoleState, Action>

const recordLimit = 4000
/** So much on either side of the cursor is there to step through at once. */
const nearUs = 10e6
const bucketCount = 240
/** A timeline that is being moved or zoomed asks when it pauses. */
const settleMs = 80
/** Activity and incidents of a live cluster are asked for again this often, when something has happened. */
const refreshMs = 2000
/** How often the present moves on though nothing happens. */
const presentMs = 1000

export class Controller {
  readonly #store: ConsoleStore
  readonly #stream: Stream
  #historyAsked: number | null = null
  #spanAsked = ''
  #isStale = false
  #windowTimer: ReturnType<typeof setTimeout> | undefined
  #activityTimer: ReturnType<typeof setTimeout> | undefined

  constructor(store: ConsoleStore) {
    this.#store = store
    this.#stream = new Stream({
      onEvent: (name, data) => this.#onEvent(name, data),
      onLost: ({ reason, retryAtMs, attempt }) => this.#link({ phase: 'lost', reason, retryAtMs, attempt }),
      onTry: () =>
        this.#link({ phase: store.state().link.heardAtMs === null ? 'connecting' : 'lost', retryAtMs: null }),
      onRefused: (status) => status === 401 && store.dispatch({ type: 'dialog.changed', dialog: 'signin' }),
    })
    store.subscribe(() => this.#follow())
    setInterval(() => this.#passTime(), presentMs)
  }

  async start(): Promise<void> {
    const session = await client.session().catch((error: ClientError) => error)
    if (session instanceof Error) {
      if (session instanceof ClientError && session.status === 401) {
        this.#store.dispatch({ type: 'dialog.changed', dialog: 'signin' })
      } else setTimeout(() => void this.start(), 2000)
      return this.#link({ phase: 'lost', reason: session.message, retryAtMs: null })
    }
    this.#store.dispatch({ type: 'session.known', session })
    if (session.mode === 'live') this.#stream.start()
    else await this.reopen().catch((error: Error) => this.#report(error))
  }

  /** Again at once, whatever is waited for. */
  retry(): void {
    if (this.#store.state().session) this.#stream.start()
    else void this.start()
  }

  /** After signing in or out. Who may read only now is not kept waiting. */
  async session(): Promise<void> {
    if (!this.#store.state().session) return this.start()
    const session = await client.session()
    this.#store.dispatch({ type: 'session.known', session })
    if (session.mode === 'live' && this.#store.state().link.phase !== 'live') this.#stream.start()
    if (session.mode === 'recording' && this.#store.state().extent === null) await this.reopen()
  }

  /** All of a recording anew: the first time, or after a file was dropped. */
  async reopen(): Promise<void> {
    this.#store.dispatch({ type: 'forgotten' })
    this.#link({ phase: 'none' })
    await this.#whole()
  }

  /** Everything that is not in the stream. */
  async #whole(): Promise<void> {
    const [{ records, oldestUs, newestUs }, states] = await Promise.all([
      client.records({ fromUs: 0, toUs: farUs, limit: 500 }),
      client.states(farUs),
      this.#fetchIncidents(),
    ])
    if (oldestUs === null || newestUs === null) return
    this.#store.dispatch({ type: 'extent.known', extent: { fromUs: oldestUs, toUs: newestUs } })
    this.#store.dispatch({ type: 'states.arrived', states: { ...states, atUs: newestUs } })
    this.#store.dispatch({ type: 'records.arrived', records })
    this.#follow()
  }

  async #fetchIncidents(): Promise<void> {
    const { incidents } = await client.incidents()
    this.#store.enqueue({ type: 'incidents.arrived', incidents })
  }

  #passTime(): void {
    const { link, session } = this.#store.state()
    if (session?.mode === 'live' && link.phase === 'live')
      this.#store.enqueue({ type: 'time.passed', atMs: Date.now() })
  }

  #link(of: Partial<ConsoleState['link']>): void {
    this.#store.dispatch({ type: 'link.changed', link: { ...this.#store.state().link, ...of } })
  }

  #onEvent<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): void {
    const { enqueue } = this.#store
    const serverUs = name === 'hello' || name === 'alive' ? (data as StreamEvents['alive']).nowUs : undefined
    enqueue({ type: 'heard', atMs: Date.now(), ...(serverUs === undefined ? {} : { serverUs }) })
    if (name === 'view') enqueue({ type: 'view.arrived', view: data as ClusterView })
    if (name === 'records') {
      enqueue({ type: 'records.arrived', records: data as readonly RecordView[] })
      this.#later()
    }
    if (name === 'reset') enqueue({ type: 'forgotten' })
    // A node that was started again has forgotten who had signed in.
    if (name === 'hello') void this.#renewSession()
    if (name === 'reset' || (name === 'hello' && this.#store.state().extent === null)) {
      this.#whole().catch((error: Error) => this.#report(error))
    }
  }

  /** Soon, and not for every record. */
  #later(): void {
    this.#activityTimer ??= setTimeout(() => {
      this.#activityTimer = undefined
      this.#isStale = true
      this.#follow()
      this.#fetchIncidents().catch((error: Error) => this.#report(error))
    }, refreshMs)
  }

  /** Fetches what the address and the timeline's window now need, and is not there or under way. */
  #follow(): void {
    const state = this.#store.state()
    const { at } = state.route
    if (at && state.extent && !state.history?.covers(at.timeUs)) this.#fetchHistory(at.timeUs)
    const window = windowOf(state)
    const asked = state.window ? `${state.window.fromUs} ${state.window.toUs}` : 'all'
    if (window && (asked !== this.#spanAsked || this.#isStale)) {
      this.#spanAsked = asked
      this.#isStale = false
      clearTimeout(this.#windowTimer)
      this.#windowTimer = setTimeout(() => {
        this.#fetchActivity()
        this.#fetchLanes()
      }, settleMs)
    }
    if (isRecording(state) && !at && state.extent && !state.history) this.#fetchHistory(state.extent.toUs)
  }

  #fetchActivity(): void {
    const window = windowOf(this.#store.state())
    if (!window) return
    client
      .activity(window, bucketCount)
      .then((activity) => this.#store.dispatch({ type: 'activity.arrived', activity }))
      .catch((error: Error) => this.#report(error))
  }

  /**
   * Some seconds around the moment, and all that the timeline shows where lanes are drawn in it. Not beyond the present: what comes
   * later would be missing then.
   */
  #spanAround(atUs: number): Span {
    const state = this.#store.state()
    const window = windowOf(state)
    const seen = window && window.toUs - window.fromUs <= laneUsMax ? window : { fromUs: atUs, toUs: atUs }
    const endUs = Math.min(Math.max(atUs + nearUs, seen.toUs), state.extent?.toUs ?? atUs)
    return { fromUs: Math.round(Math.min(atUs - nearUs, seen.fromUs)), toUs: Math.round(Math.max(atUs, endUs)) }
  }

  /** What the timeline was moved to has lanes: their records are needed. The present has its own. */
  #fetchLanes(): void {
    const { history, extent, route, session } = this.#store.state()
    const window = windowOf(this.#store.state())
    if (!window || !extent || window.toUs - window.fromUs > laneUsMax) return
    if (session?.mode === 'live' && route.at === null && window.toUs >= extent.toUs) return
    if (history?.covers(window.fromUs) && history.covers(Math.min(window.toUs, extent.toUs))) return
    const middleUs = Math.round((window.fromUs + window.toUs) / 2)
    this.#fetchHistory(route.at?.timeUs ?? middleUs)
  }

  /** At most `recordLimit` records on either side of the moment. */
  #fetchHistory(atUs: number): void {
    if (this.#historyAsked === atUs) return
    this.#historyAsked = atUs
    this.#historyAround(atUs)
      .then((history) => {
        this.#store.dispatch({ type: 'history.arrived', history })
        this.#historyAsked = null
        this.#follow()
      })
      .catch((error: Error) => {
        setTimeout(() => {
          this.#historyAsked = null
        }, refreshMs)
        this.#report(error)
      })
  }

  async #historyAround(atUs: number): Promise<History> {
    const { fromUs: startUs, toUs: endUs } = this.#spanAround(atUs)
    const before = await client.records({ fromUs: startUs, toUs: atUs, limit: recordLimit })
    const fromUs = before.isTruncated ? before.records[0]!.timeUs : startUs
    const after = await this.#after(atUs, endUs)
    const base = actorsOf(await client.states(fromUs - 1))
    return new History({ fromUs, toUs: after.toUs, base, records: [...before.records, ...after.records] })
  }

  /** The server keeps the last ones of a span that has too many; what is wanted here is the first: half of it, then. */
  async #after(atUs: number, toUs: number): Promise<{ toUs: number; records: readonly RecordView[] }> {
    for (let endUs = toUs; ; endUs = Math.round((atUs + endUs) / 2)) {
      const { records, isTruncated } = await client.records({ fromUs: atUs + 1, toUs: endUs, limit: recordLimit })
      if (!isTruncated || endUs - atUs < 1000) return { toUs: endUs, records }
    }
  }

  async #renewSession(): Promise<void> {
    const session = await client.session().catch(() => null)
    if (session) this.#store.dispatch({ type: 'session.known', session })
  }

  #report(error: Error): void {
    if (error.name === 'AbortError') return
    if (error instanceof ClientError && error.status === 401) {
      return this.#store.dispatch({ type: 'dialog.changed', dialog: 'signin' })
    }
    this.#store.dispatch({
      type: 'notice.given',
      notice: { text: `Not all could be read: ${error.message}`, tone: 'bad' },
    })
  }
}

/** Later than any record. */
const farUs = Number.MAX_SAFE_INTEGER - 1
