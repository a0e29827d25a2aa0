/** Which transition of its chart a step took: told by the event, the states it went between, and which of them comes first. */

import type { PlacedEdge } from '../../../charts/layout.ts'
import type { Chart, ChartTransition } from '../../../charts/model.ts'
import { isWithin } from '../../../charts/model.ts'
import type { RecordView } from '../../http/contract.ts'

type Step = Pick<RecordView, 'event' | 'fromState' | 'state'>

/** Parallel regions: the first of them, as the charts of today have none. */
const pathOf = (state: string) => state.split('&')[0]!.trim()

/** Innermost first, as a machine tries them. Which guard held is not recorded: those after which it would be where it is. */
export function firedOf(chart: Chart, { event, fromState, state }: Step): ChartTransition | null {
  if (fromState === null) return null
  const from = pathOf(fromState)
  const to = pathOf(state)
  const possible = chart.transitions.filter(
    (transition) =>
      isWithin(from, transition.source) && isOf(transition, event.type) && leadsTo(transition, { from, to }),
  )
  return possible.toSorted((a, b) => b.source.length - a.source.length)[0] ?? null
}

/** A timer's event is `xstate.after.DELAY.MACHINE.PATH`. */
function isOf({ kind, event }: ChartTransition, type: string): boolean {
  if (kind === 'event') return event === type
  return kind === 'after' && type.startsWith(`xstate.after.${event}.`)
}

/** What has no target stays. A state that is entered may go on at once, further in or elsewhere: then only the way in counts. */
function leadsTo({ target }: ChartTransition, way: { from: string; to: string }): boolean {
  if (target === null) return way.from === way.to
  return isWithin(way.to, target) || (target.split('.')[0] === way.to.split('.')[0] && way.from !== way.to)
}

/** The edge of the drawing that stands for it, or for one like it; null: it is said inside a box. */
export function edgeOf(edges: readonly PlacedEdge[], transition: ChartTransition): PlacedEdge | null {
  return edges.find(({ transitions }) => transitions.includes(transition.id)) ?? null
}

/** What may happen next, the innermost states first: with its guard, where it leads, and what it does. */
export function possibleFrom(chart: Chart, state: string): readonly ChartTransition[] {
  const path = pathOf(state)
  return chart.transitions
    .filter(({ source }) => isWithin(path, source))
    .toSorted((a, b) => b.source.length - a.source.length)
}
