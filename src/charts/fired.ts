/**
 * Which transition it was: a record says the event, the state before and after, but not what was taken. The chart says which could
 * have been: tried from the innermost state outwards, in order, and such that it leads to the state that came of it.
 */
import { type Chart, type ChartTransition, lineageOf, regionsOf, stateOf } from './model.ts'

export interface Step {
  readonly eventType: string
  /** null: it had none; the machine was started. */
  readonly fromState: string | null
  readonly state: string
}

export interface Fired {
  readonly transition: ChartTransition
  /** Taken at once after it, without an event. */
  readonly followed: readonly ChartTransition[]
  /** False: others could have been, and the record does not tell. */
  readonly isCertain: boolean
}

/** More in a row would be a circle. */
const followedCountMax = 6

/** null: no transition of the chart explains it, as when nothing answered the event, or another version made the record. */
export function firedBy(chart: Chart, { eventType, fromState, state }: Step): Fired | null {
  if (fromState === null) return null
  const regions = regionsOf(state)
  const candidates = regionsOf(fromState).flatMap((from) =>
    candidatesFrom(chart, from, eventType).flatMap((transition) => {
      const followed = waysTo(chart, { from: landing(chart, transition.target ?? from), regions })
      return followed === null ? [] : [{ transition, followed }]
    }),
  )
  const [best] = candidates
  if (!best) return null
  return { ...best, isCertain: candidates.length === 1 }
}

function candidatesFrom({ transitions }: Chart, from: string, eventType: string): ChartTransition[] {
  const sources = [...lineageOf(from).toReversed(), '']
  return sources.flatMap((source) => transitions.filter((each) => each.source === source && answers(each, eventType)))
}

/** The time-out of a delay names the state whose delay it is. */
function answers({ kind, event, source }: ChartTransition, eventType: string): boolean {
  if (kind === 'always') return false
  if (kind === 'event') return event === eventType || event === '*'
  return eventType.startsWith(`xstate.after.${event}.`) && (source === '' || eventType.endsWith(`.${source}`))
}

/** Where a machine is that goes to a state: in the first of the first within it. */
function landing(chart: Chart, path: string): string {
  const initial = stateOf(chart, path)?.initial
  return initial ? landing(chart, initial) : path
}

/** What leads on to one of the regions without an event; null: nothing does. */
function waysTo(
  chart: Chart,
  { from, regions }: { from: string; regions: readonly string[] },
): ChartTransition[] | null {
  let ends = [{ at: from, followed: [] as ChartTransition[] }]
  for (let count = 0; count <= followedCountMax && ends.length > 0; count += 1) {
    const reached = ends.find(({ at }) => regions.includes(at) || stateOf(chart, at)?.type === 'parallel')
    if (reached) return reached.followed
    ends = ends.flatMap(({ at, followed }) =>
      chart.transitions
        .filter(({ kind, source, target }) => kind === 'always' && target !== null && lineageOf(at).includes(source))
        .filter((each) => !followed.includes(each))
        .map((each) => ({ at: landing(chart, each.target!), followed: [...followed, each] })),
    )
  }
  return null
}

/** The ids of the edges it is drawn as, in the order in which they are passed; none of what stays where it is. */
export function edgesOf(
  edges: readonly { readonly id: string; readonly transitions: readonly string[] }[],
  { transition, followed }: Fired,
): string[] {
  return [transition, ...followed].flatMap(
    ({ id }) => edges.find(({ transitions }) => transitions.includes(id))?.id ?? [],
  )
}
