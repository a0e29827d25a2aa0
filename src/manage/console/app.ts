/** The one store, the one connection, and what a hand on the page can make of them. */
import { type ConsoleStore, Controller } from './net/controller.ts'
import { initialState } from './state/model.ts'
import { reduce } from './state/reduce.ts'
import { formatRoute, parseRoute, type Route } from './state/route.ts'
import { byFrame, createStore } from './state/store.ts'
import { type Moment, momentOf } from './state/time.ts'

const readRoute = (): Route => parseRoute(location.pathname, location.search)

const store: ConsoleStore = createStore({ initial: { ...initialState, route: readRoute() }, reduce, schedule: byFrame })

export const app = { store, controller: new Controller(store) }

addEventListener('popstate', () => store.dispatch({ type: 'route.changed', route: readRoute() }))

/** `replace`: the step before is no place to come back to, as while the cursor is dragged. */
export function go(to: Partial<Route>, how: { replace?: boolean } = {}): void {
  const route = { ...store.state().route, ...to }
  const address = formatRoute(route)
  if (address !== location.pathname + location.search) writeAddress(address, how.replace ?? false)
  store.dispatch({ type: 'route.changed', route })
}

let writeTimer: ReturnType<typeof setTimeout> | undefined

/** Browsers allow some hundred changes of the address in a while: those of a drag are written when it pauses. */
function writeAddress(address: string, isReplaced: boolean): void {
  clearTimeout(writeTimer)
  if (!isReplaced) return history.pushState(null, '', address)
  writeTimer = setTimeout(() => history.replaceState(null, '', address), 150)
}

/** A link that is followed within the page; the browser's own ways (new tab, copy) stay. */
export function linkTo(to: Partial<Route>): { href: string; onClick: (event: MouseEvent) => void } {
  return {
    href: formatRoute({ ...store.state().route, ...to }),
    onClick(event) {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
      event.preventDefault()
      go(to)
    },
  }
}

export function moveTo(at: Moment | number | null): void {
  go({ at: typeof at === 'number' ? momentOf(Math.round(at)) : at }, { replace: store.state().route.at !== null })
}

/** By one record; at the end of what is there to where more is fetched. From the present backwards: to before the last record. */
export function step(direction: 1 | -1): void {
  const { route, history, records, extent } = store.state()
  if (!route.at) {
    const last = records.at(-2)
    if (direction === -1 && last) moveTo({ timeUs: last.timeUs, timeCount: last.timeCount })
    return
  }
  // Until that part of the past has come, nobody knows what is beside it.
  if (!extent || !history?.covers(route.at.timeUs)) return
  const next = history.neighbour(route.at, direction)
  if (next) moveTo({ timeUs: next.timeUs, timeCount: next.timeCount })
  else if (direction === -1) moveTo(Math.max(extent.fromUs, history.fromUs - 1))
  else if (history.toUs >= extent.toUs) toPresent()
  else moveTo(history.toUs + 1)
}

/** Live; of a recording, its end. */
export function toPresent(): void {
  store.dispatch({ type: 'play.changed', isOn: false })
  go({ at: null })
}

export function notify(text: string, tone: 'good' | 'bad' = 'good'): void {
  store.dispatch({ type: 'notice.given', notice: { text, tone } })
}
