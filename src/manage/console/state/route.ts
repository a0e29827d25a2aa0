/** Where in the console one is: all of it is in the address, so that every sight has a link and the browser's history works. */
import { formatMoment, type Moment, parseMoment } from './time.ts'

export const viewNames = ['cluster', 'machines', 'incidents', 'records', 'whatif'] as const
export type ViewName = (typeof viewNames)[number]

export interface Route {
  readonly view: ViewName
  /** What the view shows of: `n1/crim`, or an incident's id; null: nothing is chosen. */
  readonly subject: string | null
  /** null: now. */
  readonly at: Moment | null
  readonly filter: string
  /** What the drawer shows: `node:n1`, `assignment:ledger`, `n1/ledger`. */
  readonly of: string | null
  /** What if these happened: `fail:node:n1`. */
  readonly events: readonly string[]
}

export const home: Route = { view: 'cluster', subject: null, at: null, filter: '', of: null, events: [] }

/** Of a path and a query. What is not understood is left out: an old link shows something, not nothing. */
export function parseRoute(path: string, query: string): Route {
  const [view = '', ...rest] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode)
  const asked = new URLSearchParams(query)
  return {
    view: isView(view) ? view : 'cluster',
    subject: isView(view) && rest.length > 0 ? rest.join('/') : null,
    at: parseMoment(asked.get('at')),
    filter: (asked.get('filter') ?? '').slice(0, 200),
    of: asked.get('of'),
    events: asked.getAll('if').slice(0, 20),
  }
}

export function formatRoute(route: Route): string {
  const path = [route.view, ...(route.subject?.split('/') ?? [])].map(encodePart).join('/')
  const query = new URLSearchParams()
  if (route.at) query.set('at', formatMoment(route.at))
  if (route.filter !== '') query.set('filter', route.filter)
  if (route.of !== null) query.set('of', route.of)
  for (const event of route.events) query.append('if', event)
  const asked = query.toString().replaceAll('%2F', '/').replaceAll('%3A', ':')
  return `/${path}${asked === '' ? '' : `?${asked}`}`
}

function isView(written: string): written is ViewName {
  return (viewNames as readonly string[]).includes(written)
}

function encodePart(part: string): string {
  return encodeURIComponent(part).replaceAll('%3A', ':')
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
