/** What the views ask of the state; each answer is the same object until what it is made of has changed. */
import type { IncidentView, RecordView } from '../../http/contract.ts'
import type { ActorState, Actors } from './actors.ts'
import type { ConsoleState, Span } from './model.ts'
import { keepSame, nothingShown, type Shown } from './shown.ts'
import { shownOfView } from './shownLive.ts'
import { shownOfPast } from './shownPast.ts'
import { byNumber } from './structure.ts'

function memoized<Arguments extends readonly unknown[], Value>(make: (...of: Arguments) => Value) {
  let last: { of: Arguments; value: Value } | null = null
  return (...of: Arguments): Value => {
    if (last && of.every((argument, index) => argument === last!.of[index])) return last.value
    last = { of, value: make(...of) }
    return last.value
  }
}

export const isRecording = (state: ConsoleState): boolean => state.session?.mode === 'recording'

export const isLive = (state: ConsoleState): boolean => state.route.at === null && !isRecording(state)

/** Where the cursor stands: of a recording without one, at its end. */
export function cursorUs(state: ConsoleState): number | null {
  return state.route.at?.timeUs ?? state.extent?.toUs ?? null
}

const pastActors = memoized((history: ConsoleState['history'], at: ConsoleState['route']['at']): Actors | null =>
  history && at ? history.statesAt(at) : null,
)

/** As of the cursor; while that part of the past has not arrived, null. */
export function actorsShown(state: ConsoleState): Actors | null {
  if (state.route.at === null) return state.actors
  return state.history?.covers(state.route.at.timeUs) ? pastActors(state.history, state.route.at) : null
}

let lastShown = nothingShown

const make = memoized(
  (view: ConsoleState['view'], actors: Actors | null, structure: ConsoleState['structure']): Shown => {
    if (view) lastShown = keepSame(lastShown, shownOfView(view))
    else if (actors) lastShown = keepSame(lastShown, shownOfPast(actors, structure))
    return lastShown
  },
)

/** While the past is on its way, what was there before stays. */
export function shown(state: ConsoleState): Shown {
  const isPresent = isLive(state) && state.view !== null
  return make(isPresent ? state.view : null, isPresent ? null : actorsShown(state), state.structure)
}

/** Of a live cluster what the timeline shows unless it is moved: the last of it. */
const liveWindowUs = 600e6

const lastOf = memoized(
  (extent: Span): Span => ({ ...extent, fromUs: Math.max(extent.fromUs, extent.toUs - liveWindowUs) }),
)

/** What the timeline shows. */
export function windowOf(state: ConsoleState): Span | null {
  if (state.window || !state.extent) return state.window
  return isRecording(state) ? state.extent : lastOf(state.extent)
}

export function incidentOf(state: ConsoleState, id: string | null): IncidentView | null {
  return state.incidents.find((incident) => incident.id === id) ?? null
}

/** Those before the cursor, latest last. */
export function recordsShown(state: ConsoleState): readonly RecordView[] {
  const { at } = state.route
  if (at === null) return state.records.length > 0 ? state.records : (state.history?.records ?? [])
  return recordsUntil(state.history, at)
}

const recordsUntil = memoized(
  (history: ConsoleState['history'], at: NonNullable<ConsoleState['route']['at']>): readonly RecordView[] =>
    history ? history.records.slice(0, history.countUntil(at)) : [],
)

const listed = memoized((actors: Actors | null) =>
  [...(actors?.values() ?? [])].sort((a, b) => byNumber(a.node, b.node) || byNumber(a.actor, b.actor)),
)

/** By node, then name. */
export function actorsListed(state: ConsoleState): readonly ActorState[] {
  return listed(actorsShown(state))
}
